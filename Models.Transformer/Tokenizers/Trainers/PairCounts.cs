using System.Runtime.InteropServices;

namespace Vitrine.Transformers;

/// <summary>How often each pair of neighbours occurs, and in which words; kept up to date while pairs are joined.</summary>
internal sealed class PairCounts
{
    /// <summary>A different word of the texts, as it is cut at the moment, and how often it occurs.</summary>
    public sealed record Word(List<string> Pieces, int Count);

    /// <summary>Two neighbours.</summary>
    public readonly record struct Pair(string Left, string Right);

    private readonly List<Word> _words;
    private readonly Dictionary<Pair, int> _counts = [];
    private readonly Dictionary<Pair, SortedSet<int>> _where = [];

    // Holds outdated counts too: an entry is valid only when it says what _counts says.
    private readonly PriorityQueue<Pair, (int Count, Pair Pair)> _queue = new(Comparer<(int Count, Pair Pair)>.Create(MostFrequentFirst));

    /// <summary>Counts the pairs of all words.</summary>
    public PairCounts(List<Word> words)
    {
        _words = words;
        for (int i = 0; i < words.Count; i++)
        {
            Add(i, +1);
        }

        foreach ((Pair pair, int count) in _counts)
        {
            _queue.Enqueue(pair, (count, pair));
        }
    }

    /// <summary>The pair to join next, or null when none occurs often enough.</summary>
    public Pair? TakeMostFrequent(int leastCount)
    {
        while (_queue.TryDequeue(out Pair pair, out (int Count, Pair) entry))
        {
            if (entry.Count >= Math.Max(1, leastCount) && _counts[pair] == entry.Count)
            {
                return pair;
            }
        }

        return null;
    }

    /// <summary>Joins a pair wherever it occurs.</summary>
    public void Join(Pair pair, string joined)
    {
        _where.Remove(pair, out SortedSet<int>? words);
        var changed = new HashSet<Pair>();
        foreach (int index in words ?? [])
        {
            List<string> pieces = _words[index].Pieces;
            changed.UnionWith(Add(index, -1));
            for (int i = 0; i + 1 < pieces.Count; i++)
            {
                if (pieces[i] == pair.Left && pieces[i + 1] == pair.Right)
                {
                    pieces[i] = joined;
                    pieces.RemoveAt(i + 1);
                }
            }

            changed.UnionWith(Add(index, +1));
        }

        foreach (Pair other in changed)
        {
            _queue.Enqueue(other, (_counts[other], other));
        }
    }

    /// <summary>Adds a word's pairs to the counts, or takes them away.</summary>
    private List<Pair> Add(int index, int sign)
    {
        (List<string> pieces, int count) = _words[index];
        var pairs = new List<Pair>();
        for (int i = 0; i + 1 < pieces.Count; i++)
        {
            var pair = new Pair(pieces[i], pieces[i + 1]);
            pairs.Add(pair);
            CollectionsMarshal.GetValueRefOrAddDefault(_counts, pair, out _) += sign * count;
            if (sign > 0)
            {
                (CollectionsMarshal.GetValueRefOrAddDefault(_where, pair, out _) ??= []).Add(index);
            }
        }

        return pairs;
    }

    private static int MostFrequentFirst((int Count, Pair Pair) a, (int Count, Pair Pair) b)
    {
        int order = b.Count.CompareTo(a.Count);
        order = order != 0 ? order : string.CompareOrdinal(a.Pair.Left, b.Pair.Left);
        return order != 0 ? order : string.CompareOrdinal(a.Pair.Right, b.Pair.Right);
    }
}
