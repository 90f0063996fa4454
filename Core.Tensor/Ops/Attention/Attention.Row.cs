namespace Vitrine.Tensors;

internal sealed partial class Attention
{
    public static OpRow Row { get; } = new("attention", "z = softmax(scale · q·kᵀ + mask)·v per head, without storing the pattern", () =>
    [
        Call([1, 3, 2, 4], [1, 3, 2, 4], causal: false), Call([2, 17, 2, 3], [2, 17, 1, 3], causal: true),
        Call([1, 1, 1, 1], [1, 17, 1, 1], causal: true),
        Call([2, 3, 4, 8], [2, 17, 2, 8], causal: true), Call([2, 3, 2, 5], [2, 17, 2, 5], causal: false, mask: [2, 1, 1, 17]),
        Call([1, 5, 2, 4], [1, 7, 2, 4], causal: true, mask: [2, 5, 7]),
        Call([1, 512, 12, 64], [1, 512, 12, 64], causal: true) with { IsBenchmark = true },
    ])
    {
        Definition = typeof(Attention),
        Kernels =
        [
            new("attention_forward", AttentionCpu.Forward, Queries with { Instead = AttentionParts.WideForward }),
            new("attention_forward_wide", null, Queries),
            new("attention_backward", AttentionCpu.Backward, GpuKernel.Of(AttentionParts.Backward)),
            new("attention_backward_dot", null, Queries),
            new("attention_backward_q", null, Queries),
            new("attention_backward_q_seeds", null, Queries),
            new("attention_backward_kv", null, Queries),
            new("attention_backward_kv_seeds", null, Queries),
        ],
        Tolerance = Tolerance.Products,
    };

    private static GpuKernel Queries => GpuKernel.Tiles("attention", 16, 1);

    private static Array64 Reference(Array64 q, Array64 k, Array64 v, Array64? mask, bool causal, double scale)
    {
        (int queries, int keys, int heads, int group) = (q.Shape[1], k.Shape[1], q.Shape[2], q.Shape[2] / k.Shape[2]);
        Array64 pattern = Softmax.Reference(Array64.Fill([q.Shape[0], heads, queries, keys], index =>
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

    private static OpCase Call(Shape q, Shape k, bool causal, Shape? mask = null)
    {
        float scale = 1 / MathF.Sqrt(q[^1]);
        OpInput[] inputs = mask is { } m ? [new(q), new(k), new(k), new(m, OpValues.Hiding)] : [new(q), new(k), new(k)];
        double pairs = (double)q[0] * q[1] * q[2] * (causal ? k[1] - ((q[1] - 1) / 2.0) : k[1]);
        return new OpCase(inputs, t => TensorOps.Attention(t[0], t[1], t[2], mask is null ? null : t[3], causal, scale))
        {
            Label = causal ? "causal" : "",
            Reference = r => Reference(r[0], r[1], r[2], mask is null ? null : r[3], causal, scale),
        }.Counted(KernelCost.Attention(q[^1]) * pairs, q);
    }
}
