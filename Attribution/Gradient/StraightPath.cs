using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>The straight line x(α) = x₀ + α(x − x₀) from a baseline to the input, on all sides together.</summary>
internal sealed class StraightPath
{
    private readonly ScoreFunction _f;
    private readonly Tensor[] _from;
    private readonly Tensor[] _difference;

    /// <summary>A path to the input of <paramref name="f"/>.</summary>
    /// <param name="f">The score function.</param>
    /// <param name="baseline">One per side: <c>[pos, d_model]</c>.</param>
    public StraightPath(ScoreFunction f, Tensor[] baseline)
    {
        _f = f;
        _from = baseline;
        _difference = [.. f.Sides.Select((side, i) => side.Embeddings - baseline[i])];
    }

    /// <summary>Number of targets.</summary>
    public int Targets => _f.Targets.Count;

    /// <summary>Room for the integral, one array per side: <c>[target, pos, d_model]</c>.</summary>
    public double[][] Totals() => Sweep.Totals(_f);

    /// <summary>f(x(α)) by a plain forward. <c>[α][target]</c></summary>
    public double[][] Scores(ReadOnlySpan<double> alphas, AttributionRequest request)
    {
        var scores = new List<double[]>();
        int batch = Batching.Forward(_f, request.ByteBudget);
        for (int first = 0; first < alphas.Length; first += batch)
        {
            request.Cancellation.ThrowIfCancellationRequested();
            scores.AddRange(Rows(_f.Score(Points(alphas.Slice(first, Math.Min(batch, alphas.Length - first))))));
        }
        return [.. scores];
    }

    /// <summary>f(x), of the input itself and not of a point computed to be close to it. <c>[target]</c></summary>
    public double[] ScoreOfInput() => Rows(_f.Score(Sweep.Input(_f))).Single();

    /// <summary>Adds Σᵢ wᵢ · ∂f/∂x (x(αᵢ)) to <paramref name="totals"/>.</summary>
    public void Integrate(double[] nodes, double[] weights, double[][] totals, AttributionRequest request, Work work)
    {
        Batching batching = Batching.For(_f, Targets, request.ByteBudget);
        for (int first = 0; first < nodes.Length; first += batching.Examples)
        {
            work.Check();
            int count = Math.Min(batching.Examples, nodes.Length - first);
            Sweep.Accumulate(_f, Points(nodes.AsSpan(first, count)), batching.Seeds, weights.AsSpan(first, count), totals);
            work.Advance(count);
        }
    }

    /// <summary>x − x₀, one per side: <c>[pos, d_model]</c>.</summary>
    public IReadOnlyList<Tensor> Difference => _difference;

    /// <summary>Σ (x − x₀) · totals: what the scores of each target sum to. <c>[target]</c></summary>
    public double[] DotDifference(double[][] totals)
    {
        double[] sums = new double[Targets];
        for (int side = 0; side < totals.Length; side++)
        {
            float[] difference = _difference[side].ToArray();
            for (int i = 0; i < totals[side].Length; i++)
            {
                sums[i / difference.Length] += totals[side][i] * difference[i % difference.Length];
            }
        }
        return sums;
    }

    /// <summary>The points of the path, one per side: <c>[α, pos, d_model]</c>.</summary>
    public Tensor[] Points(ReadOnlySpan<double> alphas)
    {
        float[] values = new float[alphas.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)alphas[i];
        }
        return [.. _from.Select((from, side) => from + (Tensor.From(values, [values.Length, 1, 1], from.Device) * _difference[side]))];
    }

    private static IEnumerable<double[]> Rows(Tensor scores)
    {
        double[] values = Array.ConvertAll(scores.ToArray(), s => (double)s);
        return values.Chunk(scores.Shape[1]);
    }
}
