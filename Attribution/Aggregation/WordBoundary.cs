using System.Globalization;

namespace Vitrine.Attributions;

/// <summary>Which neighbouring tokens are pieces of one word.</summary>
/// <remarks>
/// The tokenizer's own words count where they are known. Beyond that only letters, digits, apostrophes and hyphens join, and never
/// ideographs or kana, which are written without spaces: SentencePiece takes a whole Chinese sentence for one word.
/// </remarks>
internal static class WordBoundary
{
    /// <summary>Groups of consecutive tokens that are one word each.</summary>
    public static List<TokenSpan> Words(SideScores side, int index) => Words(side.Tokens, side.Texts, side.GivenLength, index);

    /// <summary>The same of tokens that have no scores yet.</summary>
    public static List<TokenSpan> Words(IReadOnlyList<InputToken> tokens, IReadOnlyList<string> texts, int givenLength, int index)
    {
        bool hasMarks = tokens.Any(token => HasMark(token.Piece));
        List<TokenSpan> words = [];
        for (int p = 0; p < tokens.Count; p++)
        {
            if (p > 0 && p != givenLength && Joins(tokens[p - 1], tokens[p], texts, hasMarks))
            {
                words[^1] = words[^1] with { End = p + 1 };
            }
            else
            {
                words.Add(new(index, p, p + 1));
            }
        }
        return words;
    }

    /// <summary>Groups of consecutive written tokens, by how they read.</summary>
    public static List<Range> Words(IReadOnlyList<ExplainedTarget> targets)
    {
        bool hasMarks = targets.Any(target => HasMark(target.Label));
        List<Range> words = [];
        for (int t = 0; t < targets.Count; t++)
        {
            if (t > 0 && hasMarks && targets[t].Position == targets[t - 1].Position + 1
                && JoinsBare(targets[t - 1].Label, targets[t].Label, hasMarks))
            {
                words[^1] = words[^1].Start..(t + 1);
            }
            else
            {
                words.Add(t..(t + 1));
            }
        }
        return words;
    }

    private static bool Joins(InputToken before, InputToken next, IReadOnlyList<string> texts, bool hasMarks)
    {
        if (before.IsSpecial || next.IsSpecial || before.Text != next.Text
            || (before.Word >= 0 && next.Word >= 0 && before.Word != next.Word))
        {
            return false;
        }
        if (next.Text < 0 || next.Text >= texts.Count || before.End <= before.Start || next.End <= next.Start)
        {
            return JoinsBare(before.Piece, next.Piece, hasMarks);
        }
        string text = texts[next.Text];
        return next.Start < before.End // two bytes of one character
            || (next.Start == before.End && IsWordly(text[before.End - 1]) && IsWordly(text[next.Start]));
    }

    private static bool JoinsBare(string before, string next, bool hasMarks) =>
        (next is ['#', '#', _, ..]) || (hasMarks && !HasMark(next) && before.Length > 0 && next.Length > 0 && IsWordly(before[^1])
            && IsWordly(next[0]));

    private static bool HasMark(string piece) => piece is ['Ġ' or '▁' or ' ', ..];

    private static bool IsWordly(char c) => c is '\'' or '’' or '-'
        || (!IsIdeographic(c) && (char.IsLetterOrDigit(c) || char.IsSurrogate(c)
            || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark));

    private static bool IsIdeographic(char c) => c is (>= '\u2E80' and <= '\u312F') or (>= '\u31A0' and <= '\u9FFF')
        or (>= '\uF900' and <= '\uFAFF');
}
