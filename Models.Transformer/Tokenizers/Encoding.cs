namespace Vitrine.Transformers;

/// <summary>A tokenized text (or pair of texts): parallel columns, one entry per token.</summary>
/// <remarks>The arrays belong to the encoding; read them, do not write to them. A column is made when it is first asked for.</remarks>
public sealed class Encoding
{
    private readonly Token[] _tokens;
    private readonly Vocabulary _vocabulary;
    private readonly int? _unk;

    internal Encoding(Token[] tokens, IReadOnlyList<string> texts, Vocabulary vocabulary, int? unk = null) =>
        (_tokens, Texts, _vocabulary, _unk) = (tokens, texts, vocabulary, unk);

    /// <summary>The texts that were encoded: one, or two for a pair. <see cref="SequenceIds"/> index into it.</summary>
    public IReadOnlyList<string> Texts { get; }

    /// <summary>Number of tokens.</summary>
    public int Count => _tokens.Length;

    /// <summary>Token ids, ready for the model. [token]</summary>
    public int[] Ids => field ??= Array.ConvertAll(_tokens, t => t.Id);

    /// <summary>
    /// Pieces as the vocabulary spells them (<c>##ing</c>, <c>Ġthe</c>, <c>▁the</c>): the unknown token for what it cannot spell. [token]
    /// </summary>
    public string[] Pieces => field ??= Array.ConvertAll(_tokens, t => _vocabulary.PieceOf(t.Id));

    /// <summary>Where each piece stands in its text, in UTF-16 code units; empty for special tokens. Pieces that share one character (bytes
    /// of an emoji) carry the same span; with a SentencePiece file alone the last of them carries it, as SentencePiece does.
    /// [token]</summary>
    public TextSpan[] Offsets => field ??= Array.ConvertAll(_tokens, t => t.Offset);

    /// <summary>True for tokens that were added around the text; false for everything the text itself produced,
    /// a literal <c>[MASK]</c> in it included. [token]</summary>
    public bool[] SpecialMask => field ??= Array.ConvertAll(_tokens, t => t.Sequence < 0);

    /// <summary>Segment ids as BERT's token type embedding wants them: 0 for the first text, 1 for the second. [token]</summary>
    public int[] TypeIds => field ??= Array.ConvertAll(_tokens, t => t.Type);

    /// <summary>Which word of its text a piece belongs to, from 0 in each text; -1 for special tokens. A word is what
    /// the tokenizer splits off before it looks at its vocabulary: punctuation is a word of its own in BERT; a word
    /// starts at <c>▁</c> in SentencePiece. [token]</summary>
    public int[] WordIds => field ??= Array.ConvertAll(_tokens, t => t.Word);

    /// <summary>Which text a piece came from: 0 or 1; -1 for special tokens. [token]</summary>
    public int[] SequenceIds => field ??= Array.ConvertAll(_tokens, t => (int)t.Sequence);

    /// <summary>
    /// What the vocabulary could not spell, one sentence each: language codes that it lacks, characters that became the unknown token;
    /// empty for most.
    /// </summary>
    public IReadOnlyList<string> Notices
    {
        get
        {
            string[] unknown = _unk is not { } unk
                ? [] : [.. Enumerable.Range(0, Count).Where(i => _tokens[i].Id == unk && _tokens[i].Sequence >= 0)
                .Select(Surface).Where(text => text != _vocabulary.PieceOf(unk) && text != "").Distinct()];
            string[] codes = [.. unknown.Where(IsCode)], others = [.. unknown.Except(codes)];
            return
            [
                .. codes.Select(code => $"The vocabulary has no {code}; it has {Codes()}."),
                .. others.Length == 0 ? (string[])[] :
                    [$"The vocabulary has no pieces for {string.Join(", ", others.Take(5).Select(text => $"'{text}'"))}"
                        + $"{(others.Length > 5 ? $" and {others.Length - 5} more" : "")}: "
                        + $"read as {_vocabulary.PieceOf(_unk.GetValueOrDefault())}."],
            ];
        }
    }

    /// <summary>The characters of the text of token <paramref name="token"/>; empty for special tokens.</summary>
    public string Surface(int token) =>
        SequenceIds[token] < 0 ? "" : Offsets[token].Of(Texts[SequenceIds[token]]);

    /// <summary><see cref="Offsets"/> counted in Unicode code points, as Python and Hugging Face count. A lone
    /// surrogate counts as one. [token]</summary>
    public TextSpan[] CodePointOffsets()
    {
        int[][] before = [.. Texts.Select(CodePointsBefore)];
        return Array.ConvertAll(_tokens, t => t.Sequence < 0
            ? default
            : new TextSpan(before[t.Sequence][t.Offset.Start], before[t.Sequence][t.Offset.End]));
    }

    /// <summary>Drops pieces until at most <paramref name="maxTokens"/> remain, always the last piece of the longer
    /// text (of the second when both are equal); special tokens stay. Hugging Face calls this "longest_first".</summary>
    /// <param name="maxTokens">Upper limit, special tokens included.</param>
    /// <exception cref="ArgumentOutOfRangeException">The special tokens alone are more than the limit.</exception>
    public Encoding Truncate(int maxTokens)
    {
        int[] kept = [SequenceIds.Count(s => s == 0), SequenceIds.Count(s => s == 1)];
        int special = Count - kept[0] - kept[1];
        if (maxTokens < special)
        {
            throw new ArgumentOutOfRangeException(nameof(maxTokens), maxTokens,
                $"truncate: no room for the special tokens; got a limit of {maxTokens}; expected at least {special}.");
        }

        for (int excess = Count - maxTokens; excess > 0; excess--)
        {
            kept[kept[0] > kept[1] ? 0 : 1]--;
        }

        int[] seen = [0, 0];
        return new Encoding([.. _tokens.Where(t => t.Sequence < 0 || seen[t.Sequence]++ < kept[t.Sequence])], Texts, _vocabulary, _unk);
    }

    /// <summary>Whether a text is a language code as Marian spells it, <c>&gt;&gt;fra&lt;&lt;</c>.</summary>
    internal static bool IsCode(string text) => text.Length > 4 && text.StartsWith(">>", StringComparison.Ordinal)
        && text.EndsWith("<<", StringComparison.Ordinal);

    private string Codes()
    {
        string[] codes = [.. Enumerable.Range(0, _vocabulary.Count).Where(_vocabulary.Contains).Select(_vocabulary.PieceOf).Where(IsCode)
            .Take(9)];
        return codes.Length == 0 ? "no language codes" : string.Join(", ", codes.Take(8)) + (codes.Length > 8 ? ", …" : "");
    }

    /// <summary>For every code unit position, and the end, how many code points precede it.</summary>
    private static int[] CodePointsBefore(string text)
    {
        var before = new int[text.Length + 1];
        for (int i = 0; i < text.Length; i++)
        {
            bool secondHalf = i > 0 && char.IsSurrogatePair(text[i - 1], text[i]);
            before[i + 1] = before[i] + (secondHalf ? 0 : 1);
        }

        return before;
    }
}

/// <summary>One row of an <see cref="Encoding"/>; <c>Sequence</c> and <c>Word</c> are -1 for added special tokens.</summary>
internal readonly record struct Token(int Id, TextSpan Offset, int Word, sbyte Sequence, int Type);
