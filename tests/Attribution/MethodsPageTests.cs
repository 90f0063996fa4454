using System.Text.RegularExpressions;
using Vitrine.Attributions;
using Vitrine.Tests.Architecture;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>docs/METHODS.md: its tables are made from the code, and every method has its section.</summary>
public partial class MethodsPageTests
{
    private const string Update = "VITRINE_UPDATE_DOCS";

    private static string FilePath => Path.Combine(SourceTree.Root(), "docs", "METHODS.md");

    public static TheoryData<string> Methods => [.. AttributionMethods.All.Select(method => method.Name)];

    [Fact]
    public void Page_Tables_AreWhatTheCodeSays()
    {
        string text = File.ReadAllText(FilePath), page = Filled(text);
        if (Environment.GetEnvironmentVariable(Update) == "1")
        {
            File.WriteAllText(FilePath, text = page);
        }

        Assert.True(text == page, $"docs/METHODS.md is not what the methods say; run this test with {Update}=1.");
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Page_EveryMethod_HasParagraphFormulaAndAdvice(string method)
    {
        string section = File.ReadAllText(FilePath).Split("\n### ")
            .FirstOrDefault(part => part.StartsWith(method + "\n", StringComparison.Ordinal)) ?? "";

        Assert.True(section.Length > 0, $"docs/METHODS.md has no section on {method}; add one with a paragraph, a formula, Use and Not.");
        Assert.Matches(Advice(), section);
    }

    [Fact]
    public void Page_EverySection_IsAMethod() =>
        Assert.Empty(Sections().Matches(File.ReadAllText(FilePath)).Select(match => match.Groups[1].Value)
            .Except(AttributionMethods.All.Select(method => method.Name)));

    private static string Filled(string page)
    {
        page = Table(page, "| method |", AttributionMethods.All.Select(m => $"| [{m.Name}](#{m.Name}) | {m.Cost} | {m.SumsTo} "
            + $"| {m.Citation} |"));
        return Table(page, "| score |", StepFunctions.BuiltIn.Select(s => $"| `{s.Name}` "
            + $"| {s.Formula.Replace("|", "\\|", StringComparison.Ordinal)} | {(s.HasGradient ? "yes" : "no")} |"));
    }

    /// <summary>The page with other rows in the table of that head.</summary>
    private static string Table(string page, string head, IEnumerable<string> rows)
    {
        string[] lines = page.Split('\n');
        int at = Array.FindIndex(lines, line => line.StartsWith(head, StringComparison.Ordinal)) + 2;
        int end = Array.FindIndex(lines, at, line => line.Length == 0);
        return string.Join('\n', [.. lines[..at], .. rows, .. lines[end..]]);
    }

    [GeneratedRegex(@"^\w+\n.{50,}?\n```\n.+\n```\n\*\*Use\*\* .+\*\*Not\*\* .+", RegexOptions.Singleline)]
    private static partial Regex Advice();

    [GeneratedRegex(@"^### (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Sections();
}
