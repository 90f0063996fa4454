namespace Vitrine.Tensors;

internal sealed partial class Int8MatMul
{
    public static OpRow Row { get; } = new("int8_mat_mul", "Y = X·W or X·Wᵀ + bias with W = q · scale per row, in 8 bits", () =>
    [
        Call([2, 3], [3, 4]), Call([1, 1], [1, 1], wT: true), Call([3], [5, 3], wT: true), Call([1, 257], [17, 257], wT: true, bias: true),
        Call([3, 17], [7, 17], wT: true, bias: true), Call([2, 3, 67], [33, 67], wT: true), Call([17, 257], [257, 3], bias: true),
        Call([2, 17, 130], [67, 130], wT: true, bias: true), Call([67, 33], [33, 131]), Call([1, 1031], [515, 1031], wT: true),
        Call([1, 4096], [4096, 4096], wT: true) with { IsBenchmark = true },
        Call([128, 768], [3072, 768], wT: true) with { IsBenchmark = true },
        Call([128, 768], [768, 3072]) with { IsBenchmark = true },
    ])
    {
        Definition = typeof(Int8MatMul),
        Kernels =
        [
            new("int8_mat_mul_forward", Int8MatMulCpu.Forward, MatMul.Tile with { Instead = MatMul.OneRow("int8_mat_mul_row") }),
            new("int8_mat_mul_row", null, MatMul.SingleRow),
        ],
        Tolerance = Tolerance.Products,
    };

    /// <summary>The matrix that 8-bit numbers and the scales of their rows stand for: q[i, j] · scale[i].</summary>
    internal static Array64 Dequantized(Array64 q, Array64 scale) => Array64.Fill(q.Shape, index => q.At(index) * scale.Values[index[0]]);

    private static OpCase Call(Shape x, Shape w, bool wT = false, bool bias = false)
    {
        (int k, int n) = wT ? (w[1], w[0]) : (w[0], w[1]);
        Shape y = x.With(x.Rank - 1, n), rows = x.Rank == 1 ? x.Prepend(1) : x;
        OpInput[] weights = [new(w, OpValues.Int8), new([w[0]], OpValues.RowScale)];
        OpInput[] inputs = [new(x), .. weights, .. bias ? [new([n])] : Array.Empty<OpInput>()];
        return new(inputs, t => t[0].MatMul(new Int8Matrix(t[1], t[2]), bias ? t[3] : null, wT))
        {
            Label = string.Join(", ", new[] { wT ? "Wᵀ" : "", bias ? "bias" : "" }.Where(s => s.Length > 0)),
            Cost = new(2.0 * y.Elements * k, (double)y.Elements * k),
            Bytes = (4.0 * (x.Elements + y.Elements + w[0])) + w.Elements,
            Reference = r => MatMul.Reference(r[0] with { Shape = rows }, Dequantized(r[1], r[2]), bias
                ? r[3] : null, false, wT) with
            { Shape = y },
        };
    }
}
