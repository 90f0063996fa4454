using System.Text.RegularExpressions;
using Vitrine.Tests.Architecture;
using Xunit;

namespace Vitrine.Tests.Docs;

/// <summary>Sources, help and pages are in plain technical English: no people in software, no words that a learner must guess.</summary>
public sealed partial class LanguageTests
{
    // What to say instead.
    private static readonly Dictionary<string, string> s_banned = new(StringComparer.OrdinalIgnoreCase)
    {
        ["nobody"] = "no + noun, or the passive",
        ["somebody"] = "the caller, the user, a test",
        ["anybody"] = "any caller",
        ["everybody"] = "every caller",
        ["whoever"] = "the caller, the code that",
        ["wishes"] = "options, requests",
        ["mend"] = "fix, workaround",
        ["mends"] = "fixes",
        ["mended"] = "fixed",
        ["learnt"] = "learned",
        ["beside"] = "next to, together with, in addition to",
        ["behind"] = "after",
        ["anew"] = "again",
        ["amidst"] = "among",
        ["whilst"] = "while",
        ["unto"] = "to",
    };

    // Data: a review that a model reads, the text of a template.
    private static readonly string[] s_quoted = ["another sequel nobody asked for", "{% else %}nobody{% endfor %}"];

    [Fact]
    public void Words_OfSourcesAndPages_ArePlain()
    {
        string[] found = [.. Texts().SelectMany(file => File.ReadLines(Path.Combine(SourceTree.Root(), file)).Index()
            .Where(line => !s_quoted.Any(quote => line.Item.Contains(quote, StringComparison.Ordinal)))
            .SelectMany(line => Word().Matches(line.Item).Where(word => s_banned.ContainsKey(word.Value))
                .Select(word => $"{file}:{line.Index + 1}: {word.Value} ({s_banned[word.Value]})")))];

        Assert.True(found.Length == 0, $"{string.Join('\n', found.Take(60))}\n{found.Length} words");
    }

    [Fact]
    public void Errors_WhatIsMissing_IsNotSaidAsNotAtAll()
    {
        string[] found = [.. Texts().SelectMany(file => File.ReadLines(Path.Combine(SourceTree.Root(), file)).Index()
            .Where(line => NotAtAll().IsMatch(line.Item)).Select(line => $"{file}:{line.Index + 1}: {line.Item.Trim()}"))];

        Assert.True(found.Length == 0, string.Join('\n', found));
    }

    private static IEnumerable<string> Texts() => ((string[])[".cs", ".md", ".c", ".h", ".py", ".sh", ".yml"]).SelectMany(SourceTree.Files)
        .Where(file => !file.EndsWith("LanguageTests.cs", StringComparison.Ordinal)
            && !file.Contains("/Expected/", StringComparison.Ordinal));

    [GeneratedRegex(@"[\p{L}]+")]
    private static partial Regex Word();

    [GeneratedRegex("got [^;\"]*\"?not at all\"?")]
    private static partial Regex NotAtAll();
}
