using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// The gradient of a metric at the input of every head's query, key and value, of every feed-forward layer and of the logits, without a
/// copy of
/// the stream per head: ∂m/∂in = LN-backward(∂m/∂q · W_Qᵀ), and LN-backward is linear once its statistics are known.
/// </summary>
/// <remarks>One backward pass gives ∂m/∂q of all heads; then one product of [pos, d_head] and [d_head, d_model] a head, and the norm's own
/// backward with a seed per head.</remarks>
internal sealed class EdgeGradients
{
    private readonly ITransformer _model;
    private readonly EdgeGraph _graph;
    private readonly bool _gated, _hasSecondNorm;

    public EdgeGradients(ITransformer model, EdgeGraph graph)
    {
        (_model, _graph) = (model, graph);
        HashSet<string> names = [.. model.HookPoints.Select(p => p.Name)];
        _gated = names.Contains("blocks.0.mlp.hook_pre_linear");
        _hasSecondNorm = names.Contains("blocks.0.ln2.hook_normalized");
    }

    /// <summary>
    /// Runs under the open scopes and returns <c>[target, pos · d_model]</c>: the sum over rows of the metric, differentiated, divided by
    /// <paramref name="rows"/>.
    /// </summary>
    /// <param name="run">The input and the metric.</param>
    /// <param name="rows">What the sum is divided by.</param>
    /// <param name="replaced">The hook whose value the scopes replace: nothing flows through it.</param>
    public Tensor Of(MetricRun run, int rows, string replaced)
    {
        bool grouped = _graph.IsGrouped;
        List<string> hooks = [Last];
        for (int l = 0; l < _graph.Layers; l++)
        {
            hooks.AddRange([$"blocks.{l}.hook_resid_pre", $"blocks.{l}.ln1.hook_normalized", $"blocks.{l}.attn.hook_q",
                $"blocks.{l}.attn.hook_k", $"blocks.{l}.attn.hook_v", $"blocks.{l}.mlp.hook_pre"]);
            hooks.AddRange(_hasSecondNorm ? [$"blocks.{l}.ln2.hook_normalized", $"blocks.{l}.{Second}"] : []);
            hooks.AddRange(_gated ? [$"blocks.{l}.mlp.hook_pre_linear"] : []);
            hooks.AddRange(grouped
                ? [$"blocks.{l}.attn.hook_attn_scores", $"blocks.{l}.attn.hook_pattern", $"blocks.{l}.attn.hook_z"] : []);
        }
        string[] distinct = [.. hooks.Distinct()];
        using ActivationCache cache = _model.Cache(distinct);
        using var tape = new Tape();
        Tensor value = run.Value(whole: false);
        Gradients gradients = tape.Gradient(value,
            [.. distinct.Where(h => !h.EndsWith("hook_resid_pre", StringComparison.Ordinal) || h == Last).Select(h => cache[h])]);
        using Recorder.Pause pause = Recorder.Suspend();
        Tensor Grad(string hook) => gradients[cache[hook]];
        int t = cache["blocks.0.hook_resid_pre"].Shape[1];
        List<Tensor> targets = [];
        for (int l = 0; l < _graph.Layers; l++)
        {
            string b = $"blocks.{l}.";
            Tensor dk = Grad(b + "attn.hook_k"), dv = Grad(b + "attn.hook_v");
            if (grouped)
            {
                dk = PerHeadKeys(tape, cache, Grad(b + "attn.hook_attn_scores"), b);
                dv = (replaced == b + "attn.hook_z" ? dk.Scale(0) : PerHeadValues(cache[b + "attn.hook_pattern"], Grad(b + "attn.hook_z")));
            }
            // [3 head, rows, pos, d_model]
            Tensor seeds = TensorOps.Concat(0, Back(Grad(b + "attn.hook_q"), b + "attn.W_Q"), Back(dk, b + "attn.W_K"),
                Back(dv, b + "attn.W_V"));
            targets.Add(Through(tape, cache, b + "ln1", b + "hook_resid_pre", seeds, rows, t, run));
            Tensor dMlp = Product(Grad(b + "mlp.hook_pre"), b + (_gated ? "mlp.W_gate" : "mlp.W_in"));
            dMlp = _gated ? dMlp + Product(Grad(b + "mlp.hook_pre_linear"), b + "mlp.W_in") : dMlp;
            dMlp = dMlp.Reshape(dMlp.Shape.Prepend(1));
            targets.Add(Through(tape, cache, b + (_hasSecondNorm ? "ln2" : "ln1"), b + (_hasSecondNorm ? Second : "hook_resid_pre"), dMlp,
                rows, t, run));
        }
        Tensor last = Grad(Last);
        targets.Add(Placed(last.Reshape(last.Shape.Prepend(1)), rows, t, run));
        return TensorOps.Concat(0, [.. targets]);
    }

    private string Last => $"blocks.{_graph.Layers - 1}.hook_resid_post";

    // What the second norm reads.
    private string Second => _graph.IsParallel ? "hook_resid_pre" : "hook_resid_mid";

    // From ∂m/∂q [rows, pos, head, d_head] to the norm's output, a seed per head: [head, rows, pos, d_model].
    private Tensor Back(Tensor gradient, string weight)
    {
        (int rows, int t, int heads, int dHead) = (gradient.Shape[0], gradient.Shape[1], gradient.Shape[2], gradient.Shape[3]);
        // [d_model, kv_head · d_head]
        Tensor w = InsideWeights.Get(_model, weight);
        int kvHeads = w.Shape[1] / dHead, group = heads / kvHeads;
        w = w.Reshape([_graph.DModel, kvHeads, 1, dHead]).Expand([_graph.DModel, kvHeads, group, dHead])
            .Reshape([_graph.DModel, heads, dHead]).Permute(1, 0, 2);
        return gradient.Permute(2, 0, 1, 3).Reshape([heads, rows * t, dHead]).MatMul(w, transposeB: true)
            .Reshape([heads, rows, t, _graph.DModel]);
    }

    private Tensor Product(Tensor gradient, string weight) => gradient.MatMul(InsideWeights.Get(_model, weight), transposeB: true);

    // Seeds at a norm's output, through the norm's own backward, to what it read; mean over rows. [seed, pos · d_model]
    private Tensor Through(Tape tape, ActivationCache cache, string norm, string input, Tensor seeds, int rows, int t, MetricRun run)
    {
        Tensor y = cache[norm + ".hook_normalized"], x = cache[input];
        if (!InsideWeights.IsLayerNorm(_model, norm))
        {
            seeds *= InsideWeights.Get(_model, norm + ".w"); // RMSNorm's hook lies before its weight
        }
        return Placed(tape.Gradient(y, new Seeds(seeds), x)[x], rows, t, run);
    }

    // [seed, rows, pos, d] → [seed, all pos · d], divided by the number of rows; a single position is the answer's.
    private static Tensor Placed(Tensor gradient, int rows, int t, MetricRun run)
    {
        (int seeds, int positions, int d) = (gradient.Shape[0], gradient.Shape[2], gradient.Shape[3]);
        Tensor sum = gradient.Sum([1]).Scale(1f / rows);
        if (positions == t)
        {
            return sum.Reshape([seeds, t * d]);
        }
        float[] values = sum.ToArray(), all = new float[seeds * t * d];
        for (int s = 0; s < seeds; s++)
        {
            values.AsSpan(s * d, d).CopyTo(all.AsSpan(((s * t) + run.At - run.Start) * d));
        }
        return Tensor.From(all, [seeds, t * d]);
    }

    // Grouped keys: every query head's own share of ∂m/∂k, [rows, pos, head, d_head]. The scores are linear in the keys, so a seed per head
    // does it.
    private static Tensor PerHeadKeys(Tape tape, ActivationCache cache, Tensor dScores, string block)
    {
        (int rows, int heads, int queries, int keys) = (dScores.Shape[0], dScores.Shape[1], dScores.Shape[2], dScores.Shape[3]);
        float[] values = dScores.ToArray(), seeds = new float[heads * values.Length];
        int one = queries * keys;
        for (int h = 0; h < heads; h++)
        {
            for (int r = 0; r < rows; r++)
            {
                values.AsSpan(((r * heads) + h) * one, one).CopyTo(seeds.AsSpan((((h * rows) + r) * heads * one) + (h * one)));
            }
        }
        Tensor k = cache[block + "attn.hook_k"];
        // [seed head, rows, pos, kv_head, d_head]
        Tensor each = tape.Gradient(cache[block + "attn.hook_attn_scores"],
            new Seeds(Tensor.From(seeds, [heads, rows, heads, queries, keys])), k)[k];
        int group = heads / k.Shape[2];
        return TensorOps.Concat(2, [.. Enumerable.Range(0, heads).Select(h => each.Select(0, h).Slice(2, h / group, 1))]);
    }

    // Every query head's own share of ∂m/∂v: pattern^T · ∂m/∂z.
    private static Tensor PerHeadValues(Tensor pattern, Tensor dz)
    {
        (int queries, int keys) = (pattern.Shape[2], pattern.Shape[3]);
        // keys of the cache are constants
        return pattern.Slice(3, keys - queries, queries).MatMul(dz.Permute(0, 2, 1, 3), transposeA: true).Permute(0, 2, 1, 3);
    }
}
