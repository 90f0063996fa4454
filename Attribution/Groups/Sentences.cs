namespace Vitrine.Attributions;

/// <summary>Where sentences end, as far as punctuation tells.</summary>
internal static class Sentences
{
    /// <summary>Whether the token at a position ends a sentence: it ends with '.', '!', '?', their CJK forms, or a line's end.</summary>
    public static bool Ends(InputSide side, int position)
    {
        InputToken token = side.Tokens[position];
        string text = token.End > token.Start && token.Text >= 0 && token.Text < side.Texts.Count
            ? side.Texts[token.Text][token.Start..token.End] : token.Piece;
        return text.Length > 0 && ".!?。！？\nĊ".Contains(text[^1], StringComparison.Ordinal) && !NumberGoesOn(side, position);
    }

    /// <summary>The point of "3.14" ends nothing: the next token touches it and begins with a digit.</summary>
    private static bool NumberGoesOn(InputSide side, int position)
    {
        if (position + 1 >= side.Length || side.Tokens[position + 1] is not { } next || next.Text < 0 || next.Text >= side.Texts.Count)
        {
            return false;
        }
        return next.Start < next.End && next.Start == side.Tokens[position].End && char.IsAsciiDigit(side.Texts[next.Text][next.Start]);
    }
}
