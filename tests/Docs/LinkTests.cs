using System.Text;
using System.Text.RegularExpressions;
using Vitrine.Tests.Architecture;
using Xunit;

namespace Vitrine.Tests.Docs;

/// <summary>Every relative link of a page leads to a file or heading that exists.</summary>
public sealed partial class LinkTests
{
    [Fact]
    public void Links_OfEveryPage_LeadSomewhere()
    {
        var broken = new List<string>();
        foreach (string page in Pages.All)
        {
            foreach ((int number, string line, string? language) in Pages.Lines(page))
            {
                foreach (Match link in language is null ? Link().Matches(Code().Replace(line, "")) : (IEnumerable<Match>)[])
                {
                    if (!Exists(page, link.Groups["target"].Value))
                    {
                        broken.Add($"{page}:{number}: {link.Groups["target"].Value}");
                    }
                }
            }
        }

        Assert.True(broken.Count == 0, "links that lead nowhere:\n" + string.Join('\n', broken));
    }

    private static bool Exists(string page, string target)
    {
        if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal))
        {
            return true;
        }
        (string file, string anchor) = target.Split('#', 2) is [var path, var heading] ? (path, heading) : (target, "");
        string full = file.Length == 0 ? page : Path.GetRelativePath(SourceTree.Root(),
            Path.GetFullPath(Path.Combine(SourceTree.Root(), Path.GetDirectoryName(page)!, file)));
        return Path.Exists(Path.Combine(SourceTree.Root(), full)) && (anchor.Length == 0 || Anchors(full).Contains(anchor));
    }

    // As GitHub makes them: lower case, spaces to hyphens, everything but letters, digits, hyphens and underscores left out.
    private static IEnumerable<string> Anchors(string page) => Pages.Lines(page.Replace('\\', '/'))
        .Where(line => line.Language is null && line.Line.StartsWith('#'))
        .Select(line => line.Line.TrimStart('#').Trim().ToLowerInvariant().Aggregate(new StringBuilder(), (text, c) =>
            char.IsLetterOrDigit(c) || c is '-' or '_' ? text.Append(c) : c == ' ' ? text.Append('-') : text).ToString());

    [GeneratedRegex(@"!?\[[^\]]*\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("(?<!\\[)`[^`]*`(?!\\])")]
    private static partial Regex Code();
}
