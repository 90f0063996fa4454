using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Architecture;

/// <summary>
/// Two files fit next to each other on a screen: a line of C# has at most 140 columns. What a raw literal, or one of several lines, holds
/// is not counted.
/// </summary>
public class LineLengthTests
{
    private const int Most = 140;

    [Fact]
    public void Lines_OfCSharp_HaveAtMostAHundredAndFortyColumns()
    {
        string[] found = [.. SourceTree.Files(".cs").SelectMany(Long)];

        Assert.True(found.Length == 0,
            $"longer than {Most} columns, break them:\n{string.Join('\n', found.Take(50))}\n{found.Length} lines");
    }

    private static IEnumerable<string> Long(string file)
    {
        string text = File.ReadAllText(Path.Combine(SourceTree.Root(), file));
        if (!text.Split('\n').Any(line => Width(line) > Most))
        {
            return [];
        }
        SyntaxTree tree = CSharpSyntaxTree.ParseText(text, CSharpProgram.Parsing);
        TextLineCollection lines = tree.GetText().Lines;
        HashSet<int> literal =
        [
            .. tree.GetRoot().DescendantTokens()
                .Where(token => token.Text.Contains("\"\"\"", StringComparison.Ordinal) || token.Text.Contains('\n'))
                .Select(token => lines.GetLinePositionSpan(token.Span))
                .SelectMany(span => Enumerable.Range(span.Start.Line, span.End.Line - span.Start.Line + 1)),
        ];
        return [.. lines.Where(line => Width(line.ToString()) > Most && !literal.Contains(line.LineNumber))
            .Select(line => $"{file}:{line.LineNumber + 1}: {Width(line.ToString())}")];
    }

    private static int Width(string line) => line.EnumerateRunes().Count();
}
