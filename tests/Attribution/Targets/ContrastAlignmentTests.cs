using Vitrine.Attributions;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>Which token of another continuation stands against which.</summary>
public class ContrastAlignmentTests
{
    [Theory]
    [InlineData("same", new[] { 1, 2, 3 }, new[] { 1, 5 }, "0 1 -")]
    [InlineData("edits", new[] { 1, 2, 3 }, new[] { 1, 3 }, "0 - 1")]                 // one dropped
    [InlineData("edits", new[] { 1, 3 }, new[] { 1, 2, 3 }, "0 2")]                   // one added
    [InlineData("edits", new[] { 1, 2, 3, 4 }, new[] { 1, 9, 3, 8 }, "0 1 2 3")]      // two replaced
    [InlineData("edits", new[] { 7, 1, 2, 3 }, new[] { 1, 2, 6 }, "- 0 1 2")]
    [InlineData("edits", new int[0], new[] { 1 }, "")]
    [InlineData("1-0,2-1", new[] { 1, 2, 3 }, new[] { 8, 9 }, "- 0 1")]
    public void Parse_Form_PairsPositions(string form, int[] tokens, int[] foils, string expected) =>
        Assert.Equal(expected, string.Join(' ', ContrastAlignment.Parse(form, tokens, foils)
            .Select(at => at?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "-")));

    [Theory]
    [InlineData("auto")]
    [InlineData("0-2")]
    [InlineData("3-0")]
    [InlineData("1-")]
    public void Parse_AnythingElse_SaysWhatItReads(string form) =>
        Assert.Contains("expected same, edits",
            Assert.Throws<VitrineException>(() => ContrastAlignment.Parse(form, [1, 2, 3], [1, 2])).Message, StringComparison.Ordinal);

    /// <summary>As many changes as the textbook's recursion finds, on every pair of short texts over two letters.</summary>
    [Fact]
    public void ByEdits_ShortTexts_NeedsTheFewestChanges()
    {
        int[][] texts = [.. Enumerable.Range(0, 5).SelectMany(length => Enumerable.Range(0, 1 << length)
            .Select(bits => Enumerable.Range(0, length).Select(i => bits >> i & 1).ToArray()))];
        foreach (int[] a in texts)
        {
            foreach (int[] b in texts)
            {
                int?[] made = ContrastAlignment.ByEdits(a, b);
                int[] kept = [.. Enumerable.Range(0, a.Length).Where(i => made[i] is not null)];
                Assert.Equal(kept.Select(i => made[i]!.Value).Order().Distinct(), kept.Select(i => made[i]!.Value)); // in order, none twice
                Assert.Equal(Distance(a, b), a.Length - kept.Length + b.Length - kept.Length + kept.Count(i => a[i] != b[made[i]!.Value]));
            }
        }
    }

    private static int Distance(ReadOnlySpan<int> a, ReadOnlySpan<int> b) => a.IsEmpty || b.IsEmpty ? a.Length + b.Length
        : Math.Min(Distance(a[1..], b[1..]) + (a[0] == b[0] ? 0 : 1), 1 + Math.Min(Distance(a[1..], b), Distance(a, b[1..])));
}
