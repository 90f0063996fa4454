using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>
/// Multipliers m with Σ m·(x − x₀) = y − y₀ at every op: DeepLIFT with a rule for each kind of op, so that differences at the output are
/// passed to the input without loss.
/// </summary>
/// <remarks>
/// One principle gives them all: the op's gradient averaged along the straight line between its inputs in the two passes,
/// <c>m = ∫₀¹ J(x₀ + α(x − x₀)) dα</c> (Aumann–Shapley). For a single number that is the rescale rule Δy/Δx; for a product a·b it gives
/// each factor the mean of the other, half and half; for linear ops it is the gradient; softmax, LayerNorm and fused attention are
/// integrated numerically until halving the panels changes nothing. Source of the frame: Shrikumar, Greenside and Kundaje 2017.
/// </remarks>
public sealed class DifferenceRule : BackwardRule
{
    /// <summary>When halving the panels moves less than this fraction of what passes through an op, the integral is good enough.</summary>
    private const double Tolerance = 1e-5;

    private const int MostPanels = 32;

    /// <summary>Below this relative difference, Δy/Δx is mostly rounding: the slope half-way is closer.</summary>
    private const double SmallDifference = 1e-2;

    /// <summary>Linear in each input, or a product of two: the slope half-way is the mean slope.</summary>
    private static readonly HashSet<string> s_straight =
    [
        "add", "sub", "mul", "mat_mul", "int8_mat_mul", "scale", "sum", "mean", "reshape", "permute", "slice", "concat", "expand", "gather",
        "int8_gather", "pick", "masked_fill", "dropout",
    ];

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
        if (s_straight.Contains(op.Op.Name))
        {
            return Average(op, reference, dy, needs, [0.5], [1]);
        }
        Tensor?[] coarse = Average(op, reference, dy, needs, [0.5], [1]);
        for (int panels = 1; ; panels *= 2)
        {
            (double[] nodes, double[] weights) = GaussPanels(panels);
            Tensor?[] fine = Average(op, reference, dy, needs, nodes, weights);
            if (panels >= MostPanels || Change(op, reference, coarse, fine) <= Tolerance)
            {
                return fine;
            }
            coarse = fine;
        }
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

    /// <summary>Σ |Δm · (x − x₀)| between two approximations, relative to Σ |m · (x − x₀)|; the worst seed.</summary>
    private static double Change(RecordedOp op, RecordedOp reference, Tensor?[] coarse, Tensor?[] fine)
    {
        double worst = 0;
        for (int k = 0; k < fine.Length; k++)
        {
            if (fine[k] is not { } to || coarse[k] is not { } from)
            {
                continue;
            }
            float[] difference = Difference(op.Inputs[k], reference.Inputs[k]), a = Values(to), b = Values(from);
            for (int first = 0; first < a.Length; first += difference.Length)
            {
                double changed = 0, all = float.Epsilon;
                for (int i = 0; i < difference.Length; i++)
                {
                    changed += Math.Abs(((double)a[first + i] - b[first + i]) * difference[i]);
                    all += Math.Abs((double)a[first + i] * difference[i]);
                }
                worst = Math.Max(worst, changed / all);
            }
        }
        return worst;
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
