namespace Vitrine.Attributions;

/// <summary>Consecutive tokens of one side.</summary>
/// <param name="Side">Index of the side.</param>
/// <param name="Start">Position of the first token.</param>
/// <param name="End">One past the last.</param>
public readonly record struct TokenSpan(int Side, int Start, int End)
{
    /// <summary>How many tokens.</summary>
    public int Length => End - Start;

    /// <summary>Every place where a phrase stands in the texts of a result; letter case counts not.</summary>
    /// <param name="result">The result.</param>
    /// <param name="phrase">Some characters of a text.</param>
    /// <exception cref="Vitrine.Tensors.VitrineException">No text contains it.</exception>
    public static IReadOnlyList<TokenSpan> Find(AttributionResult result, string phrase)
    {
        List<TokenSpan> found = [];
        for (int s = 0; s < result.Sides.Count; s++)
        {
            SideScores side = result.Sides[s];
            for (int text = 0; text < side.Texts.Count; text++)
            {
                for (int at = side.Texts[text].IndexOf(phrase, StringComparison.OrdinalIgnoreCase); phrase.Length > 0 && at >= 0;
                    at = side.Texts[text].IndexOf(phrase, at + phrase.Length, StringComparison.OrdinalIgnoreCase))
                {
                    int[] inside = [.. Enumerable.Range(0, side.Tokens.Count).Where(p =>
                        side.Tokens[p] is var token && token.Text == text && token.Start < at + phrase.Length && at < token.End)];
                    if (inside.Length > 0)
                    {
                        found.Add(new(s, inside[0], inside[^1] + 1));
                    }
                }
            }
        }
        return found.Count > 0 ? found : throw new Tensors.VitrineException($"span: the text does not contain it; got '{phrase}'; "
            + $"expected some of its words.");
    }
}
