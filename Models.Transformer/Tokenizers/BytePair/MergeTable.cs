using System.Diagnostics.CodeAnalysis;

namespace Vitrine.Transformers;

/// <summary>The learnt merges of a byte-pair encoding: for two neighbouring pieces, when they join and into what.</summary>
/// <param name="vocabulary">Gives the ids of all pieces.</param>
/// <param name="source">The file, for errors.</param>
internal sealed class MergeTable(Vocabulary vocabulary, string source)
{
    private readonly Dictionary<long, Merged> _merges = new(vocabulary.Count);
    private int _lastJoined = -1;

    /// <summary>What a pair becomes, and the rank of that merge: lower goes first.</summary>
    public readonly record struct Merged(int Rank, int Id);

    /// <summary>Reads <c>merges.txt</c>: after a version line, two pieces a line in the order they were learnt.</summary>
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
                int space = line.IndexOf(' ');
                table.Add(space < 0 ? line : line[..space], space < 0 ? [] : line[(space + 1)..]);
            }
        }

        return table;
    }

    /// <summary>Appends the next merge; of two equal pairs the later one counts, as in a Python dictionary.</summary>
    public void Add(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        if (left.Length == 0 || right.Length == 0 || right.Contains(' '))
        {
            throw new TokenizerException(
                $"byte_pair: not a merge; got '{left} {right}' at rank {_merges.Count} of {source}; expected two pieces and one space.");
        }

        Span<char> joined = left.Length + right.Length <= 256 ? stackalloc char[left.Length + right.Length] : new char[left.Length + right.Length];
        left.CopyTo(joined);
        right.CopyTo(joined[left.Length..]);

        // Training numbers pieces in the order of their merges, so the next id is nearly always the one sought.
        _lastJoined = vocabulary.Contains(_lastJoined + 1) && vocabulary.SpellingOf(_lastJoined + 1).SequenceEqual(joined)
            ? _lastJoined + 1
            : IdOf(joined);
        _merges[Key(IdOf(left), IdOf(right))] = new Merged(_merges.Count, _lastJoined);
    }

    /// <summary>Whether the pieces <paramref name="left"/> and <paramref name="right"/> ever join.</summary>
    public bool TryGet(int left, int right, [MaybeNullWhen(false)] out Merged merged) => _merges.TryGetValue(Key(left, right), out merged);

    private static long Key(int left, int right) => ((long)left << 32) | (uint)right;

    private int IdOf(ReadOnlySpan<char> piece) => vocabulary.TryGetId(piece, out int id)
        ? id
        : throw new TokenizerException(
            $"byte_pair: merge of an unknown piece; got '{piece}' at rank {_merges.Count} of {source}; expected pieces of the vocabulary. "
            + "Do vocabulary and merges belong together?");
}
