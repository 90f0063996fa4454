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
    private readonly PriorityQueue<Candidate, long> _queue = new();   // by rank, then from left to right

    public PieceChain(int[] ids, MergeTable merges)
    {
        _ids = ids;
        _merges = merges;
        _next = [.. Enumerable.Range(1, ids.Length)];
        _previous = [.. Enumerable.Range(-1, ids.Length)];
        for (int place = 0; place + 1 < ids.Length; place++)
        {
            Consider(place);
        }
    }

    /// <summary>A join that was made.</summary>
    public readonly record struct Join(int Rank, int Left, int Right);

    private readonly record struct Candidate(int Place, int Left, int Right, MergeTable.Merged Merged);

    /// <summary>Makes the join of lowest rank, the leftmost of equals; false when none is left.</summary>
    public bool TryMergeNext(out Join join)
    {
        while (_queue.TryDequeue(out Candidate c, out _))
        {
            int right = _next[c.Place];
            if (_ids[c.Place] != c.Left || right == _ids.Length || _ids[right] != c.Right)
            {
                continue;   // one of the two has joined another neighbour meanwhile
            }

            _ids[c.Place] = c.Merged.Id;
            _ids[right] = Gone;
            _next[c.Place] = _next[right];
            if (_next[right] < _ids.Length)
            {
                _previous[_next[right]] = c.Place;
            }

            Consider(_previous[c.Place]);
            Consider(c.Place);
            join = new Join(c.Merged.Rank, c.Left, c.Right);
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
        if (place >= 0 && _next[place] < _ids.Length && _merges.TryGet(_ids[place], _ids[_next[place]], out MergeTable.Merged merged))
        {
            _queue.Enqueue(new Candidate(place, _ids[place], _ids[_next[place]], merged), ((long)merged.Rank << 32) | (uint)place);
        }
    }
}
