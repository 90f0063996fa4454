using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// Runs in which one target alone reads another stream: the base run's plus a change, before the target's norm. Many changes of one target
/// are a batch.
/// </summary>
/// <remarks>
/// The model's own norm and weights do the work, whatever the family: the stream is repeated with the changes added, queries (keys, values)
/// of
/// the target's head are taken from the changed rows and all else from the first, and the changes are subtracted from the stream again.
/// </remarks>
internal sealed class EdgePatcher(ITransformer model, EdgeGraph graph, MetricRun run, long byteBudget, CancellationToken cancellation)
{
    /// <summary>The metric of each change.</summary>
    /// <param name="target">Index into the graph's targets.</param>
    /// <param name="changes"><c>[change, pos · d_model]</c>, of the positions that the run computes.</param>
    public double[] Metrics(int target, Tensor changes)
    {
        int positions = run.Positions - run.Start;
        long bytesEach = 40L * positions * graph.DModel * sizeof(float);
        int count = changes.Shape[0], atOnce = (int)Math.Clamp(byteBudget / Math.Max(1, bytesEach), 1, 128);
        List<double> all = [];
        for (int first = 0; first < count; first += atOnce)
        {
            cancellation.ThrowIfCancellationRequested();
            int n = Math.Min(atOnce, count - first);
            Tensor chunk = changes.Slice(0, first, n).Reshape([n, positions, graph.DModel]);
            all.AddRange(Rows(target, chunk).Select(v => (double)v));
        }
        return [.. all];
    }

    private float[] Rows(int target, Tensor changes)
    {
        (int layer, char kind, int head) = graph.Place(target);
        int n = changes.Shape[0];
        string block = $"blocks.{layer}.";
        switch (kind)
        {
            case 'l':
                {
                    using HookScope add = model.Branch($"blocks.{graph.Layers - 1}.hook_resid_post", (_, x) => x + changes);
                    return run.Value().ToArray();
                }
            case 'm' when !graph.IsParallel:
                {
                    // Rows with the change go through the norm and the layer; then the change leaves the stream again.
                    using HookScope add = model.Branch(block + "hook_resid_mid", (_, x) => x + changes);
                    using HookScope subtract = model.Branch(block + "hook_mlp_out", (_, x) => x - changes);
                    return run.Value().ToArray();
                }
            default:
                {
                    using HookScope add = model.Branch(block + "hook_resid_pre", (_, x) => TensorOps.Concat(0, x, x + changes));
                    using HookScope q = model.Branch(block + "attn.hook_q", (_, x) => kind == 'q' ? WithHead(x, head, n)
                        : x.Slice(0, 0, 1));
                    using HookScope k = model.Branch(block + "attn.hook_k", (_, x) => kind == 'k' ? WithHead(Ungrouped(x), head, n)
                        : Own(x, kind));
                    using HookScope v = model.Branch(block + "attn.hook_v", (_, x) => kind == 'v' ? WithHead(Ungrouped(x), head, n)
                        : Own(x, kind));
                    using HookScope rows = model.Branch(block + "hook_attn_out", (_, x) =>
                        TensorOps.Concat(0, x.Slice(0, 0, 1), x - changes));
                    using HookScope drop = model.Branch(block + (graph.IsParallel ? "hook_resid_post" : "hook_resid_mid"), (_, x) =>
                        x.Slice(0, 1, n));
                    using HookScope? mlp = graph.IsParallel
                        ? model.Branch(block + "hook_mlp_out", (_, x) => kind == 'm' ? x : x.Slice(0, 0, 1))
                        : null;
                    return run.Value().ToArray();
                }
        }
    }

    // Row 0's heads with one head of rows 1…n put in their place: [n, pos, head, d_head].
    private static Tensor WithHead(Tensor x, int head, int n)
    {
        Tensor own = x.Slice(0, 0, 1), theirs = x.Slice(0, 1, n).Slice(2, head, 1);
        own = own.Expand(own.Shape.With(0, n));
        List<Tensor> parts = head > 0 ? [own.Slice(2, 0, head)] : [];
        parts.Add(theirs);
        if (head + 1 < x.Shape[2])
        {
            parts.Add(own.Slice(2, head + 1, x.Shape[2] - head - 1));
        }
        return TensorOps.Concat(2, [.. parts]);
    }

    // Row 0, with as many heads as the other of keys and values.
    private Tensor Own(Tensor x, char kind) => kind is 'k' or 'v' ? Ungrouped(x.Slice(0, 0, 1)) : x.Slice(0, 0, 1);

    // A key head for each query head.
    private Tensor Ungrouped(Tensor x)
    {
        int group = graph.Heads / x.Shape[2];
        return group == 1 ? x : x.Reshape([x.Shape[0], x.Shape[1], x.Shape[2], 1, x.Shape[3]])
            .Expand([x.Shape[0], x.Shape[1], x.Shape[2], group, x.Shape[3]]).Reshape([x.Shape[0], x.Shape[1], graph.Heads, x.Shape[3]]);
    }
}
