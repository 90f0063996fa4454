namespace Vitrine.Tensors;

/// <summary>Y = X·W or X·Wᵀ [+ bias], with the weights W in 8 bits: <c>w[i, j] = q[i, j] · scale[i]</c>.</summary>
/// <remarks>
/// X is <c>[…, rows]</c>, or <c>[…, columns]</c> when transposed: then a row of W makes one output, and its scale stands before the sum.
/// W is never held in float32: a few rows of X take their products straight from the integers; many unpack W panel by panel. Gradient:
/// dX = dY·Wᵀ (or dY·W), dbias = Σ rows of dY; the weights have none.
/// </remarks>
internal sealed partial class Int8MatMul(bool transposeB) : Op
{
    public override string Name => "int8_mat_mul";

    public override Tensor Forward(Saved saved)
    {
        Tensor[] inputs = saved.Inputs;
        (Tensor x, Tensor q, Tensor scale, Tensor? bias) = (inputs[0], inputs[1], inputs[2], inputs.Length > 3 ? inputs[3] : null);
        Tensor y = Product(x, q, scale, bias, transposeB);
        saved.Keep(q, scale);
        return y;
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        if (needs[2])
        {
            throw new NoGradientException(Name, "its weights are rounded to 8 bits; load the model without quantising to train it");
        }
        Tensor? dx = needs[0] ? Product(dy, saved[0], saved[1], null, !transposeB, skipZeroRows: true) : null;
        return saved.InputShapes.Length == 3
            ? [dx, null, null]
            : [dx, null, null, needs[3] ? Broadcasting.SumTo(dy, saved.InputShapes[3]) : null];
    }

    private Tensor Product(Tensor x, Tensor q, Tensor scale, Tensor? bias, bool transposed, bool skipZeroRows = false)
    {
        Check.Rank(Name, x, 1);
        Check.Type(Name, x, DType.Float32);
        (int k, int n) = transposed ? (q.Shape[1], q.Shape[0]) : (q.Shape[0], q.Shape[1]);
        if (x.Shape[^1] != k)
        {
            string hint = x.Shape[^1] == n ? $" Did you mean W {(transposed ? "as it is" : "transposed")}?" : "";
            throw new ShapeException($"{Name}: inner axes differ; "
                + $"got {x.Shape} x {q.Shape}{(transposed ? "ᵀ" : "")}; expected the last axis of X to be {k}.{hint}");
        }
        if (bias is not null)
        {
            Check.Shape(Name, "bias", bias, [n]);
            bias = Layout.Contiguous(bias);
        }
        Tensor y = Tensor.Empty(x.Shape.With(x.Shape.Rank - 1, n), x.Device);
        int m = x.Shape.Rank == 1 ? 1 : x.Shape.Rows();
        Launch("int8_mat_mul_forward", new WorkSize(n, m), [Layout.Contiguous(x), q, scale, y, bias], k, transposed, skipZeroRows);
        return y;
    }
}

public static partial class TensorOps
{
    /// <summary>y = X·W [+ bias] with 8-bit weights, as they are or transposed. Gradients go to x and the bias.</summary>
    /// <param name="x"><c>[…, rows]</c>, or <c>[…, columns]</c> when <paramref name="transposeB"/>.</param>
    /// <param name="w"><c>[rows, columns]</c></param>
    /// <param name="bias">Added to every row of y.</param>
    /// <param name="transposeB">Use Wᵀ: a row of W makes one output.</param>
    /// <returns><c>[…, columns]</c>, or <c>[…, rows]</c>.</returns>
    /// <exception cref="ShapeException">The inner axes differ.</exception>
    public static Tensor MatMul(this Tensor x, Int8Matrix w, Tensor? bias = null, bool transposeB = false)
    {
        Tensor y = bias is null ? Op.Apply(new Int8MatMul(transposeB), x, w.Values, w.Scale) : Op.Apply(new Int8MatMul(transposeB), x,
            w.Values, w.Scale, bias);
        return w.Outliers is { } outliers ? y + outliers.Product(x, transposeB) : y;
    }
}
