namespace Vitrine.Attributions;

/// <summary>
/// How much can flow through a network of pipes: Dinic's algorithm (1970), which fills all shortest ways at once, again and again.
/// </summary>
internal sealed class MaximumFlow
{
    /// <summary>Below this a pipe counts as full: capacities are sums of shares of 1.</summary>
    private const double Full = 1e-12;

    private readonly List<int> _to = [];
    private readonly List<double> _capacity = [], _left = [];
    private readonly List<List<int>> _leaving = []; // per node, indices of pipes; pipe i runs back as pipe i ^ 1

    /// <summary>Lays a pipe. Nodes come into being when they are named.</summary>
    public void Add(int from, int to, double capacity)
    {
        while (_leaving.Count <= Math.Max(from, to))
        {
            _leaving.Add([]);
        }
        if (capacity <= 0)
        {
            return;
        }
        _leaving[from].Add(_to.Count);
        _to.Add(to);
        _capacity.Add(capacity);
        _leaving[to].Add(_to.Count);
        _to.Add(from);
        _capacity.Add(0);
    }

    /// <summary>The largest flow from one node to another.</summary>
    public double Between(int source, int sink)
    {
        _left.Clear();
        _left.AddRange(_capacity);
        double flow = 0;
        while (Levels(source, sink) is { } level)
        {
            int[] tried = new int[_leaving.Count];
            while (Push(source, sink, double.PositiveInfinity, level, tried) is > 0 and double pushed)
            {
                flow += pushed;
            }
        }
        return flow;
    }

    /// <summary>Distance of every node from the source through pipes that are not full; null when the sink is out of reach.</summary>
    private int[]? Levels(int source, int sink)
    {
        int[] level = new int[_leaving.Count];
        Array.Fill(level, -1);
        level[source] = 0;
        var open = new Queue<int>([source]);
        while (open.TryDequeue(out int node))
        {
            foreach (int pipe in _leaving[node])
            {
                if (_left[pipe] > Full && level[_to[pipe]] < 0)
                {
                    level[_to[pipe]] = level[node] + 1;
                    open.Enqueue(_to[pipe]);
                }
            }
        }
        return level[sink] < 0 ? null : level;
    }

    private double Push(int node, int sink, double most, int[] level, int[] tried)
    {
        if (node == sink)
        {
            return most;
        }
        for (; tried[node] < _leaving[node].Count; tried[node]++)
        {
            int pipe = _leaving[node][tried[node]];
            if (_left[pipe] <= Full || level[_to[pipe]] != level[node] + 1)
            {
                continue;
            }
            double pushed = Push(_to[pipe], sink, Math.Min(most, _left[pipe]), level, tried);
            if (pushed > 0)
            {
                _left[pipe] -= pushed;
                _left[pipe ^ 1] += pushed;
                return pushed;
            }
        }
        return 0;
    }
}
