namespace Vitrine.Transformers;

/// <summary>Collects pieces in any order of ids.</summary>
/// <param name="source">The file they come from, for errors.</param>
/// <param name="capacity">Characters to make room for.</param>
internal sealed class VocabularyBuilder(string source, int capacity)
{
    private readonly List<TextSpan> _spans = [];
    private char[] _text = new char[Math.Max(capacity, 16)];
    private int _length;
    private int _count;

    /// <summary>Whether nothing was added.</summary>
    public bool IsEmpty => _spans.Count == 0;

    /// <summary>Room for a piece of up to <paramref name="length"/> characters, to be written and then added.</summary>
    public Span<char> Reserve(int length)
    {
        if (_length + length > _text.Length)
        {
            Array.Resize(ref _text, Math.Max(2 * _text.Length, _length + length));
        }

        return _text.AsSpan(_length, length);
    }

    /// <summary>Adds the piece that was written to the first <paramref name="length"/> reserved characters.</summary>
    public void AddReserved(int length, int id)
    {
        // Unused ids are allowed up to about as many as there are pieces; far-flung ids would only cost memory.
        _count++;
        if (id < 0 || id > (2 * _count) + 100_000)
        {
            throw new TokenizerException(
                $"vocabulary: id out of range; got {id} for '{_text.AsSpan(_length, length)}' in {source}; expected ids from 0, nearly "
                + $"without holes.");
        }

        while (_spans.Count <= id)
        {
            _spans.Add(Vocabulary.Absent);
        }

        _spans[id] = new TextSpan(_length, _length += length);
    }

    public void Add(ReadOnlySpan<char> piece, int id)
    {
        piece.CopyTo(Reserve(piece.Length));
        AddReserved(piece.Length, id);
    }

    public Vocabulary ToVocabulary()
    {
        Array.Resize(ref _text, _length);
        return new Vocabulary(_text, [.. _spans]);
    }
}
