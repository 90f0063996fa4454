using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>Which ways from sender to receiver a path patch takes.</summary>
public enum PathKind
{
    /// <summary>The receiver's own copy of the stream alone, before its norm.</summary>
    Direct,

    /// <summary>
    /// Also through the feed-forward layers between, other heads held at the base run: Wang et al. 2022, “Interpretability in the wild”.
    /// </summary>
    Mlps,

    /// <summary>Direct, with the norm's scale of the base run, as TransformerLens 3 does it.</summary>
    Linear,
}

/// <summary>
/// Path patching: the metric when a head's output is another run's only on its way to another head's query, key or value.
/// </summary>
public static class PathPatching
{
    /// <summary>Patches every pair of heads.</summary>
    /// <param name="model">A decoder that normalises before each layer.</param>
    /// <param name="pairs">The pairs.</param>
    /// <param name="kind">Which ways.</param>
    /// <param name="inputs">Which inputs of receivers: letters of <c>qkv</c>.</param>
    /// <param name="request">Direction, memory.</param>
    /// <returns>Tables <c>q</c>, <c>k</c>, <c>v</c>: the raw metric, <c>[sender layer, sender head, receiver layer, receiver head]</c>, NaN
    /// where there is no path.</returns>
    public static InsideResult Run(ITransformer model, IReadOnlyList<PromptPair> pairs, PathKind kind, string inputs = "qkv",
        PatchRequest? request = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(inputs);
        request ??= new() { Direction = PatchDirection.Noise };
        EdgeGraph graph = EdgeGraph.Of(model);
        Dictionary<char, List<double[]>> all = inputs.ToDictionary(c => c, _ => new List<double[]>());
        List<double> bases = [], sources = [];
        for (int p = 0; p < pairs.Count; p++)
        {
            (ModelInput @base, ModelInput source) = request.Of(pairs[p]);
            var one = new PathPair(model, graph, @base, source, pairs[p], request);
            bases.Add(one.MetricBase);
            sources.Add(one.MetricSource);
            foreach (char c in inputs)
            {
                all[c].Add(one.Metrics(kind, c));
            }
            request.Progress?.Report((p + 1.0) / pairs.Count);
        }
        InsideAxis[] axes = [InsideAxis.Numbered("sender_layer", graph.Layers), InsideAxis.Numbered("sender_head", graph.Heads),
            InsideAxis.Numbered("receiver_layer", graph.Layers), InsideAxis.Numbered("receiver_head", graph.Heads)];
        return new()
        {
            Method = "path_patching",
            Direction = request.Direction.ToString().ToLowerInvariant(),
            Metric = pairs[0].Metric.Name,
            Numbers = ActivationPatching.Metrics(request.Direction, bases.Average(), sources.Average()),
            Tables =
            [
                .. inputs.Select(c =>
                {
                    (double[] mean, double[]? low, double[]? high) = PairStatistics.Mean(all[c], request.Resamples, request.Seed);
                    return InsideTable.Of(c.ToString(), InsideMetric.MeaningOf(pairs) + "; no number where there is no path", mean, axes)
                        with { Low = low, High = high };
                }),
            ],
            Parameters = new Dictionary<string,
                string>
            { ["path"] = kind.ToString().ToLowerInvariant(), ["pairs"] = pairs.Count.ToString(CultureInfo.InvariantCulture) },
        };
    }
}

/// <summary>Path patches of one pair.</summary>
internal sealed class PathPair
{
    private readonly ITransformer _model;
    private readonly EdgeGraph _graph;
    private readonly PatchRequest _request;
    private readonly MetricRun _run;
    private readonly Dictionary<string, Tensor> _base, _source;
    private readonly Tensor _differences;
    private Dictionary<(int Layer, int Head), Dictionary<int, Tensor>>? _throughMlps;

    public PathPair(ITransformer model, EdgeGraph graph, ModelInput input, ModelInput source, PromptPair pair, PatchRequest request)
    {
        (_model, _graph, _request) = (model, graph, request);
        _run = new MetricRun(model, input, pair.Metric).From(graph.StartOf(pair));
        MetricRun other = new MetricRun(model, source, pair.Metric).From(graph.StartOf(pair));
        var outputs = new EdgeOutputs(model, graph);
        using Recorder.Pause pause = Recorder.Suspend();
        string[] hooks = [.. outputs.Hooks.Concat(Enumerable.Range(0, graph.Layers)
            .SelectMany(l => new[] { $"blocks.{l}.hook_resid_pre", $"blocks.{l}.ln1.hook_scale" })).Distinct()];
        (_base, MetricBase) = Activations(_run, hooks);
        (_source, MetricSource) = Activations(other, hooks);
        _differences = outputs.Of(name => _source[name] - _base[name]);
    }

    public double MetricBase { get; }

    public double MetricSource { get; }

    /// <summary><c>[sender layer, sender head, receiver layer, receiver head]</c></summary>
    public double[] Metrics(PathKind kind, char input)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        (int layers, int heads) = (_graph.Layers, _graph.Heads);
        double[] all = new double[layers * heads * layers * heads];
        Array.Fill(all, double.NaN);
        var patcher = new EdgePatcher(_model, _graph, _run, _request.ByteBudget, _request.Cancellation);
        for (int layer = 1; layer < layers; layer++)
        {
            (int, int)[] senders = [.. Enumerable.Range(0, layer).SelectMany(l => Enumerable.Range(0, heads).Select(h => (l, h)))];
            Tensor changes = kind == PathKind.Mlps ? ThroughMlps(senders, layer)
                : TensorOps.Concat(0, [.. senders.Select(s => _differences.Slice(0, _graph.SourceOf(s.Item1, s.Item2), 1))]);
            for (int head = 0; head < heads; head++)
            {
                _request.Cancellation.ThrowIfCancellationRequested();
                double[] metrics = kind == PathKind.Linear ? Linear(input, layer, head, changes)
                    : patcher.Metrics(_graph.TargetOf(layer, input, head), changes);
                for (int s = 0; s < senders.Length; s++)
                {
                    all[(((((senders[s].Item1 * heads) + senders[s].Item2) * layers) + layer) * heads) + head] = metrics[s];
                }
            }
        }
        return all;
    }

    private (Dictionary<string, Tensor>, double) Activations(MetricRun run, string[] hooks)
    {
        using ActivationCache cache = _model.Cache(hooks);
        double metric = run.Value().ToArray()[0];
        return (hooks.ToDictionary(h => h, h => cache[h]), metric);
    }

    /// <summary>
    /// How each sender changes the stream before a later block when other heads stay as in the base run: one run per sender's block.
    /// </summary>
    private Tensor ThroughMlps((int Layer, int Head)[] senders, int receiver)
    {
        _throughMlps ??= Enumerable.Range(0, _graph.Layers - 1).SelectMany(Streams).ToDictionary();
        return TensorOps.Concat(0, [.. senders.Select(s => _throughMlps[s][receiver])]);
    }

    private Dictionary<(int, int), Dictionary<int, Tensor>> Streams(int layer)
    {
        int heads = _graph.Heads, positions = _run.Positions - _run.Start, dHead = _base[$"blocks.{layer}.attn.hook_z"].Shape[3];
        float[] own = _base[$"blocks.{layer}.attn.hook_z"].ToArray(), theirs = _source[$"blocks.{layer}.attn.hook_z"].ToArray();
        using HookScope z = _model.Branch("blocks.*.attn.hook_z", (point, x) =>
        {
            if (point.Name != $"blocks.{layer}.attn.hook_z")
            {
                return _base[point.Name];
            }
            float[] rows = new float[heads * own.Length];
            for (int h = 0; h < heads; h++)
            {
                Span<float> row = rows.AsSpan(h * own.Length, own.Length);
                own.CopyTo(row);
                for (int t = 0; t < positions; t++)
                {
                    int at = ((t * heads) + h) * dHead;
                    theirs.AsSpan(at, dHead).CopyTo(row[at..]);
                }
            }
            return Tensor.From(rows, x.Shape.With(0, heads));
        });
        string[] streams = [.. Enumerable.Range(layer + 1, _graph.Layers - layer - 1).Select(l => $"blocks.{l}.hook_resid_pre")];
        using ActivationCache cache = _model.Cache(streams);
        _ = _run.Value();
        Dictionary<(int, int), Dictionary<int, Tensor>> all = [];
        for (int h = 0; h < heads; h++)
        {
            int head = h;
            all[(layer, h)] = Enumerable.Range(layer + 1, _graph.Layers - layer - 1).ToDictionary(
                l => l, l => (cache[$"blocks.{l}.hook_resid_pre"].Slice(0, head, 1) - _base[$"blocks.{l}.hook_resid_pre"])
                    .Reshape([1, positions * _graph.DModel]));
        }
        return all;
    }

    /// <summary>q += ((δ − mean δ) ∘ w / scale of the base run) · W_Q of the head; RMSNorm: without the mean.</summary>
    private double[] Linear(char input, int layer, int head, Tensor changes)
    {
        string b = $"blocks.{layer}.";
        int n = changes.Shape[0], positions = _run.Positions - _run.Start;
        Tensor delta = changes.Reshape([n, positions, _graph.DModel]);
        delta = InsideWeights.IsLayerNorm(_model, b + "ln1") ? delta - delta.Mean([-1], keepAxes: true) : delta;
        delta = delta / _base[b + "ln1.hook_scale"] * InsideWeights.Get(_model, b + "ln1.w");
        Tensor Ungrouped(Tensor x)
        {
            (int kvHeads, int dHead) = (x.Shape[2], x.Shape[3]);
            int group = _graph.Heads / kvHeads;
            return group == 1 ? x : x.Reshape([1, positions, kvHeads, 1, dHead]).Expand([1, positions, kvHeads, group, dHead])
                .Reshape([1, positions, _graph.Heads, dHead]);
        }
        using HookScope? other = _graph.IsGrouped && input != 'q'
            ? _model.Branch($"{b}attn.hook_{(input == 'k' ? 'v' : 'k')}", (_, x) => Ungrouped(x)) : null;
        using HookScope patch = _model.Branch($"{b}attn.hook_{input}", (_, x) =>
        {
            (int kvHeads, int dHead) = (x.Shape[2], x.Shape[3]);
            int group = _graph.Heads / kvHeads;
            Tensor w = InsideWeights.Get(_model, $"{b}attn.W_{char.ToUpperInvariant(input)}").Slice(1, head / group * dHead, dHead);
            Tensor full = Ungrouped(x).Expand([n, positions, _graph.Heads, dHead]);
            Tensor one = full.Slice(2, head, 1) + delta.MatMul(w).Reshape([n, positions, 1, dHead]);
            return TensorOps.Concat(2, [.. Enumerable.Range(0, _graph.Heads).Select(h => h == head ? one : full.Slice(2, h, 1))]);
        });
        return Array.ConvertAll(_run.Value().ToArray(), v => (double)v);
    }
}
