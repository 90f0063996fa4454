namespace Vitrine.Transformers;

/// <summary>The learned merges of a byte-pair encoding: for two neighbouring pieces, when they join and into what.</summary>
/// <param name="vocabulary">Gives the ids of all pieces.</param>
/// <param name="source">The file, for errors.</param>
internal sealed class MergeTable(Vocabulary vocabulary, string source)
{
    // A hash table of its own, with linear probing: the innermost loop of encoding asks it several times per character.
    private long[] _keys = new long[1 << 12];    // the two ids, plus 1 so that 0 means free
    private Merged[] _values = new Merged[1 << 12];
    private int _filled;
    private int _rank;
    private int _lastJoined = -1;

    /// <summary>What a pair becomes, and the rank of that merge: lower goes first.</summary>
    public readonly record struct Merged(int Rank, int Id);

    /// <summary>Reads <c>merges.txt</c>: after a version line, two pieces a line in the order they were learned.</summary>
    public static MergeTable Read(string path, Vocabulary vocabulary)
    {
        var table = new MergeTable(vocabulary, path);
        ReadOnlySpan<char> text = TokenizerFile.ReadChars(path);
        while (text.Length > 0)
        {
            int end = text.IndexOf('\n');
            ReadOnlySpan<char> line = (end < 0 ? text : text[..end]).TrimEnd('\r');
            text = end < 0 ? [] : text[(end + 1)..];
            if (line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal))
            {
                table.AddLine(line);
            }
        }

        return table;
    }

    /// <summary>Appends the next merge, two pieces with a space between them.</summary>
    public void AddLine(ReadOnlySpan<char> line)
    {
        int space = line.IndexOf(' ');
        ReadOnlySpan<char> left = space < 0 ? line : line[..space], right = space < 0 ? [] : line[(space + 1)..];
        if (left.Length == 0 || right.Length == 0 || right.Contains(' '))
        {
            throw new TokenizerException(
                $"byte_pair: not a merge; got '{line}' at rank {_rank} of {source}; expected two pieces and one space.");
        }

        Add(left, right);
    }

    /// <summary>Appends the next merge; of two equal pairs the later one counts, as in a Python dictionary.</summary>
    public void Add(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        Span<char> joined = left.Length + right.Length <= 256
            ? stackalloc char[left.Length + right.Length] : new char[left.Length + right.Length];
        left.CopyTo(joined);
        right.CopyTo(joined[left.Length..]);

        // Training numbers pieces in the order of their merges, so the next id is nearly always the one sought.
        _lastJoined = vocabulary.Contains(_lastJoined + 1) && vocabulary.SpellingOf(_lastJoined + 1).SequenceEqual(joined)
            ? _lastJoined + 1
            : IdOf(joined);
        Put(Key(IdOf(left), IdOf(right)), new Merged(_rank++, _lastJoined));
    }

    /// <summary>Whether the pieces <paramref name="left"/> and <paramref name="right"/> ever join.</summary>
    public bool TryGet(int left, int right, out Merged merged)
    {
        int slot = Slot(_keys, Key(left, right));
        merged = _values[slot];
        return _keys[slot] != 0;
    }

    private static long Key(int left, int right) => (((long)left << 32) | (uint)right) + 1;

    private static int Slot(long[] keys, long key)
    {
        int mask = keys.Length - 1;
        int slot = (int)((ulong)(key * -7046029254386353131L) >> 32) & mask;   // Fibonacci hashing: 2^64 / golden ratio
        while (keys[slot] != 0 && keys[slot] != key)
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private void Put(long key, Merged value)
    {
        if (2 * (_filled + 1) > _keys.Length)
        {
            var keys = new long[2 * _keys.Length];
            var values = new Merged[keys.Length];
            for (int i = 0; i < _keys.Length; i++)
            {
                if (_keys[i] != 0)
                {
                    int moved = Slot(keys, _keys[i]);
                    (keys[moved], values[moved]) = (_keys[i], _values[i]);
                }
            }

            (_keys, _values) = (keys, values);
        }

        int slot = Slot(_keys, key);
        _filled += _keys[slot] == 0 ? 1 : 0;
        (_keys[slot], _values[slot]) = (key, value);
    }

    private int IdOf(ReadOnlySpan<char> piece) => vocabulary.TryGetId(piece, out int id)
        ? id
        : throw new TokenizerException(
            $"byte_pair: merge of an unknown piece; got '{piece}' at rank {_rank} of {source}; expected pieces of the vocabulary. "
            + "Do vocabulary and merges belong together?");
}
