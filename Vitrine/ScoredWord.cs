using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>A word, or a token, and how much it mattered.</summary>
/// <param name="Text">Its characters.</param>
/// <param name="Score">What it contributes to the explained number, in the method's unit: above 0 for it, below against it.</param>
/// <param name="Side">Which input it stands in: <c>source</c>, or <c>target</c> of a translation.</param>
/// <param name="Position">Its place among the tokens or words of that input, from 0.</param>
public readonly record struct ScoredWord(string Text, double Score, string Side, int Position)
{
    /// <summary>For example <c>gorgeous +0.508</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Text} {Score:+0.000;-0.000;0.000}");

    /// <summary>The words of a result's first target.</summary>
    internal static IReadOnlyList<ScoredWord> Of(AttributionResult result, bool withSpecial = false) =>
        [.. result.Sides.SelectMany(side => TokenCell.Of(side, [])
        .Where(cell => withSpecial || !cell.IsSpecial)
        .Select(cell => new ScoredWord(cell.Text, side.Scores[0][cell.Position], side.Name, cell.Position)))];
}
