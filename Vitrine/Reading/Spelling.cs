using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>How token ids read as text.</summary>
internal static class Spelling
{
    /// <summary>One token by itself: its text where it has one, else its piece.</summary>
    public static string Of(int id, ITokenizer? tokenizer)
    {
        if (tokenizer is null || !tokenizer.Vocabulary.Contains(id))
        {
            return FormattableString.Invariant($"#{id}");
        }
        string text = tokenizer.Decode([id], skipSpecial: false);
        string piece = tokenizer.Vocabulary.PieceOf(id);
        return text.Length == 0 || text.Contains('\uFFFD', StringComparison.Ordinal) ? piece : text;
    }

    /// <summary>A token that belongs to the model's format.</summary>
    public static InputToken Special(int id, ITokenizer? tokenizer) =>
        new(id, tokenizer is not null && tokenizer.Vocabulary.Contains(id) ? tokenizer.Vocabulary.PieceOf(id) : FormattableString.Invariant($"#{id}"), Text: -1, IsSpecial: true);

    /// <summary>Tokens a model wrote, each with its place in the text that all of them make.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="tokenizer">Decodes them; null: pieces are numbers.</param>
    /// <param name="text">Index that the whole text will have among its side's texts.</param>
    /// <param name="whole">The text.</param>
    public static InputToken[] Place(IReadOnlyList<int> ids, ITokenizer? tokenizer, int text, out string whole)
    {
        if (tokenizer is null)
        {
            whole = "";
            return [.. ids.Select(id => new InputToken(id, FormattableString.Invariant($"#{id}"), Text: -1))];
        }
        string all = whole = tokenizer.Decode(ids);
        var tokens = new InputToken[ids.Count];
        int start = 0;
        for (int i = 0; i < tokens.Length; i++)
        {
            bool isSpecial = tokenizer.Special.All.Contains(ids[i]);
            int end = isSpecial ? start : Math.Max(start, CommonPrefix(all, tokenizer.Decode([.. ids.Take(i + 1)])));
            bool isPart = end == start && !isSpecial; // some bytes of the next character
            tokens[i] = new(ids[i], tokenizer.Vocabulary.PieceOf(ids[i]), start, isPart ? Math.Min(start + 1, all.Length) : end, isSpecial ? -1 : text, -1, isSpecial);
            start = end;
        }
        return tokens;
    }

    /// <summary>The text behind a placed token; its piece where there is none.</summary>
    public static string Surface(InputToken token, string whole) => token.Text >= 0 && token.End > token.Start ? whole[token.Start..token.End] : token.Piece;

    /// <summary>How placed tokens read one after the other: a further byte of a character that has been named is a dot.</summary>
    public static string[] Surfaces(IReadOnlyList<InputToken> tokens, string whole) =>
        [.. tokens.Select((token, i) => i > 0 && token.Text >= 0 && token.Start < tokens[i - 1].End && tokens[i - 1].Text >= 0 ? "·" : Surface(token, whole))];

    private static int CommonPrefix(string a, string b) => a.AsSpan().CommonPrefixLength(b);
}
