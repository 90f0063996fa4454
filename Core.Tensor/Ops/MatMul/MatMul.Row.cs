namespace Vitrine.Tensors;

internal sealed partial class MatMul
{
    public static OpRow Row { get; } = new("mat_mul", "Y = op(A)·op(B) + bias over the last two axes; leading axes broadcast", () =>
    [
        Call([2, 3], [3, 4]), Call([1, 1], [1, 1]), Call([17, 257], [257, 3]), Call([2, 3, 5, 17], [1, 3, 17, 7]),
        Call([4, 5, 17], [17, 7], bias: true), Call([3, 5], [7, 5], bT: true, bias: true), Call([17, 3], [17, 7], aT: true),
        Call([2, 17, 3], [2, 7, 17], aT: true, bT: true),
        Call([2, 3], [3, 4], half: true), Call([1, 67], [70, 67], bT: true, bias: true, half: true), Call([1, 67], [67, 70], half: true),
        Call([4, 5, 17], [17, 7], bias: true, half: true), Call([17, 130], [67, 130], bT: true, half: true),
        Call([2, 3, 5, 17], [1, 3, 17, 7], half: true), Call([3, 130], [130, 70], half: true),
        Call([1, 67], [67, 70], bias: true), Call([1, 67], [70, 67], bT: true), Call([2, 17, 1], [2, 17, 67], aT: true),
        Call([128, 768], [768, 3072]) with { IsBenchmark = true },
        Call([128, 768], [3072, 768], bT: true) with { IsBenchmark = true },
        Call([1, 4096], [4096, 4096], bT: true, half: true) with { IsBenchmark = true },
        Call([128, 768], [3072, 768], bT: true, half: true) with { IsBenchmark = true },
    ])
    {
        Definition = typeof(MatMul),
        Kernels =
        [
            new("mat_mul_forward", MatMulCpu.Forward, Tile with { Instead = OneRow("mat_mul_row"), OnTensorCores = "mat_mul_mma" }),
            new("mat_mul_row", null, SingleRow),
            new("mat_mul_mma", null, TensorCores),
            new("half_mat_mul_forward", MatMulCpu.Forward,
                Tile with { Instead = OneRow("half_mat_mul_row"), OnTensorCores = "half_mat_mul_mma" }),
            new("half_mat_mul_row", null, SingleRow),
            new("half_mat_mul_mma", null, TensorCores),
        ],
        Tolerance = Tolerance.Products,
    };

    /// <summary>How products are cut on GPUs: tiles of 64 by 64, a single row, or by what tensor cores take.</summary>
    internal static GpuKernel Tile => GpuKernel.Tiles("mat_mul", 64, 64);

    internal static GpuKernel SingleRow => GpuKernel.Tiles("mat_mul", 64, 1);

    private static GpuKernel TensorCores => new("mat_mul_mma", 128, 64, 64);

    /// <summary>Generation multiplies one row: a tile of 64 rows would waste 63.</summary>
    internal static Func<KernelCall, string?> OneRow(string kernel) => call => call.Work.Y == 1 ? kernel : null;

    /// <summary>op(A)·op(B) + bias in float64.</summary>
    internal static Array64 Reference(Array64 a, Array64 b, Array64? bias, bool transposeA, bool transposeB)
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

        static double At(Array64 x, int[] index, int row, int column) => x.At([.. index[..^2], row, column]);
    }

    private static OpCase Call(Shape a, Shape b, bool aT = false, bool bT = false, bool bias = false, bool half = false)
    {
        int n = bT ? b[^2] : b[^1], m = aT ? a[^1] : a[^2], k = aT ? a[^2] : a[^1];
        Shape y = Shape.Broadcast(a[..^2], b[..^2], "mat_mul").Append(m).Append(n);
        OpInput weight = new(b, half ? OpValues.Half : OpValues.Normal);
        OpInput[] inputs = bias ? [new(a), weight, new([n])] : [new(a), weight];
        string[] options = [aT ? "Aᵀ" : "", bT ? "Bᵀ" : "", bias ? "bias" : "", half ? "B float16" : ""];
        return new OpCase(inputs, t => t[0].MatMul(t[1], bias ? t[2] : null, aT, bT))
        {
            Label = string.Join(", ", options.Where(s => s.Length > 0)),
            Reference = r => Reference(r[0], r[1], bias ? r[2] : null, aT, bT),
        }.Counted(new(2.0 * y.Elements * k, (double)y.Elements * k), y);
    }
}
