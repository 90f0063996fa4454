using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>
/// Multipliers m with Σ m·(x − x₀) = y − y₀ at every op: DeepLIFT with a rule for each kind of op, so that differences at the output are
/// passed to the input without loss.
/// </summary>
/// <remarks>
/// One principle gives them all: the op's gradient averaged along the straight line between its inputs in the two passes,
/// <c>m = ∫₀¹ J(x₀ + α(x − x₀)) dα</c> (Aumann–Shapley). For a single number that is the rescale rule Δy/Δx; for a product a·b it gives
/// each factor the mean of the other, half and half; for linear ops it is the gradient; softmax, LayerNorm and fused attention are integrated
/// numerically until the differences add up. Source of the frame: Shrikumar, Greenside and Kundaje 2017.
/// </remarks>
public sealed class DifferenceRule : BackwardRule
{
    /// <summary>What may be lost at one op, as a fraction of what passes through it.</summary>
    private const double Tolerance = 1e-6;

    private const int MostPanels = 32;

    /// <summary>Below this relative difference, Δy/Δx is mostly rounding: the slope half-way is closer.</summary>
    private const double SmallDifference = 1e-2;

    /// <inheritdoc/>
    public override Tensor?[] Backward(RecordedOp op, RecordedOp? reference, Tensor dy, bool[] needs)
    {
        if (reference is null)
        {
            throw new VitrineException("difference rule: no reference; expected a recording of the same function at the baseline.");
        }
        if (IsElementwise(op))
        {
            return [Ratio(op, reference, dy)];
        }
        double[] through = Dot(dy, Difference(op.Output, reference.Output));
        Tensor?[] half = Average(op, reference, dy, needs, [0.5], [1]); // exact where the op is linear or a product
        Tensor?[] best = half;
        for (int panels = 1; panels <= MostPanels && Lost(op, reference, best, through) > Tolerance; panels *= 2)
        {
            (double[] nodes, double[] weights) = GaussPanels(panels);
            best = Average(op, reference, dy, needs, nodes, weights);
        }
        return best;
    }

    /// <summary>Δy/Δx place by place.</summary>
    private static Tensor Ratio(RecordedOp op, RecordedOp reference, Tensor dy)
    {
        float[] x = Values(op.Inputs[0]), x0 = Values(reference.Inputs[0]), y = Values(op.Output), y0 = Values(reference.Output);
        Tensor?[] slope = Average(op, reference, Tensor.Full(op.Output.Shape.Prepend(1), 1, dy.Device), [true], [0.5], [1]);
        float[] factors = Values(slope[0]!);
        for (int i = 0; i < factors.Length; i++)
        {
            double dx = (double)x[i] - x0[i];
            if (Math.Abs(dx) > SmallDifference * Math.Max(1, Math.Abs(x[i])))
            {
                factors[i] = (float)(((double)y[i] - y0[i]) / dx);
            }
        }
        return Times(dy, factors, op.Output);
    }

    /// <summary>Σᵢ wᵢ · J(x₀ + αᵢ(x − x₀))ᵀ · dy.</summary>
    private static Tensor?[] Average(RecordedOp op, RecordedOp reference, Tensor dy, bool[] needs, double[] nodes, double[] weights)
    {
        var sums = new Tensor?[needs.Length];
        for (int i = 0; i < nodes.Length; i++)
        {
            Tensor[] at = [.. op.Inputs.Select((x, k) => needs[k] ? Between(x, reference.Inputs[k], nodes[i]) : x)];
            var saved = new Saved(at, new Follow(at, needs));
            op.Op.Forward(saved);
            Tensor?[] slopes = op.Op.Backward(saved, dy, new Needs(needs));
            for (int k = 0; k < needs.Length; k++)
            {
                if (needs[k] && slopes[k] is { } slope)
                {
                    Tensor part = nodes.Length == 1 ? slope : slope.Scale((float)weights[i]);
                    sums[k] = sums[k] is { } sum ? sum + part : part;
                }
            }
        }
        return sums;
    }

    /// <summary>How much of what passes through is missing or too much, relative to it; the worst seed.</summary>
    private static double Lost(RecordedOp op, RecordedOp reference, Tensor?[] multipliers, double[] through)
    {
        double[] sums = new double[through.Length], magnitudes = new double[through.Length];
        for (int k = 0; k < multipliers.Length; k++)
        {
            if (multipliers[k] is { } m)
            {
                float[] difference = Difference(op.Inputs[k], reference.Inputs[k]);
                double[] part = Dot(m, difference), size = Dot(m, difference, magnitude: true);
                for (int s = 0; s < sums.Length; s++)
                {
                    sums[s] += part[s];
                    magnitudes[s] += size[s];
                }
            }
        }
        return Enumerable.Range(0, sums.Length).Max(s => Math.Abs(sums[s] - through[s]) / Math.Max(magnitudes[s], float.Epsilon));
    }

    private static Tensor Between(Tensor x, Tensor x0, double alpha)
    {
        float[] to = Values(x), from = Values(x0), at = new float[to.Length];
        for (int i = 0; i < at.Length; i++)
        {
            at[i] = to[i] == from[i] ? to[i] : (float)(from[i] + (alpha * ((double)to[i] - from[i]))); // −∞ stays −∞
        }
        return Tensor.From(at, x.Shape, x.Device);
    }

    private static float[] Difference(Tensor x, Tensor x0)
    {
        float[] to = Values(x), from = Values(x0);
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = to[i] == from[i] ? 0 : to[i] - from[i];
        }
        return to;
    }

    /// <summary>Σ m·d per seed, or Σ |m·d|.</summary>
    private static double[] Dot(Tensor m, float[] d, bool magnitude = false)
    {
        float[] values = Values(m);
        double[] sums = new double[m.Shape[0]];
        for (int i = 0; i < values.Length; i++)
        {
            double product = (double)values[i] * d[i % d.Length];
            sums[i / d.Length] += magnitude ? Math.Abs(product) : product;
        }
        return sums;
    }

    /// <summary>Three-point Gauss–Legendre on equal panels of [0, 1].</summary>
    private static (double[] Nodes, double[] Weights) GaussPanels(int panels)
    {
        double[] at = [0.5 - (Math.Sqrt(15) / 10), 0.5, 0.5 + (Math.Sqrt(15) / 10)], of = [5.0 / 18, 8.0 / 18, 5.0 / 18];
        return (
            [.. Enumerable.Range(0, panels).SelectMany(panel => at.Select(a => (panel + a) / panels))],
            [.. Enumerable.Range(0, panels).SelectMany(_ => of.Select(w => w / panels))]);
    }

    /// <summary>Lets an op keep what the gradients of the wanted inputs need.</summary>
    private sealed class Follow(Tensor[] inputs, bool[] needs) : IOpRecorder
    {
        public bool Tracks(Tensor tensor) => inputs.Where((input, i) => needs[i] && ReferenceEquals(input, tensor)).Any();

        public void Record(Op op, Saved saved, Tensor output) { }
    }
}
