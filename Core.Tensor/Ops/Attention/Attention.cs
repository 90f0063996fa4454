namespace Vitrine.Tensors;

/// <summary>z = softmax(scale · q·kᵀ + mask)·v per head, without ever storing the whole attention pattern.</summary>
/// <remarks>
/// q <c>[batch, query, head, d_head]</c>, k and v <c>[batch, key, kv_head, d_head]</c> where kv_head divides head (grouped queries:
/// head h reads kv_head h·kv_heads/heads), mask additive, broadcast to <c>[batch, head, query, key]</c>; z has q's shape.
/// Causal: query i sees keys up to i + (keys − queries), so a cached prefix needs no mask. A query from which every key is hidden
/// (−∞) gets z = 0.
/// Saved are only q, k, v and one number per query, the log of its softmax denominator; backward recomputes the pattern block by
/// block, once for all seeds. Source: Vaswani et al. 2017, eq. 1; the recomputation is Dao et al. 2022, algorithm 4.
/// </remarks>
internal sealed partial class Attention(bool causal, float scale) : Op
{
    public override string Name => "attention";

    public override Tensor Forward(Saved saved)
    {
        (Tensor q, Tensor k, Tensor v) = (Rows(saved.Inputs[0]), Rows(saved.Inputs[1]), Rows(saved.Inputs[2]));
        Tensor? mask = saved.Inputs.Length > 3 ? saved.Inputs[3] : null;
        Validate(q, k, v);
        (int batch, int queries, int heads) = (q.Shape[0], q.Shape[1], q.Shape[2]);
        Tensor z = Tensor.Empty(q.Shape, q.Device), logSum = Tensor.Empty([batch, heads, queries], q.Device);
        Launch("attention_forward", new WorkSize(queries, heads, batch), [q, k, v, mask, z, logSum], Scalars(q, k, v, mask));
        saved.Keep(mask is null ? [q, k, v, logSum] : [q, k, v, logSum, mask]);
        return z;
    }

    public override Tensor?[] Backward(Saved saved, Tensor dz, Needs needs)
    {
        (Tensor q, Tensor k, Tensor v, Tensor logSum) = (saved[0], saved[1], saved[2], saved[3]);
        bool masked = saved.InputShapes.Length > 3;
        if (masked && needs[3])
        {
            throw new NoGradientException(Name, "its mask is a constant; "
                + "run the plain path (scores, softmax, matmul) to differentiate a bias on the scores");
        }
        Tensor? mask = masked ? saved[4] : null;
        int seeds = dz.Shape[0];
        dz = Layout.Contiguous(dz);
        Tensor? dq = needs[0] ? Tensor.Empty(q.Shape.Prepend(seeds), q.Device) : null;
        Tensor? dk = needs[1] ? Layout.Zeros(k.Shape.Prepend(seeds), q.Device) : null; // summed over queries
        Tensor? dv = needs[2] ? Layout.Zeros(v.Shape.Prepend(seeds), q.Device) : null;
        Launch("attention_backward", new WorkSize(q.Shape[1], q.Shape[2], q.Shape[0]),
            [q, k, v, mask, logSum, dz, dq, dk, dv], [.. Scalars(q, k, v, mask), seeds]);
        return masked ? [dq, dk, dv, null] : [dq, dk, dv];
    }

    /// <summary>Kernels walk any strides as long as one head's vector lies in one piece.</summary>
    private static Tensor Rows(Tensor x) => x.Shape.Rank == 4 && x.Strides[3] == 1 ? x : Layout.Copy(x);

    private Scalar[] Scalars(Tensor q, Tensor k, Tensor v, Tensor? mask)
    {
        int[] m = mask is null ? [0, 0, 0, 0] : Broadcasting.Strides(mask, [q.Shape[0], q.Shape[2], q.Shape[1], k.Shape[1]]);
        return
        [
            k.Shape[1], k.Shape[2], q.Shape[3], causal, scale,
            q.Strides[0], q.Strides[1], q.Strides[2],
            k.Strides[0], k.Strides[1], k.Strides[2],
            v.Strides[0], v.Strides[1], v.Strides[2],
            m[0], m[1], m[2], m[3],
        ];
    }

    private void Validate(Tensor q, Tensor k, Tensor v)
    {
        bool fits = q.Shape.Rank == 4 && k.Shape == v.Shape && k.Shape.Rank == 4
            && k.Shape[0] == q.Shape[0] && k.Shape[3] == q.Shape[3] && k.Shape[2] > 0 && q.Shape[2] % k.Shape[2] == 0;
        if (!fits)
        {
            throw new ShapeException($"{Name}: shapes do not fit; "
                + $"got q {q.Shape}, k {k.Shape}, v {v.Shape}; expected q [batch, query, head, d_head] and k, v [batch, key, kv_head, "
                + $"d_head] with kv_head dividing head.");
        }
        if (causal && k.Shape[1] < q.Shape[1])
        {
            throw new ShapeException($"{Name}: fewer keys than queries; "
                + $"got {k.Shape[1]} and {q.Shape[1]}; expected every causal query to see its own key.");
        }
    }
}

public static partial class TensorOps
{
    /// <summary>z = softmax(scale · q·kᵀ + mask)·v per head; the pattern is never stored (Vaswani et al. 2017; Dao et al. 2022).</summary>
    /// <param name="q"><c>[batch, query, head, d_head]</c>; strided views are read in place.</param>
    /// <param name="k"><c>[batch, key, kv_head, d_head]</c>; kv_head divides head (grouped queries).</param>
    /// <param name="v">As <paramref name="k"/>.</param>
    /// <param name="mask">Added to the scores, broadcast to <c>[batch, head, query, key]</c>; −∞ hides. A constant: it has no
    /// gradient.</param>
    /// <param name="causal">Query i sees keys up to i + (keys − queries).</param>
    /// <param name="scale">Usually 1/√d_head.</param>
    /// <returns><c>[batch, query, head, d_head]</c>; 0 where every key is hidden.</returns>
    public static Tensor Attention(Tensor q, Tensor k, Tensor v, Tensor? mask, bool causal, float scale) =>
        mask is null ? Op.Apply(new Attention(causal, scale), q, k, v) : Op.Apply(new Attention(causal, scale), q, k, v, mask);
}
