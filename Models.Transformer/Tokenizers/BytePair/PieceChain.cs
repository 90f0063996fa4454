namespace Vitrine.Transformers;

/// <summary>Says whether two neighbours join.</summary>
internal interface IMergeRule
{
    /// <summary>Whether two neighbouring pieces join; the join of lowest rank is made first, the leftmost of equals.</summary>
    bool TryJoin(in Piece left, in Piece right, out int rank, out int id);
}

/// <summary>A piece of a word being merged: its id, and the code units it stands for.</summary>
internal readonly record struct Piece(int Id, int Start, int End);

/// <summary>A word being merged: pieces in a row, of which neighbours join one by one. It is used again for the next word.</summary>
/// <remarks>Short words scan all joins for the best one: a few numbers in a row. Longer ones keep a queue of the possible joins, so a word
/// of n characters costs O(n log n); scanning each time, as the reference does, would cost O(n²).</remarks>
internal sealed class PieceChain
{
    /// <summary>Up to so many pieces are scanned; measured: above 60 the queue is faster.</summary>
    private const int Scanned = 40;

    private const int Gone = int.MinValue, Never = int.MaxValue;

    private readonly PriorityQueue<int, long> _queue = new();   // left places, by rank and then from left to right
    private Piece[] _pieces = new Piece[64];
    private int[] _ranks = new int[64];      // rank of the join with the right neighbour, or Never
    private int[] _joined = new int[64];     // what it makes
    private int[] _next = new int[64];
    private int[] _previous = new int[64];

    /// <summary>Number of pieces.</summary>
    public int Count { get; private set; }

    /// <summary>The pieces from left to right.</summary>
    public ReadOnlySpan<Piece> Pieces => _pieces.AsSpan(0, Count);

    /// <summary>Removes all pieces.</summary>
    public void Clear() => Count = 0;

    /// <summary>Appends a piece.</summary>
    public void Add(int id, int start, int end)
    {
        if (Count == _pieces.Length)
        {
            Array.Resize(ref _pieces, 2 * Count);
            Array.Resize(ref _ranks, 2 * Count);
            Array.Resize(ref _joined, 2 * Count);
            Array.Resize(ref _next, 2 * Count);
            Array.Resize(ref _previous, 2 * Count);
        }

        _pieces[Count++] = new Piece(id, start, end);
    }

    /// <summary>Lets the last piece end at <paramref name="end"/>.</summary>
    public void WidenLast(int end) => _pieces[Count - 1] = _pieces[Count - 1] with { End = end };

    /// <summary>Makes all joins.</summary>
    /// <param name="rule">Which neighbours join.</param>
    /// <param name="watch">Told of each join before it is made: its rank, the left and the right piece, and all pieces after it. Null:
    /// nothing is told.</param>
    public void MergeAll<TRule>(TRule rule, Action<int, Piece, Piece, IReadOnlyList<Piece>>? watch = null)
        where TRule : struct, IMergeRule
    {
        if (Count <= Scanned)
        {
            MergeByScan(rule, watch);
        }
        else
        {
            MergeByQueue(rule, watch);
        }
    }

    private void MergeByScan<TRule>(TRule rule, Action<int, Piece, Piece, IReadOnlyList<Piece>>? watch)
        where TRule : struct, IMergeRule
    {
        for (int i = 0; i < Count - 1; i++)
        {
            Find(rule, i, i + 1);
        }

        while (Count > 1)
        {
            int best = 0;
            for (int i = 1; i < Count - 1; i++)
            {
                best = _ranks[i] < _ranks[best] ? i : best;
            }

            if (_ranks[best] == Never)
            {
                return;
            }

            (int rank, Piece left, Piece right) = (_ranks[best], _pieces[best], _pieces[best + 1]);
            _pieces[best] = new Piece(_joined[best], left.Start, right.End);
            int after = Count - best - 2;
            Array.Copy(_pieces, best + 2, _pieces, best + 1, after);
            Array.Copy(_ranks, best + 1, _ranks, best, after);
            Array.Copy(_joined, best + 1, _joined, best, after);
            Count--;
            if (best < Count - 1)
            {
                Find(rule, best, best + 1);
            }

            if (best > 0)
            {
                Find(rule, best - 1, best);
            }

            watch?.Invoke(rank, left, right, Pieces.ToArray());
        }
    }

    private void MergeByQueue<TRule>(TRule rule, Action<int, Piece, Piece, IReadOnlyList<Piece>>? watch)
        where TRule : struct, IMergeRule
    {
        _queue.Clear();
        for (int i = 0; i < Count; i++)
        {
            (_next[i], _previous[i]) = (i + 1, i - 1);
            Consider(rule, i);
        }

        while (_queue.TryDequeue(out int place, out long priority))
        {
            // Stale where one of the two has joined another neighbour meanwhile.
            if (_pieces[place].Start == Gone || _next[place] >= Count || priority != Priority(place))
            {
                continue;
            }

            int next = _next[place];
            (int rank, Piece left, Piece right) = (_ranks[place], _pieces[place], _pieces[next]);
            _pieces[place] = new Piece(_joined[place], left.Start, right.End);
            _pieces[next] = new Piece(Gone, Gone, Gone);
            _next[place] = _next[next];
            if (_next[next] < Count)
            {
                _previous[_next[next]] = place;
            }

            if (_previous[place] >= 0)
            {
                Consider(rule, _previous[place]);
            }

            Consider(rule, place);
            watch?.Invoke(rank, left, right, [.. Pieces.ToArray().Where(piece => piece.Start != Gone)]);
        }

        int kept = 0;
        for (int i = 0; i < Count; i = _next[i])
        {
            _pieces[kept++] = _pieces[i];
        }

        Count = kept;
    }

    private void Consider<TRule>(TRule rule, int place)
        where TRule : struct, IMergeRule
    {
        _ranks[place] = Never;
        if (_next[place] < Count && Find(rule, place, _next[place]))
        {
            _queue.Enqueue(place, Priority(place));
        }
    }

    private bool Find<TRule>(TRule rule, int place, int next)
        where TRule : struct, IMergeRule
    {
        bool found = rule.TryJoin(_pieces[place], _pieces[next], out int rank, out int id);
        (_ranks[place], _joined[place]) = found ? (rank, id) : (Never, -1);
        return found;
    }

    private long Priority(int place) => ((long)_ranks[place] << 32) | (uint)place;
}
