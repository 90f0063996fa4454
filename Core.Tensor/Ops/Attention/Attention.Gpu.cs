namespace Vitrine.Tensors;

/// <summary>Attention's backward on a GPU: three kernels with the row sums of P ∘ dP between them (<c>attention.kernel.c</c>).</summary>
internal static class AttentionGpu
{
    /// <summary>Widest head of the GPU kernels: a row of sums per work-item stays in registers.</summary>
    public const int WidestHead = 256;

    /// <summary>Tensors and scalars as in <see cref="AttentionCpu.Backward"/>; the seeds become more batches.</summary>
    public static void Backward(KernelCall call)
    {
        (int queries, int heads, int batch) = (call.Work.X, call.Work.Y, call.Work.Z);
        int keys = call.Scalars[0].Int, kvHeads = call.Scalars[1].Int, seeds = call.Scalars[^1].Int;
        Tensor?[] read = call.Tensors[..6]; // q, k, v, mask?, log-sum, dz
        (Tensor? dq, Tensor? dk, Tensor? dv) = (call.Tensors[6], call.Tensors[7], call.Tensors[8]);
        Scalar[] scalars = [.. call.Scalars[..^1], heads, batch, queries];
        Tensor? dot = dq is null && dk is null ? null : Tensor.Empty([seeds, batch, heads, queries], read[0]!.Device);
        var byQuery = new WorkSize(queries, heads, batch * seeds);
        if (dot is not null)
        {
            Op.Launch("attention_backward_dot", byQuery, [.. read, dot], scalars);
        }
        if (dq is not null)
        {
            Op.Launch("attention_backward_q", byQuery, [.. read, dot, dq], scalars);
        }
        if (dk is not null || dv is not null)
        {
            Op.Launch("attention_backward_kv", new WorkSize(keys, kvHeads, batch * seeds), [.. read, dot, dk, dv], scalars);
        }
    }
}
