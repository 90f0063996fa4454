using System.Runtime.CompilerServices;

namespace Vitrine.Tensors;

/// <summary>Y = op(A)·op(B) [+ bias], where op may transpose the last two axes.</summary>
/// <remarks>
/// A is <c>[…, m, k]</c> (or <c>[…, k, m]</c> when transposed), B <c>[…, k, n]</c> (or <c>[…, n, k]</c>), Y <c>[…, m, n]</c>, bias
/// <c>[n]</c>. Leading axes broadcast. When B is a plain matrix (a weight), all leading axes of A are one long row axis: one product.
/// Gradients: dA = dY·Bᵀ, dB = Aᵀ·dY, dbias = Σ rows of dY. B may be a weight stored as float16; then it has no gradient, and A stands as
/// it is.
/// </remarks>
internal sealed partial class MatMul(bool transposeA, bool transposeB) : Op
{
    // Where the matrices of a single product begin: on every device once, instead of an upload per product.
    private static readonly ConditionalWeakTable<Device, Tensor> s_origins = [];

    public override string Name => "mat_mul";

    public override Tensor Forward(Saved saved)
    {
        Tensor[] inputs = saved.Inputs;
        (Tensor a, Tensor b, Tensor? bias) = (inputs[0], inputs[1], inputs.Length > 2 ? inputs[2] : null);
        if (transposeA && b.DType == DType.Float16)
        {
            throw new ShapeException(
                $"mat_mul: A is transposed together with a float16 B; got {a.Shape}ᵀ x {b.Shape}; expected A as it is. "
                + $"Widen B (HalfPrecision.Widen).");
        }
        Tensor y = Product(a, transposeA, b, transposeB, bias);
        // dA needs B and dB needs A: keep only what may be asked for.
        Tensor nothing = b;
        saved.Keep(saved.Tracks(1) ? a : nothing, saved.Tracks(0) ? b : nothing);
        return y;
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        (Tensor a, Tensor b) = (saved[0], saved[1]);
        Tensor? da = null, db = null, dbias = null;
        if (needs[0])
        {
            da = transposeA
                ? Product(b, transposeB, dy, true)                    // Aᵀ·B: dA = B·dYᵀ
                : Product(dy, false, b, !transposeB, skipZeroRows: true);
            da = Broadcasting.SumTo(da, saved.InputShapes[0]);
        }
        if (needs[1])
        {
            HalfPrecision.RefuseGradient(Name, b);
            if (saved.InputShapes[1].Rank == 2 && !transposeA && a.Shape.Rank != 2)
            {
                // A weight shared by all leading axes: fold them into the rows, so that the sum over them is part of the product.
                a = a.Reshape([a.Shape.Rows(), a.Shape[^1]]);
                dy = dy.Reshape([dy.Shape[0], a.Shape[0], dy.Shape[^1]]);
            }
            db = transposeB
                ? Product(dy, true, a, transposeA)
                : Product(a, !transposeA, dy, false);
            db = Broadcasting.SumTo(db, saved.InputShapes[1]);
        }
        if (saved.InputShapes.Length > 2 && needs[2])
        {
            dbias = Broadcasting.SumTo(dy, saved.InputShapes[2]);
        }
        return saved.InputShapes.Length > 2 ? [da, db, dbias] : [da, db];
    }

    /// <summary>The product itself, without recording.</summary>
    private static Tensor Product(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor? bias = null, bool skipZeroRows = false)
    {
        Check.Rank("mat_mul", a, 2);
        Check.Rank("mat_mul", b, 2);
        bool half = b.DType == DType.Float16;
        Check.Type("mat_mul", a, DType.Float32);
        if (!half)
        {
            Check.Type("mat_mul", b, DType.Float32);
        }
        (int m, int k) = transposeA ? (a.Shape[^1], a.Shape[^2]) : (a.Shape[^2], a.Shape[^1]);
        (int inner, int n) = transposeB ? (b.Shape[^1], b.Shape[^2]) : (b.Shape[^2], b.Shape[^1]);
        if (inner != k)
        {
            string hint = k == n ? " Did you mean B transposed?" : "";
            throw new ShapeException($"mat_mul: inner axes differ; "
                + $"got {a.Shape}{(transposeA ? "ᵀ" : "")} x {b.Shape}{(transposeB ? "ᵀ" : "")}; expected the last axis of A to equal the "
                + $"first of B.{hint}");
        }
        if (bias is not null)
        {
            Check.Shape("mat_mul", "bias", bias, [n]);
            bias = Layout.Contiguous(bias);
        }
        Shape leading = Shape.Broadcast(a.Shape[..^2], b.Shape[..^2], "mat_mul");
        Tensor y = Tensor.Empty(Shape.Create([.. leading.Axes, m, n]), a.Device);
        bool oneProduct = b.Shape.Rank == 2 && !transposeA;
        if (oneProduct)
        {
            a = a.Shape.Rank == 2 ? a : Layout.Contiguous(a);
            (m, a) = (a.Shape.Rows(), a.Shape.Rank == 2 ? a : a.View([a.Shape.Rows(), k], [k, 1]));
        }
        Matrix left = Matrix.Of(a, transposeA), right = Matrix.Of(b, transposeB);
        int batch = oneProduct ? 1 : leading.Elements;
        Tensor offsets = batch == 1
            ? s_origins.GetValue(a.Device, device => Tensor.From([0, 0], [2, 1], device))
            : Tensor.From([.. Offsets(left.Tensor, leading), .. Offsets(right.Tensor, leading)], [2, batch], a.Device);
        Launch(half ? "half_mat_mul_forward" : "mat_mul_forward", new WorkSize(n, m, batch),
            [left.Tensor, right.Tensor, y, bias, offsets],
            k, left.Transposed, left.Stride, right.Transposed, right.Stride, skipZeroRows);
        return y;
    }

    /// <summary>Where each matrix of the batch begins, in elements from the first: the leading axes may be strided or repeated.</summary>
    private static int[] Offsets(Tensor x, Shape leading)
    {
        int[] strides = new int[leading.Rank];
        int shift = leading.Rank - (x.Shape.Rank - 2);
        for (int i = shift; i < leading.Rank; i++)
        {
            strides[i] = x.Shape[i - shift] == 1 ? 0 : x.Strides[i - shift];
        }
        int[] offsets = new int[leading.Elements];
        for (int batch = 0; batch < offsets.Length; batch++)
        {
            for (int axis = leading.Rank - 1, left = batch; axis >= 0; axis--)
            {
                offsets[batch] += left % leading[axis] * strides[axis];
                left /= leading[axis];
            }
        }
        return offsets;
    }

    /// <summary>
    /// A view whose last two axes are a matrix the kernel can walk: rows (or columns, then it counts as transposed) without gaps.
    /// </summary>
    private readonly record struct Matrix(Tensor Tensor, bool Transposed, int Stride)
    {
        public static Matrix Of(Tensor x, bool transposed)
        {
            (int rows, int columns) = (x.Shape[^2], x.Shape[^1]);
            (int rowStride, int columnStride) = (x.Strides[^2], x.Strides[^1]);
            if (columns <= 1 || columnStride == 1)
            {
                if (rows <= 1 || rowStride >= columns)
                {
                    return new(x, transposed, rows <= 1 ? Math.Max(1, columns) : rowStride);
                }
            }
            else if ((rows <= 1 || rowStride == 1) && columnStride >= rows)
            {
                return new(x, !transposed, columnStride);
            }
            return new(Layout.Copy(x), transposed, Math.Max(1, columns));
        }
    }
}

public static partial class TensorOps
{
    /// <summary>y = op(A)·op(B) [+ bias] over the last two axes; leading axes broadcast.</summary>
    /// <param name="a"><c>[…, m, k]</c>, or <c>[…, k, m]</c> when <paramref name="transposeA"/>.</param>
    /// <param name="b"><c>[…, k, n]</c>, or <c>[…, n, k]</c> when <paramref name="transposeB"/>.</param>
    /// <param name="bias"><c>[n]</c>, added to every row.</param>
    /// <param name="transposeA">Use Aᵀ.</param>
    /// <param name="transposeB">Use Bᵀ.</param>
    /// <returns><c>[…, m, n]</c></returns>
    /// <exception cref="ShapeException">The inner axes differ.</exception>
    public static Tensor MatMul(this Tensor a, Tensor b, Tensor? bias = null, bool transposeA = false, bool transposeB = false) =>
        bias is null ? Op.Apply(new MatMul(transposeA, transposeB), a, b) : Op.Apply(new MatMul(transposeA, transposeB), a, b, bias);
}
