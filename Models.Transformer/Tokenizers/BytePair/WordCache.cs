namespace Vitrine.Transformers;

/// <summary>Remembers the pieces of words. Each word has one place, which the latest word with the same hash takes: memory is bounded,
/// reading needs no lock, and a lost race only costs time.</summary>
internal sealed class WordCache
{
    private const int Places = 1 << 15, LongestWord = 48;   // at most about 8 MB

    private readonly Entry?[] _entries = new Entry?[Places];

    private sealed record Entry(string Word, SubwordPiece[] Pieces);

    /// <summary>The pieces of a word, their spans counted from its beginning; null where it is not known.</summary>
    public SubwordPiece[]? Find(ReadOnlySpan<char> word) =>
        word.Length <= LongestWord && Volatile.Read(ref _entries[Place(word)]) is { } entry && word.SequenceEqual(entry.Word)
            ? entry.Pieces : null;

    /// <summary>Remembers a word unless it is long.</summary>
    public void Add(ReadOnlySpan<char> word, SubwordPiece[] pieces)
    {
        if (word.Length <= LongestWord)
        {
            Volatile.Write(ref _entries[Place(word)], new Entry(word.ToString(), pieces));
        }
    }

    private static int Place(ReadOnlySpan<char> word)
    {
        uint hash = 2166136261; // FNV-1a
        foreach (char c in word)
        {
            hash = (hash ^ c) * 16777619;
        }

        return (int)(hash ^ (hash >> 15)) & (Places - 1);
    }
}
