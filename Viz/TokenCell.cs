using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>A token as it is shown: the characters of the text that it covers, and what stands between it and the one before.</summary>
/// <param name="Position">Its position among its side's tokens.</param>
/// <param name="Gap">What stands before it: a space, a line break, nothing inside a word.</param>
/// <param name="Text">Its characters, made visible; never empty.</param>
/// <param name="Piece">As the vocabulary spells it.</param>
/// <param name="TextIndex">Which text it belongs to; −1 for special tokens.</param>
/// <param name="IsSpecial">Whether the model's format asked for it and not the text.</param>
/// <param name="IsSuffix">Whether it goes on a word that the token before it began.</param>
/// <param name="IsMarked">Whether it lies in a stretch to point out.</param>
internal readonly record struct TokenCell(int Position, string Gap, string Text, string Piece, int TextIndex, bool IsSpecial, bool IsSuffix,
    bool IsMarked)
{
    /// <summary>What comes after it, where it is the last token of its text: words of the text that no token covers.</summary>
    public string Rest { get; private init; } = "";

    /// <summary>The tokens of one side, in order.</summary>
    public static TokenCell[] Of(SideScores side, IReadOnlyList<TextMark> marks)
    {
        var cells = new TokenCell[side.Tokens.Count];
        int text = -1, end = 0;
        for (int i = 0; i < cells.Length; i++)
        {
            InputToken token = side.Tokens[i];
            string piece = Markup.Visible(token.Piece.Length > 0 ? token.Piece : Numbers.Length(token.Id));
            if (token.IsSpecial || token.Text < 0 || token.Text >= side.Texts.Count || token.End <= token.Start)
            {
                (string gap, string bare) = Unmarked(token.Piece);
                cells[i] = token.IsSpecial || bare.Length == 0
                    ? new(i, " ", piece, piece, -1, token.IsSpecial, false, false)
                    : new(i, gap, Markup.Visible(bare), piece, token.Text, false, gap.Length == 0, false);
                continue;
            }
            string whole = side.Texts[token.Text];
            end = token.Text == text ? end : 0;
            bool isShared = token.Text == text && token.Start < end; // a further byte of one character
            string surface = isShared ? "·" : whole[token.Start..token.End];
            string word = surface.TrimStart();
            string before = isShared ? "" : whole[Math.Min(end, token.Start)..token.Start] + surface[..(surface.Length - word.Length)];
            if (word.Length == 0)
            {
                (word, before) = (Blank(surface), whole[Math.Min(end, token.Start)..token.Start]);
            }
            before = before.Length == 0 && i > 0 && cells[i - 1].IsSpecial ? " " : before;
            cells[i] = new(i, before, Seen(Markup.Visible(word)), piece, token.Text, false,
                token.Text == text && token.Start == end && token.Start > 0 && Joins(whole[token.Start - 1], whole[token.Start]),
                marks.Any(m => m.Text == token.Text && m.Start < token.End && token.Start < m.End));
            (text, end) = (token.Text, Math.Max(end, token.End));
            bool isLast = !side.Tokens.Skip(i + 1).Any(later => later.Text == token.Text && later.End > later.Start);
            cells[i] = isLast ? cells[i] with { Rest = whole[end..].TrimEnd() } : cells[i];
        }
        return cells;
    }

    /// <summary>A piece's spelling for people: without the vocabulary's mark of a word's beginning.</summary>
    public static string Spell(string piece) => Unmarked(piece) is (_, var bare) && !string.IsNullOrWhiteSpace(bare)
        ? Markup.Visible(bare) : Blank(piece.Contains('Ċ', StringComparison.Ordinal) ? "\n" : piece);

    /// <summary>The token in a list, out of its context: a word's later pieces get a hyphen, as in “-ing”.</summary>
    public string Listed => IsSuffix ? "-" + Text : Text;

    // Two letters belong to one word, except in scripts that write words without spaces.
    private static bool Joins(char before, char after) => char.IsLetterOrDigit(before) && char.IsLetterOrDigit(after) && after < '\u2E80';

    // ##ing goes on without a space; Ġthe and ▁the begin a word.
    private static (string Gap, string Bare) Unmarked(string piece) => piece switch
    {
        ['#', '#', _, ..] => ("", piece[2..]),
        ['Ġ' or '▁', ..] => (" ", piece[1..].Replace('Ġ', ' ').Replace('Ċ', '\n')),
        _ => (" ", piece.Replace('Ċ', '\n')),
    };

    // A token of joiners or marks alone is shown by its number.
    private static string Seen(string text) => TextWidth.Of(text) > 0
        ? text : string.Create(CultureInfo.InvariantCulture, $"U+{char.ConvertToUtf32(text, 0):X4}");

    private static string Blank(string white) => white.Contains('\n', StringComparison.Ordinal) ? "⏎" : "␣";
}
