using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// A run on the clean input in which every edge outside a circuit carries another output of its source: in_v += Σ_{u→v outside}
/// (out′_u − out_u of this very run). All edges inside: the clean run; none: the other run.
/// </summary>
internal sealed class CircuitRun
{
    private readonly ITransformer _model;
    private readonly EdgeGraph _graph;
    private readonly EdgeOutputs _outputs;
    private readonly MetricRun _run;
    private readonly Tensor _others;
    private readonly int _positions;

    /// <param name="model">The model.</param>
    /// <param name="graph">Its graph.</param>
    /// <param name="run">The clean input and the metric.</param>
    /// <param name="others">What edges outside carry, <c>[source, pos · d_model]</c>.</param>
    public CircuitRun(ITransformer model, EdgeGraph graph, MetricRun run, Tensor others)
    {
        (_model, _graph, _run, _others) = (model, graph, run, others);
        _outputs = new EdgeOutputs(model, graph);
        _positions = run.Positions - run.Start;
    }

    /// <summary>The metric of a circuit.</summary>
    /// <param name="inside">Whether an edge is in it, <c>[source, target]</c>.</param>
    public double Metric(bool[] inside)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        List<Tensor> gaps = [];       // out′ − out of every source so far, [n, pos · d_model]
        int known = 0;
        void Learn(Tensor output)
        {
            Tensor rows = output.Reshape([output.Shape.Elements / (_positions * _graph.DModel), _positions * _graph.DModel]);
            gaps.Add(_others.Slice(0, known, rows.Shape[0]) - rows);
            known += rows.Shape[0];
        }
        // Σ of the gaps that flow into some targets, [target, pos, d_model]; null when none does.
        Tensor? Into(params int[] targets)
        {
            int before = _graph.Before(targets[0]);
            float[] outside = new float[targets.Length * before];
            for (int i = 0; i < targets.Length; i++)
            {
                for (int s = 0; s < before; s++)
                {
                    outside[(i * before) + s] = inside[(s * _graph.Targets.Count) + targets[i]] ? 0 : 1;
                }
            }
            return Array.TrueForAll(outside, v => v == 0) ? null
                : Tensor.From(outside, [targets.Length, before]).MatMul(TensorOps.Concat(0, [.. gaps]).Slice(0, 0, before))
                    .Reshape([targets.Length, _positions, _graph.DModel]);
        }
        List<HookScope> scopes = [_model.Branch(_graph.Input, (_, x) =>
        {
            Learn(x);
            return x;
        })];
        for (int l = 0; l < _graph.Layers; l++)
        {
            Block(l, Into, Learn, scopes);
        }
        try
        {
            return _run.Value().ToArray()[0];
        }
        finally
        {
            foreach (HookScope scope in scopes)
            {
                scope.Dispose();
            }
        }
    }

    private void Block(int l, Func<int[], Tensor?> into, Action<Tensor> learn, List<HookScope> scopes)
    {
        string b = $"blocks.{l}.";
        int heads = _graph.Heads;
        int mlp = _graph.TargetOf(l, 'm', 0);
        int[] targets = [.. Enumerable.Range(0, 3 * heads).Select(i => _graph.TargetOf(l, "qkv"[i / heads], i % heads)),
            .. _graph.IsParallel ? new[] { mlp } : []];
        bool split = false, splitMlp = false;
        scopes.Add(_model.Branch(b + "hook_resid_pre", (_, x) =>
        {
            Tensor? change = into(targets);
            split = change is not null;
            return change is null ? x : TensorOps.Concat(0, x, x + change);
        }));
        for (int i = 0; i < 3; i++)
        {
            int first = 1 + (i * heads);
            scopes.Add(_model.Branch(b + "attn.hook_" + "qkv"[i], (_, x) => split ? Diagonal(x, first) : x));
        }
        scopes.Add(_model.Branch(b + "attn.hook_z", (_, z) =>
        {
            learn(_outputs.HeadOutputs(l, z));
            return z;
        }));
        if (!_graph.IsParallel)
        {
            scopes.Add(_model.Branch(b + "hook_resid_mid", (_, x) =>
            {
                x = x.Slice(0, 0, 1);
                Tensor? change = into([mlp]);
                splitMlp = change is not null;
                return change is null ? x : TensorOps.Concat(0, x, x + change);
            }));
        }
        scopes.Add(_model.Branch(b + "hook_mlp_out", (_, x) =>
        {
            x = x.Slice(0, _graph.IsParallel ? split ? (3 * heads) + 1 : 0 : splitMlp ? 1 : 0, 1);
            learn(x);
            return x;
        }));
        scopes.Add(_model.Branch(b + "hook_resid_post", (_, x) =>
        {
            x = x.Slice(0, 0, 1);
            return l == _graph.Layers - 1 && into([_graph.Targets.Count - 1]) is { } change ? x + change : x;
        }));
    }

    // Head h of row first + h; a key head for each query head.
    private Tensor Diagonal(Tensor x, int first)
    {
        int group = _graph.Heads / x.Shape[2];
        return TensorOps.Concat(2, [.. Enumerable.Range(0, _graph.Heads).Select(h => x.Slice(0, first + h, 1).Slice(2, h / group, 1))]);
    }
}
