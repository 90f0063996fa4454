using static Vitrine.Tensors.OpReferences;

namespace Vitrine.Tensors;

/// <summary>The list of all ops: what they compute, which kernels they launch, how exact they are, and calls to try them with.</summary>
/// <remarks>
/// One table serves the contract tests (every row forward, backward, with many seeds, strided, on odd sizes), the benchmarks and the documentation.
/// A new op is a folder, a row here and a row per kernel in <c>CpuKernels</c>; tests fail while one of them is missing.
/// </remarks>
public static class OpTable
{
    private const float Epsilon = 1e-5f;
    private static readonly Tolerance s_sums = new(1e-5, 1e-5, "sums of many products in float32; the order differs from the reference's");

    /// <summary>All rows, in the order of the documentation.</summary>
    public static IReadOnlyList<OpRow> All { get; } =
    [
        new("mat_mul", "Y = op(A)·op(B) + bias over the last two axes; leading axes broadcast",
            Product([2, 3], [3, 4]), Product([1, 1], [1, 1]), Product([17, 257], [257, 3]), Product([2, 3, 5, 17], [1, 3, 17, 7]),
            Product([4, 5, 17], [17, 7], bias: true), Product([3, 5], [7, 5], transposeB: true, bias: true), Product([17, 3], [17, 7], transposeA: true),
            Product([2, 17, 3], [2, 7, 17], transposeA: true, transposeB: true),
            Product([2, 3], [3, 4], half: true), Product([1, 67], [70, 67], transposeB: true, bias: true, half: true), Product([1, 67], [67, 70], half: true),
            Product([4, 5, 17], [17, 7], bias: true, half: true), Product([17, 130], [67, 130], transposeB: true, half: true), Product([2, 3, 5, 17], [1, 3, 17, 7], half: true),
            Product([3, 130], [130, 70], half: true), Product([1, 67], [67, 70], bias: true), Product([1, 67], [70, 67], transposeB: true), Product([2, 17, 1], [2, 17, 67], transposeA: true),
            Product([128, 768], [768, 3072], bench: true), Product([128, 768], [3072, 768], transposeB: true, bench: true),
            Product([1, 4096], [4096, 4096], transposeB: true, half: true, bench: true), Product([128, 768], [3072, 768], transposeB: true, half: true, bench: true))
        { Definition = typeof(MatMul), Kernels = ["mat_mul_forward", "half_mat_mul_forward"], Tolerance = s_sums },

        new("int8_mat_mul", "Y = X·W or X·Wᵀ + bias with W = q · scale per row, in 8 bits",
            Product8([2, 3], [3, 4]), Product8([1, 1], [1, 1], transposeB: true), Product8([3], [5, 3], transposeB: true), Product8([1, 257], [17, 257], transposeB: true, bias: true),
            Product8([3, 17], [7, 17], transposeB: true, bias: true), Product8([2, 3, 67], [33, 67], transposeB: true), Product8([17, 257], [257, 3], bias: true),
            Product8([2, 17, 130], [67, 130], transposeB: true, bias: true), Product8([67, 33], [33, 131]), Product8([1, 1031], [515, 1031], transposeB: true),
            Product8([1, 4096], [4096, 4096], transposeB: true, bench: true), Product8([128, 768], [3072, 768], transposeB: true, bench: true), Product8([128, 768], [768, 3072], bench: true))
        { Definition = typeof(Int8MatMul), Kernels = ["int8_mat_mul_forward"], Tolerance = s_sums },

        new("attention", "z = softmax(scale · q·kᵀ + mask)·v per head, without storing the pattern",
            Attend([1, 3, 2, 4], [1, 3, 2, 4], causal: false), Attend([2, 17, 2, 3], [2, 17, 1, 3], causal: true), Attend([1, 1, 1, 1], [1, 17, 1, 1], causal: true),
            Attend([2, 3, 4, 8], [2, 17, 2, 8], causal: true), Attend([2, 3, 2, 5], [2, 17, 2, 5], causal: false, mask: [2, 1, 1, 17]),
            Attend([1, 5, 2, 4], [1, 7, 2, 4], causal: true, mask: [2, 5, 7]),
            Attend([1, 512, 12, 64], [1, 512, 12, 64], causal: true, bench: true))
        { Definition = typeof(Attention), Kernels = ["attention_forward", "attention_backward"], Tolerance = s_sums },

        new("softmax", "y = e^(x + mask − m) / Σ e^(x + mask − m) over the last axis, m the row's maximum",
            [.. Sizes(s => new([new(s)], t => t[0].Softmax()) { Reference = r => Softmax(r[0], null) }, new(29, 20)),
             new([new([2, 3, 4, 17]), new([2, 1, 1, 17])], t => t[0].Softmax(t[1])) { Label = "mask", Reference = r => Softmax(r[0], r[1]) },
             new([new([2, 3, 5]), new([3, 1])], t => t[0].Softmax(t[1])) { Label = "mask", Reference = r => Softmax(r[0], r[1]) },
             new([new([4, 3, 17]), new([3, 17], OpValues.Hiding)], t => t[0].Softmax(t[1])) { Label = "hiding mask", Reference = r => Softmax(r[0], r[1]) }])
        { Definition = typeof(Softmax), Kernels = ["softmax_forward", "softmax_backward"] },

        new("log_softmax", "y = x − m − ln Σ e^(x − m) over the last axis, m the row's maximum",
            Sizes(s => new([new(s)], t => t[0].LogSoftmax()) { Reference = r => LogSoftmax(r[0]) }, new(30, 21)))
        { Definition = typeof(LogSoftmax), Kernels = ["log_softmax_forward", "log_softmax_backward"] },

        new("layer_norm", "y = gamma · (x − mean) / √(variance + epsilon) + beta over the last axis",
            Sizes(s => new([new(s), new([s[^1]]), new([s[^1]])], t => t[0].LayerNorm(t[1], t[2], Epsilon)) { Reference = r => LayerNorm(r[0], r[1], r[2], Epsilon) }, new(8, 6)))
        {
            Definition = typeof(LayerNorm), Kernels = ["layer_norm_forward", "layer_norm_backward", "layer_norm_backward_gamma"],
            Tolerance = new(2e-5, 2e-5, "rows of 2 or 3 elements may be nearly constant, which magnifies the rounding of the mean"),
        },

        new("rms_norm", "y = gamma · x / √(mean(x²) + epsilon) over the last axis",
            Sizes(s => new([new(s), new([s[^1]])], t => t[0].RmsNorm(t[1], Epsilon)) { Reference = r => RmsNorm(r[0], r[1], Epsilon) }, new(4, 3)))
        {
            Definition = typeof(RmsNorm), Kernels = ["rms_norm_forward", "rms_norm_backward", "rms_norm_backward_gamma"],
            Tolerance = new(1e-5, 1e-5, "the gradient of a row of one element is nearly 0 by cancellation"),
        },

        Pointwise<Gelu>("gelu", "y = x · Φ(x), Φ the standard normal distribution", x => x.Gelu(), OpReferences.Gelu, new(41, 25, 1), backward: new(43, 28, 1)),
        Pointwise<GeluTanh>("gelu_tanh", "y = ½ · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))", x => x.GeluTanh(), OpReferences.GeluTanh, new(23, 16, 1)),
        Pointwise<Relu>("relu", "y = max(x, 0)", x => x.Relu(), x => Math.Max(x, 0), 1),
        Pointwise<Silu>("silu", "y = x / (1 + e⁻ˣ)", x => x.Silu(), x => x * OpReferences.Sigmoid(x), new(28, 18, 1)),
        Pointwise<Tanh>("tanh", "y = tanh x", x => x.Tanh(), Math.Tanh, new(30, 20, 1)),
        Pointwise<Sigmoid>("sigmoid", "y = 1 / (1 + e⁻ˣ)", x => x.Sigmoid(), OpReferences.Sigmoid, new(27, 17, 1)),
        Pointwise<Exp>("exp", "y = eˣ", x => x.Exp(), Math.Exp, new(25, 16)),
        Pointwise<Log>("log", "y = ln x", x => x.Log(), Math.Log, new(32, 28, 1), OpValues.Positive),
        Pointwise<Sqrt>("sqrt", "y = √x", x => x.Sqrt(), Math.Sqrt, 1, OpValues.Positive),
        Pointwise<Abs>("abs", "y = |x|", x => x.Abs(), Math.Abs, 1),

        new("pow", "y = xᵖ for a constant p",
            [.. Sizes(s => new([new(s, OpValues.Positive)], t => t[0].Pow(1.7f)) { Label = "p = 1.7", Reference = r => r[0].Map(x => Math.Pow(x, 1.7f)) }, 100),
             .. new float[] { 0, 1, 2, 3, 4 }.Select(p => new OpCase([new([3, 17])], t => t[0].Pow(p)) { Label = $"p = {p}", Reference = r => r[0].Map(x => Math.Pow(x, p)) }),
             .. new float[] { -0.5f, -1, -2 }.Select(p => new OpCase([new([3, 17], OpValues.Positive)], t => t[0].Pow(p)) { Label = $"p = {p}", Reference = r => r[0].Map(x => Math.Pow(x, p)) })])
        { Definition = typeof(Pow), Kernels = ["pow_forward", "pow_backward"], AcceptsAnyNumber = false },

        Arithmetic<Add>("add", "y = a + b, broadcast", (a, b) => a + b, (a, b) => a + b),
        Arithmetic<Sub>("sub", "y = a − b, broadcast", (a, b) => a - b, (a, b) => a - b),
        Arithmetic<Mul>("mul", "y = a · b, broadcast", (a, b) => a * b, (a, b) => a * b),
        Arithmetic<Div>("div", "y = a / b, broadcast", (a, b) => a / b, (a, b) => a / b, OpValues.Positive),

        new("scale", "y = factor · x + shift with constant numbers",
            Sizes(s => new([new(s)], t => t[0].Scale(-1.5f, 0.25f)) { Reference = r => r[0].Map(x => (-1.5 * x) + 0.25) }, 2))
        { Definition = typeof(Scale), Kernels = ["scale_forward"] },

        new("masked_fill", "y = value where the mask is not 0, x elsewhere",
            [.. Sizes(s => new([new(s), new(s, OpValues.Index, 2)], t => t[0].MaskedFill(t[1], -3)) { Reference = r => r[0].Zip(r[1], (x, m) => m == 0 ? x : -3) }, 1),
             new([new([2, 3, 17]), new([3, 1], OpValues.Index, 2)], t => t[0].MaskedFill(t[1], 0.5f)) { Label = "broadcast", Reference = r => r[0].Zip(r[1], (x, m) => m == 0 ? x : 0.5) }])
        { Definition = typeof(MaskedFill), Kernels = ["masked_fill_forward"], Tolerance = Tolerance.Exact },

        new("dropout", "y = x / (1 − p) with probability 1 − p, else 0; the mask is a function of seed and place",
            Sizes(s => new([new(s)], t => t[0].Dropout(0.3f, 11)) { Reference = r => OpReferences.Dropout(r[0], 0.3f, 11) }, 1))
        { Definition = typeof(Dropout), Kernels = ["dropout_forward"] },

        Reduction<Sum>("sum", "y = Σ x over axes", ["sum_rows", "sum_columns"], (x, axes) => x.Sum(axes, keepAxes: true), v => v.Sum()),
        Reduction<Mean>("mean", "y = Σ x / n over axes of n elements", ["sum_rows", "sum_columns"], (x, axes) => x.Mean(axes, keepAxes: true), v => v.Average()),
        Reduction<Max>("max", "y = max x over axes", ["max_forward", "pick_backward"], (x, axes) => x.Max(axes, keepAxes: true), v => v.Max()),
        Reduction<Norm>("norm", "y = √Σ x² over axes", ["norm_forward", "norm_backward"], (x, axes) => x.Norm(axes, keepAxes: true), v => Math.Sqrt(v.Sum(u => u * u))),

        new("gather", "y[…, ·] = table[ids[…], ·]",
            Look([2, 3], [2]), Look([1, 1], [1]), Look([3, 17], [2, 5]), Look([17, 257], [3, 1]), Look([257], [17]), Look([5, 3, 7], [17]), Look([23, 1031], [3, 23]), Look([3, 17], [2, 5], half: true), Look([5, 3, 7], [17], half: true), Look([50257, 768], [4, 256], bench: true))
        { Definition = typeof(Gather), Kernels = ["gather_forward", "half_gather_forward", "gather_backward", "fill"], Tolerance = new(1e-6, 1e-6, "the gradient adds rows that occur more than once") },

        new("int8_gather", "y[…, ·] = q[ids[…], ·] · scale[ids[…]]",
            Look8([2, 3], [2]), Look8([1, 1], [1]), Look8([3, 17], [2, 5]), Look8([17, 257], [3, 1]), Look8([23, 1031], [3, 23]), Look8([50257, 768], [4, 256], bench: true))
        { Definition = typeof(Int8Gather), Kernels = ["int8_gather_forward"] },

        new("pick", "y[…] = x[…, ids[…]]",
            Choose([2, 3]), Choose([1, 1]), Choose([3, 17]), Choose([2, 17, 257]), Choose([257]), Choose([512, 50257], bench: true))
        { Definition = typeof(Pick), Kernels = ["pick_forward", "pick_backward"], Tolerance = Tolerance.Exact },

        new("cross_entropy", "the mean over counted rows of −Σ q · ln softmax(logits)",
            Classify([2, 3]), Classify([1, 1]), Classify([17, 257]), Classify([3, 17], smoothing: 0.1f), Classify([2, 5, 3], ignore: 1), Classify([2, 5, 17], ignore: 3, smoothing: 0.2f),
            Classify([1024, 8192], bench: true))
        { Definition = typeof(CrossEntropy), Kernels = ["cross_entropy_forward", "cross_entropy_backward", "sum_rows"], Tolerance = new(2e-6, 2e-6, "logits are subtracted from a sum of exponentials") },

        new("kl_div", "y = Σ p · (ln p − ln q) over the last axis, from ln p and ln q",
            Sizes(s => new([new(s, OpValues.LogProbability), new(s, OpValues.LogProbability)], t => t[0].KlDiv(t[1])) { Reference = r => KlDiv(r[0], r[1]) }, new(31, 22)))
        { Definition = typeof(KlDiv), Kernels = ["kl_div_forward", "kl_div_backward"], AcceptsAnyNumber = false },

        Move<Reshape>("reshape", "the same elements in row-major order under another shape", ["copy_strided", "copy_strided_2", "copy_strided_1"],
            new([new([3, 4])], t => t[0].Reshape([2, 6])) { Reference = r => r[0] with { Shape = [2, 6] } },
            new([new([2, 17, 6])], t => t[0].Reshape([2, 17, 2, 3])) { Label = "split heads", Reference = r => r[0] with { Shape = [2, 17, 2, 3] } },
            new([new([257])], t => t[0].Reshape([1, 257])) { Reference = r => r[0] with { Shape = [1, 257] } }),
        Move<Permute>("permute", "axes in another order", ["copy_strided"],
            new([new([3, 17])], t => t[0].Transpose()) { Reference = r => OpReferences.Permute(r[0], [1, 0]) },
            new([new([2, 3, 5, 7])], t => t[0].Permute(0, 2, 1, 3)) { Label = "merge heads", Reference = r => OpReferences.Permute(r[0], [0, 2, 1, 3]) },
            new([new([2, 3, 5])], t => t[0].Permute(2, 0, 1)) { Label = "cycle", Reference = r => OpReferences.Permute(r[0], [2, 0, 1]) }),
        Move<Slice>("slice", "a range of one axis", ["copy_strided", "fill"],
            new([new([17, 3])], t => t[0].Slice(0, 4, 5)) { Reference = r => OpReferences.Slice(r[0], 0, 4, 5) },
            new([new([3, 257])], t => t[0].Slice(-1, 1, 255)) { Reference = r => OpReferences.Slice(r[0], 1, 1, 255) },
            new([new([2, 3, 5])], t => t[0].Select(1, 2)) { Label = "select", Reference = r => OpReferences.Slice(r[0], 1, 2, 1) with { Shape = [2, 5] } }),
        Move<Concat>("concat", "tensors one after the other along an axis", ["copy_strided"],
            new([new([2, 3]), new([1, 3])], t => TensorOps.Concat(0, t)) { Reference = r => OpReferences.Concat(0, r) },
            new([new([2, 3, 5]), new([2, 1, 5]), new([2, 17, 5])], t => TensorOps.Concat(1, t)) { Reference = r => OpReferences.Concat(1, r) },
            new([new([3, 17]), new([3, 257])], t => TensorOps.Concat(-1, t)) { Reference = r => OpReferences.Concat(1, r) }),
        Move<Expand>("expand", "axes of length 1 repeated", ["sum_columns", "sum_rows"],
            new([new([1, 3])], t => t[0].Expand([5, 3])) { Reference = r => r[0].Zip(new([5, 3]), (a, _) => a) },
            new([new([17, 1])], t => t[0].Expand([2, 17, 3])) { Reference = r => r[0].Zip(new([2, 17, 3]), (a, _) => a) })
            with { Tolerance = new(1e-6, 1e-6, "the gradient is a sum over the repeats") },
    ];

    /// <summary>The row of an op.</summary>
    /// <exception cref="VitrineException">There is no op of that name; the message lists those that exist.</exception>
    public static OpRow Get(string name) => All.FirstOrDefault(row => row.Name == name)
        ?? throw new VitrineException($"op: no such op; got '{name}'; expected one of {string.Join(", ", All.Select(row => row.Name))}.");

    /// <summary>The usual sizes: tiny, odd (1, 3, 17, 257), one for several threads and one beyond the second-level cache.</summary>
    private static OpCase[] Sizes(Func<Shape, OpCase> make, OpCost cost)
    {
        Shape[] shapes = [[2, 3], [1], [3], [17], [257], [3, 17], [17, 257], [3, 5, 7], [67, 1031], [2048, 3072]];
        return [.. shapes.Select((shape, i) => Counted(make(shape) with { IsBenchmark = i == shapes.Length - 1 }, cost * shape.Elements, shape))];
    }

    /// <summary>Fills in what a call costs: every input read once, the output written once, 4 bytes each, 2 in half precision.</summary>
    private static OpCase Counted(OpCase call, OpCost cost, Shape output) =>
        call with { Cost = cost, Bytes = call.Inputs.Sum(input => (input.Values == OpValues.Half ? 2.0 : 4.0) * input.Shape.Elements) + (4.0 * output.Elements) };

    private static OpRow Pointwise<TOp>(string name, string formula, Func<Tensor, Tensor> apply, Func<double, double> reference, OpCost cost, OpValues values = OpValues.Normal, OpCost backward = default) where TOp : Op =>
        new(name, formula, Sizes(s => new([new(s, values)], t => apply(t[0])) { Reference = r => r[0].Map(reference), BackwardCost = backward * s.Elements }, cost))
        {
            Definition = typeof(TOp),
            Kernels = [name + "_forward", name + "_backward"],
            AcceptsAnyNumber = values == OpValues.Normal && name != "exp",
        };

    private static OpRow Arithmetic<TOp>(string name, string formula, Func<Tensor, Tensor, Tensor> apply, Func<double, double, double> reference, OpValues divisor = OpValues.Normal) where TOp : Op
    {
        OpCase Call(Shape a, Shape b) => new([new(a), new(b, divisor)], t => apply(t[0], t[1])) { Reference = r => r[0].Zip(r[1], reference) };
        return new(name, formula,
            [.. Sizes(s => Call(s, s), 1), Call([3, 17], [17]), Call([17], [3, 17]), Call([3, 1], [1, 17]), Call([2, 3, 5], [2, 1, 1]), Call([257], []), Call([2, 1, 5, 1], [3, 1, 7])])
        { Definition = typeof(TOp), Kernels = [name + "_forward"], Tolerance = new(5e-6, 5e-6, "a broadcast operand's gradient is a sum") };
    }

    private static OpRow Reduction<TOp>(string name, string formula, string[] kernels, Func<Tensor, int[], Tensor> apply, Func<double[], double> reference) where TOp : Op
    {
        OpCase Call(Shape shape, params int[] axes) => new([new(shape)], t => apply(t[0], axes))
        {
            Label = $"axes {string.Join(", ", axes)}",
            Reference = r => r[0].Reduce(axes, reference),
        };
        return new(name, formula,
            Call([2, 3], 0), Call([2, 3], 1), Call([2, 3], 0, 1), Call([1], 0), Call([257], 0), Call([3, 17], 0), Call([17, 257], 1), Call([17, 257], 0),
            Call([3, 5, 7], 1), Call([3, 5, 7], 0, 2), Call([3, 5, 7], 0, 1), Call([2, 3, 5, 7], 1, 2), Call([67, 1031], 0), Call([67, 1031], 1),
            Counted(Call([2048, 3072], 1) with { IsBenchmark = true }, 2048 * 3072, [2048, 1]),
            Counted(Call([2048, 3072], 0) with { IsBenchmark = true }, 2048 * 3072, [1, 3072]))
        { Definition = typeof(TOp), Kernels = kernels, Tolerance = new(2e-6, 5e-6, "a sum over thousands of elements") };
    }

    private static OpRow Move<TOp>(string name, string formula, string[] kernels, params OpCase[] cases) where TOp : Op =>
        new(name, formula, cases) { Definition = typeof(TOp), Kernels = kernels, Tolerance = Tolerance.Exact };

    private static OpCase Product(Shape a, Shape b, bool transposeA = false, bool transposeB = false, bool bias = false, bool half = false, bool bench = false)
    {
        int n = transposeB ? b[^2] : b[^1], m = transposeA ? a[^1] : a[^2], k = transposeA ? a[^2] : a[^1];
        Shape y = Shape.Broadcast(a[..^2], b[..^2], "mat_mul").Append(m).Append(n);
        OpInput weight = new(b, half ? OpValues.Half : OpValues.Normal);
        OpInput[] inputs = bias ? [new(a), weight, new([n])] : [new(a), weight];
        return Counted(new(inputs, t => t[0].MatMul(t[1], bias ? t[2] : null, transposeA, transposeB))
        {
            Label = string.Join(", ", new[] { transposeA ? "Aᵀ" : "", transposeB ? "Bᵀ" : "", bias ? "bias" : "", half ? "B float16" : "" }.Where(s => s.Length > 0)),
            IsBenchmark = bench,
            Reference = r => OpReferences.MatMul(r[0], r[1], bias ? r[2] : null, transposeA, transposeB),
        }, new(2.0 * y.Elements * k, (double)y.Elements * k), y);
    }

    private static OpCase Attend(Shape q, Shape k, bool causal, Shape? mask = null, bool bench = false)
    {
        float scale = 1 / MathF.Sqrt(q[^1]);
        OpInput[] inputs = mask is { } m ? [new(q), new(k), new(k), new(m, OpValues.Hiding)] : [new(q), new(k), new(k)];
        double pairs = (double)q[0] * q[1] * q[2] * (causal ? k[1] - ((q[1] - 1) / 2.0) : k[1]);
        return Counted(new(inputs, t => TensorOps.Attention(t[0], t[1], t[2], mask is null ? null : t[3], causal, scale))
        {
            Label = causal ? "causal" : "",
            IsBenchmark = bench,
            Reference = r => OpReferences.Attention(r[0], r[1], r[2], mask is null ? null : r[3], causal, scale),
        }, KernelCost.Attention(q[^1]) * pairs, q);
    }

    private static OpCase Look(Shape table, Shape ids, bool half = false, bool bench = false)
    {
        double moved = (double)ids.Elements * table[1..].Elements;
        return new([new(table, half ? OpValues.Half : OpValues.Normal), new(ids, OpValues.Index, table[0])], t => t[0].Gather(t[1]))
        {
            Label = half ? "table float16" : "",
            Bytes = 4 * (((half ? 1.5 : 2) * moved) + ids.Elements), // only the rows that are asked for
            IsBenchmark = bench,
            Reference = r => OpReferences.Gather(r[0], r[1]),
        };
    }

    private static OpCase Product8(Shape x, Shape w, bool transposeB = false, bool bias = false, bool bench = false)
    {
        (int k, int n) = transposeB ? (w[1], w[0]) : (w[0], w[1]);
        Shape y = x.With(x.Rank - 1, n);
        OpInput[] weights = [new(w, OpValues.Int8), new([w[0]], OpValues.RowScale)];
        return new([new(x), .. weights, .. bias ? [new([n])] : Array.Empty<OpInput>()], t => t[0].MatMul(new Int8Matrix(t[1], t[2]), bias ? t[3] : null, transposeB))
        {
            Label = string.Join(", ", new[] { transposeB ? "Wᵀ" : "", bias ? "bias" : "" }.Where(s => s.Length > 0)),
            IsBenchmark = bench,
            Cost = new(2.0 * y.Elements * k, (double)y.Elements * k),
            Bytes = (4.0 * (x.Elements + y.Elements + w[0])) + w.Elements,
            Reference = r => x.Rank == 1
                ? OpReferences.MatMul(r[0] with { Shape = x.Prepend(1) }, OpReferences.Dequantize(r[1], r[2]), bias ? r[3] : null, false, transposeB) with { Shape = y }
                : OpReferences.MatMul(r[0], OpReferences.Dequantize(r[1], r[2]), bias ? r[3] : null, false, transposeB),
        };
    }

    private static OpCase Look8(Shape table, Shape ids, bool bench = false)
    {
        double moved = (double)ids.Elements * table[1];
        return new([new(table, OpValues.Int8), new([table[0]], OpValues.RowScale), new(ids, OpValues.Index, table[0])], t => new Int8Matrix(t[0], t[1]).Gather(t[2]))
        {
            Bytes = (5 * moved) + (8.0 * ids.Elements),
            IsBenchmark = bench,
            Reference = r => OpReferences.Gather(OpReferences.Dequantize(r[0], r[1]), r[2]),
        };
    }

    private static OpCase Choose(Shape x, bool bench = false) =>
        new([new(x), new(x.Without(x.Rank - 1), OpValues.Index, x[^1])], t => t[0].Pick(t[1]))
        {
            Bytes = 4.0 * 3 * x.Rows(),
            IsBenchmark = bench,
            Reference = r => OpReferences.Pick(r[0], r[1]),
        };

    private static OpCase Classify(Shape logits, int ignore = -100, float smoothing = 0, bool bench = false) =>
        Counted(new([new(logits), new(logits.Without(logits.Rank - 1), OpValues.Index, logits[^1])], t => t[0].CrossEntropy(t[1], ignore, smoothing))
        {
            Label = $"{(ignore >= 0 ? $"ignore {ignore} " : "")}{(smoothing > 0 ? $"smoothing {smoothing}" : "")}".Trim(),
            IsBenchmark = bench,
            Reference = r => OpReferences.CrossEntropy(r[0], r[1], ignore, smoothing),
        }, new OpCost(28, 19) * logits.Elements, []);
}
