namespace Vitrine.Transformers;

/// <summary>A word being merged: a chain of pieces, and a queue of the joins that are possible now.</summary>
/// <remarks>Every join is found in O(log n), so a word of n bytes costs O(n log n) however long it is; scanning for the
/// best pair each time, as the reference does, costs O(n²).</remarks>
internal sealed class PieceChain
{
    private const int Gone = -1;

    private readonly int[] _ids;    // id at each place; Gone once joined to its left neighbour
    private readonly int[] _next;   // place of the right neighbour; the length at the end
    private readonly int[] _previous;
    private readonly MergeTable _merges;
    private readonly PriorityQueue<int, long> _queue;   // left places, by rank and then from left to right

    public PieceChain(int[] ids, MergeTable merges)
    {
        _ids = ids;
        _merges = merges;
        _next = [.. Enumerable.Range(1, ids.Length)];
        _previous = [.. Enumerable.Range(-1, ids.Length)];
        var possible = new List<(int, long)>(ids.Length);
        for (int place = 0; place < ids.Length; place++)
        {
            if (TryFind(place, out MergeTable.Merged merged))
            {
                possible.Add((place, Priority(place, merged)));
            }
        }

        _queue = new PriorityQueue<int, long>(possible);
    }

    /// <summary>A join that was made.</summary>
    public readonly record struct Join(int Rank, int Left, int Right);

    /// <summary>Makes the join of lowest rank, the leftmost of equals; false when none is left.</summary>
    public bool TryMergeNext(out Join join)
    {
        while (_queue.TryDequeue(out int place, out long priority))
        {
            if (!TryFind(place, out MergeTable.Merged merged) || Priority(place, merged) != priority)
            {
                continue;   // one of the two has joined another neighbour meanwhile
            }

            int right = _next[place];
            join = new Join(merged.Rank, _ids[place], _ids[right]);
            _ids[place] = merged.Id;
            _ids[right] = Gone;
            _next[place] = _next[right];
            if (_next[right] < _ids.Length)
            {
                _previous[_next[right]] = place;
            }

            Consider(_previous[place]);
            Consider(place);
            return true;
        }

        join = default;
        return false;
    }

    /// <summary>The pieces from left to right.</summary>
    public IEnumerable<int> Ids()
    {
        for (int place = 0; place < _ids.Length; place = _next[place])
        {
            yield return _ids[place];
        }
    }

    private void Consider(int place)
    {
        if (place >= 0 && TryFind(place, out MergeTable.Merged merged))
        {
            _queue.Enqueue(place, Priority(place, merged));
        }
    }

    /// <summary>The merge of the piece at <paramref name="place"/> with its right neighbour, if both are there and there is one.</summary>
    private bool TryFind(int place, out MergeTable.Merged merged)
    {
        merged = default;
        return _ids[place] != Gone && _next[place] < _ids.Length && _merges.TryGet(_ids[place], _ids[_next[place]], out merged);
    }

    private static long Priority(int place, MergeTable.Merged merged) => ((long)merged.Rank << 32) | (uint)place;
}
