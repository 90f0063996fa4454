namespace Vitrine.Transformers;

/// <summary>The pieces a tokenizer can produce, by id and by spelling.</summary>
/// <remarks>All spellings lie in one buffer and are found through a hash table of ids, so that opening a vocabulary makes
/// no object per piece: 65,000 pieces load in a few milliseconds. Strings are made when first asked for.</remarks>
public sealed class Vocabulary
{
    private readonly char[] _text;        // spellings, at the spans below
    private readonly TextSpan[] _spans;   // by id; Absent where no piece has the id
    private readonly string?[] _pieces;   // by id; filled on demand
    private readonly int[] _slots;        // hash table with linear probing: id + 1, or 0 for a free slot

    internal Vocabulary(char[] text, TextSpan[] spans)
    {
        _text = text;
        _spans = spans;
        _pieces = new string?[spans.Length];
        _slots = new int[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(2 * spans.Length) + 1)];
        for (int id = 0; id < spans.Length; id++)
        {
            if (spans[id] != Absent)
            {
                _slots[Slot(SpellingOf(id))] = id + 1;
                MaxPieceLength = Math.Max(MaxPieceLength, spans[id].Length);
            }
        }
    }

    /// <summary>Number of ids: one more than the highest. The model's embedding has at least as many rows.</summary>
    public int Count => _spans.Length;

    /// <summary>Length of the longest piece, in UTF-16 code units.</summary>
    public int MaxPieceLength { get; }

    /// <summary>Marks an id that no piece has.</summary>
    internal static TextSpan Absent { get; } = new(-1, -1);

    /// <summary>A vocabulary from pieces in the order of their ids. Where a piece occurs twice, its last id counts.</summary>
    public static Vocabulary FromPieces(IReadOnlyList<string> pieces)
    {
        var spans = new TextSpan[pieces.Count];
        int end = 0;
        for (int id = 0; id < spans.Length; id++)
        {
            spans[id] = new TextSpan(end, end += pieces[id].Length);
        }

        return new Vocabulary(string.Concat(pieces).ToCharArray(), spans);
    }

    /// <summary>Reads BERT's <c>vocab.txt</c>: one piece a line, the line number (from 0) is the id.</summary>
    /// <exception cref="TokenizerException">The file is missing, empty or not UTF-8.</exception>
    public static Vocabulary ReadText(string path) => VocabularyFile.ReadText(path);

    /// <summary>Reads <c>vocab.json</c>: one object from piece to id.</summary>
    /// <exception cref="TokenizerException">The file is missing or not such an object, or its ids are not nearly dense.</exception>
    public static Vocabulary ReadJson(string path) => VocabularyFile.ReadJson(path);

    /// <summary>Writes the pieces as BERT's <c>vocab.txt</c>, one a line in the order of their ids.</summary>
    /// <exception cref="InvalidOperationException">An id has no piece, or a piece holds a line break.</exception>
    public void WriteText(string path) => VocabularyFile.WriteText(path, this);

    /// <summary>Writes the pieces as <c>vocab.json</c>, one object from piece to id; ids without a piece are left out.</summary>
    public void WriteJson(string path) =>
        VocabularyFile.WriteJson(path, Enumerable.Range(0, Count).Where(Contains).Select(id => (PieceOf(id), id)));

    /// <summary>The id of <paramref name="piece"/>, or false where the vocabulary lacks it.</summary>
    public bool TryGetId(ReadOnlySpan<char> piece, out int id)
    {
        id = _slots[Slot(piece)] - 1;
        return id >= 0;
    }

    /// <summary>The id of <paramref name="piece"/>, or null where the vocabulary lacks it.</summary>
    public int? IdOf(string piece) => TryGetId(piece, out int id) ? id : null;

    /// <summary>Whether <paramref name="id"/> stands for a piece.</summary>
    public bool Contains(int id) => (uint)id < (uint)_spans.Length && _spans[id] != Absent;

    /// <summary>The spelling of an id.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No piece has this id.</exception>
    public string PieceOf(int id) => Contains(id)
        ? _pieces[id] ??= SpellingOf(id).ToString()
        : throw new ArgumentOutOfRangeException(nameof(id), id,
            $"vocabulary: no piece has this id; got {id}; expected 0 to {Count - 1}.");

    /// <summary>The spelling of an id that is known to have a piece, without making a string.</summary>
    internal ReadOnlySpan<char> SpellingOf(int id) => _text.AsSpan(_spans[id].Start, _spans[id].Length);

    /// <summary>This vocabulary with further pieces at given ids, as configurations add them.</summary>
    internal Vocabulary With(IReadOnlyList<AddedToken> added, string source)
    {
        if (added.All(t => IdOf(t.Content) == t.Id))
        {
            return this;
        }

        var builder = new VocabularyBuilder(source, _text.Length);
        foreach (int id in Enumerable.Range(0, Count).Where(Contains))
        {
            builder.Add(SpellingOf(id), id);
        }

        foreach (AddedToken token in added)
        {
            builder.Add(token.Content, token.Id);
        }

        return builder.ToVocabulary();
    }

    /// <summary>The slot that holds <paramref name="piece"/>, or the free slot where it would go.</summary>
    private int Slot(ReadOnlySpan<char> piece)
    {
        int mask = _slots.Length - 1;
        int slot = string.GetHashCode(piece) & mask;
        while (_slots[slot] != 0 && !SpellingOf(_slots[slot] - 1).SequenceEqual(piece))
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }
}
