// The formulas of the ops in float64, one element at a time: what the kernels are tested against. Nothing here is fast, and nothing here shares
// code with a kernel; a reader who wants to know what an op means can read it here.

namespace Vitrine.Tensors;

/// <summary>Reference formulas in float64.</summary>
internal static class OpReferences
{
    /// <summary>1 / (1 + e⁻ˣ), for either sign without overflow.</summary>
    public static double Sigmoid(double x) => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    /// <summary>x · Φ(x).</summary>
    public static double Gelu(double x) => x * NormalCdf(x);

    /// <summary>½ · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))).</summary>
    public static double GeluTanh(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    /// <summary>The standard normal distribution: its series around 0, its continued fraction in the tails.</summary>
    public static double NormalCdf(double x)
    {
        double a = Math.Abs(x), density = Math.Exp(-a * a / 2) / Math.Sqrt(2 * Math.PI), tail;
        if (a < 3)
        {
            double term = a, sum = a;
            for (int k = 1; term > 1e-18 * sum; k++)
            {
                term *= a * a / ((2 * k) + 1);
                sum += term;
            }
            tail = 0.5 - (density * sum);
        }
        else
        {
            double fraction = a;
            for (int k = 200; k > 0; k--)
            {
                fraction = a + (k / fraction);
            }
            tail = density / fraction;
        }
        return x > 0 ? 1 - tail : tail;
    }

    /// <summary>e^(x + mask) / Σ e^(x + mask) over the last axis; 0 where everything is hidden.</summary>
    public static Array64 Softmax(Array64 x, Array64? mask) => (mask is null ? x : x.Zip(mask, (a, b) => a + b)).MapRows(row =>
    {
        double max = row.Max();
        double[] e = [.. row.Select(v => double.IsNegativeInfinity(max) ? 0 : Math.Exp(v - max))];
        double sum = e.Sum();
        return [.. e.Select(v => sum == 0 ? 0 : v / sum)];
    });

    /// <summary>x − ln Σ eˣ over the last axis.</summary>
    public static Array64 LogSoftmax(Array64 x) => x.MapRows(row =>
    {
        double max = row.Max(), log = max + Math.Log(row.Sum(v => Math.Exp(v - max)));
        return [.. row.Select(v => v - log)];
    });

    /// <summary>gamma · (x − mean) / √(variance + epsilon) + beta over the last axis.</summary>
    public static Array64 LayerNorm(Array64 x, Array64 gamma, Array64 beta, double epsilon) => x.MapRows(row =>
    {
        double mean = row.Average(), root = Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + epsilon);
        return [.. row.Select((v, i) => (gamma.Values[i] * (v - mean) / root) + beta.Values[i])];
    });

    /// <summary>gamma · x / √(mean(x²) + epsilon) over the last axis.</summary>
    public static Array64 RmsNorm(Array64 x, Array64 gamma, double epsilon) => x.MapRows(row =>
    {
        double root = Math.Sqrt(row.Average(v => v * v) + epsilon);
        return [.. row.Select((v, i) => gamma.Values[i] * v / root)];
    });

    /// <summary>table[ids[…], …].</summary>
    public static Array64 Gather(Array64 table, Array64 ids)
    {
        int d = table.Shape[1..].Elements;
        return new([.. ids.Values.SelectMany(id => table.Values.Skip((int)id * d).Take(d))], Shape.Create([.. ids.Shape.Axes, .. table.Shape.Axes[1..]]));
    }

    /// <summary>q[i, j] · scale[i].</summary>
    public static Array64 Dequantize(Array64 q, Array64 scale) => Array64.Fill(q.Shape, index => q.At(index) * scale.Values[index[0]]);

    /// <summary>x[…, ids[…]].</summary>
    public static Array64 Pick(Array64 x, Array64 ids) => new([.. ids.Values.Select((id, row) => x.Values[(row * x.Width) + (int)id])], ids.Shape);

    /// <summary>x kept where Philox's word is not below p · 2³², divided by 1 − p; else 0.</summary>
    public static Array64 Dropout(Array64 x, float p, int seed) =>
        new([.. x.Values.Select((v, i) => Philox.Draw(new((uint)i / 4, 0, 0, 0), (uint)seed, 0)[i % 4] < (uint)(p * 4294967296.0) ? 0 : v / (1 - (double)p))], x.Shape);

    /// <summary>−Σ q · ln softmax(logits), averaged over the rows whose target is not ignored.</summary>
    public static Array64 CrossEntropy(Array64 logits, Array64 targets, int ignore, double smoothing)
    {
        double[][] rows = [.. LogSoftmax(logits).Values.Chunk(logits.Width)];
        double[] losses = [.. rows.Select((row, i) => (row, target: (int)targets.Values[i])).Where(r => r.target != ignore)
            .Select(r => -((1 - smoothing) * r.row[r.target]) - (smoothing * r.row.Average()))];
        return new([losses.Length == 0 ? 0 : losses.Average()], []);
    }

    /// <summary>Σ p · (ln p − ln q) over the last axis.</summary>
    public static Array64 KlDiv(Array64 logP, Array64 logQ)
    {
        Array64 terms = logP.Zip(logQ, (p, q) => Math.Exp(p) == 0 ? 0 : Math.Exp(p) * (p - q));
        return terms.Reduce([logP.Shape.Rank - 1], v => v.Sum()) with { Shape = logP.Shape.Without(logP.Shape.Rank - 1) };
    }

    /// <summary>op(A)·op(B) + bias over the last two axes, leading axes broadcast.</summary>
    public static Array64 MatMul(Array64 a, Array64 b, Array64? bias, bool transposeA, bool transposeB)
    {
        (int m, int k) = transposeA ? (a.Shape[^1], a.Shape[^2]) : (a.Shape[^2], a.Shape[^1]);
        int n = transposeB ? b.Shape[^2] : b.Shape[^1];
        Shape leading = Shape.Broadcast(a.Shape[..^2], b.Shape[..^2], "reference");
        return Array64.Fill(leading.Append(m).Append(n), index =>
        {
            (int i, int j) = (index[^2], index[^1]);
            double sum = bias?.Values[j] ?? 0;
            for (int l = 0; l < k; l++)
            {
                sum += At(a, index, transposeA ? l : i, transposeA ? i : l) * At(b, index, transposeB ? j : l, transposeB ? l : j);
            }
            return sum;
        });
    }

    /// <summary>softmax(scale · q·kᵀ + mask)·v per head; 0 where every key is hidden.</summary>
    public static Array64 Attention(Array64 q, Array64 k, Array64 v, Array64? mask, bool causal, double scale)
    {
        (int queries, int keys, int heads, int group) = (q.Shape[1], k.Shape[1], q.Shape[2], q.Shape[2] / k.Shape[2]);
        Array64 pattern = Softmax(Array64.Fill([q.Shape[0], heads, queries, keys], index =>
        {
            (int batch, int head, int query, int key) = (index[0], index[1], index[2], index[3]);
            if (causal && key > query + keys - queries)
            {
                return double.NegativeInfinity;
            }
            double dot = 0;
            for (int i = 0; i < q.Width; i++)
            {
                dot += q.At(batch, query, head, i) * k.At(batch, key, head / group, i);
            }
            return (scale * dot) + (mask?.At(index) ?? 0);
        }), null);
        return Array64.Fill(q.Shape, index =>
        {
            double sum = 0;
            for (int key = 0; key < keys; key++)
            {
                sum += pattern.At(index[0], index[2], index[1], key) * v.At(index[0], key, index[2] / group, index[3]);
            }
            return sum;
        });
    }

    /// <summary>Output axis i is input axis order[i].</summary>
    public static Array64 Permute(Array64 x, int[] order) => Array64.Fill(Shape.Create([.. order.Select(axis => x.Shape[axis])]), index =>
    {
        int[] source = new int[order.Length];
        for (int i = 0; i < order.Length; i++)
        {
            source[order[i]] = index[i];
        }
        return x.At(source);
    });

    /// <summary>Elements start … start + length − 1 of one axis.</summary>
    public static Array64 Slice(Array64 x, int axis, int start, int length) => Array64.Fill(x.Shape.With(axis, length), index =>
    {
        index[axis] += start;
        return x.At(index);
    });

    /// <summary>Arrays one after the other along an axis.</summary>
    public static Array64 Concat(int axis, Array64[] parts) => Array64.Fill(parts[0].Shape.With(axis, parts.Sum(p => p.Shape[axis])), index =>
    {
        int part = 0;
        while (index[axis] >= parts[part].Shape[axis])
        {
            index[axis] -= parts[part++].Shape[axis];
        }
        return parts[part].At(index);
    });

    private static double At(Array64 x, int[] index, int row, int column) => x.At([.. index[..^2], row, column]);
}
