namespace Vitrine.Attributions;

/// <summary>Where sentences end, as far as punctuation tells.</summary>
internal static class Sentences
{
    /// <summary>Whether the token at a position ends a sentence: it ends with '.', '!', '?', their CJK forms, or a line's end.</summary>
    public static bool Ends(InputSide side, int position)
    {
        InputToken token = side.Tokens[position];
        string text = token.End > token.Start && token.Text >= 0 && token.Text < side.Texts.Count ? side.Texts[token.Text][token.Start..token.End] : token.Piece;
        return text.Length > 0 && ".!?。！？\nĊ".Contains(text[^1], StringComparison.Ordinal) && !NumberGoesOn(side, position);
    }

    /// <summary>One group per sentence of what was given, over all sides; special tokens and what was generated stay.</summary>
    public static int[][] Groups(ScoreFunction f)
    {
        int next = -1;
        return [.. f.Sides.Select(side =>
        {
            int[] groups = new int[side.Length];
            Array.Fill(groups, -1);
            bool open = false;
            for (int p = 0; p < Math.Min(side.Length, side.GivenLength); p++)
            {
                if (side.Tokens[p].IsSpecial || side.IsPadding(p))
                {
                    open = false;
                    continue;
                }
                next += open ? 0 : 1;
                groups[p] = next;
                open = !Ends(side, p);
            }
            return groups;
        })];
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
