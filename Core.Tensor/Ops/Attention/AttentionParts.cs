namespace Vitrine.Tensors;

/// <summary>Attention's backward on a GPU: three kernels with the row sums of P ∘ dP between them (<c>attention.kernel.c</c>).</summary>
internal static class AttentionParts
{
    private const int SumSeeds = 2, DotSeeds = 8; // SEEDS and DOT_SEEDS there: how many share a recomputed pattern
    private const int NarrowHead = 256;           // WIDE

    /// <summary>The forward kernel for wider heads, which the ordinary one cannot do.</summary>
    public static string? WideForward(KernelCall call) => call.Scalars[2].Int > NarrowHead ? "attention_forward_wide" : null;

    /// <summary>Tensors and scalars as in <see cref="AttentionCpu.Backward"/>.</summary>
    public static void Backward(KernelCall call)
    {
        (int queries, int heads, int batch) = (call.Work.X, call.Work.Y, call.Work.Z);
        int keys = call.Scalars[0].Int, kvHeads = call.Scalars[1].Int, seeds = call.Scalars[^1].Int;
        Tensor?[] read = call.Tensors[..6]; // q, k, v, mask?, log-sum, dz
        (Tensor? dq, Tensor? dk, Tensor? dv) = (call.Tensors[6], call.Tensors[7], call.Tensors[8]);
        Scalar[] scalars = [.. call.Scalars[..^1], heads, batch, queries, seeds];
        Tensor? dot = dq is null && dk is null ? null : Tensor.Empty([seeds, batch, heads, queries], read[0]!.Device);
        // One seed and narrow heads, the usual case, take kernels that need fewer registers.
        (string plural, int together) = seeds == 1 && call.Scalars[2].Int <= NarrowHead ? ("", 1) : ("_seeds", SumSeeds);
        if (dot is not null)
        {
            Op.Launch("attention_backward_dot", new WorkSize(queries, heads, batch * Groups(DotSeeds)), [.. read, dot], scalars);
        }
        if (dq is not null)
        {
            Op.Launch("attention_backward_q" + plural, new WorkSize(queries, heads, batch * Groups(together)), [.. read, dot, dq], scalars);
        }
        if (dk is not null || dv is not null)
        {
            Op.Launch("attention_backward_kv" + plural, new WorkSize(keys, kvHeads, batch * Groups(together)), [.. read, dot, dk, dv],
                scalars);
        }

        int Groups(int size) => (seeds + size - 1) / size;
    }
}
