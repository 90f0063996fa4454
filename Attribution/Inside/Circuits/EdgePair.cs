using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>The edge scores of one pair.</summary>
internal sealed class EdgePair
{
    private readonly ITransformer _model;
    private readonly EdgeGraph _graph;
    private readonly EdgeRequest _request;
    private readonly MetricRun _clean, _corrupted;
    private readonly PromptPair _pair;
    private readonly Dictionary<string, Tensor> _cleanActs, _corruptedActs;
    private readonly EdgeOutputs _outputs;
    private readonly EdgeReference _reference;

    public EdgePair(ITransformer model, EdgeGraph graph, PromptPair pair, EdgeRequest request, EdgeReference reference)
    {
        (_model, _graph, _request, _pair, _reference) = (model, graph, request, pair, reference);
        // Without differences before the first changed token nothing flows there; information flow reads every position.
        int start = !reference.IsCorrupted || request.Method == EdgeMethod.InformationFlow ? 0
            : request.Method == EdgeMethod.Exact ? graph.StartOf(pair) : pair.FirstDifference;
        (_clean, _corrupted) = (new MetricRun(model, pair.Clean, pair.Metric).From(start), new MetricRun(model, pair.Corrupted, pair.Metric)
            .From(start));
        _outputs = new EdgeOutputs(model, graph);
        using Recorder.Pause pause = Recorder.Suspend();
        (_cleanActs, MetricClean) = Activations(_clean);
        (_corruptedActs, MetricCorrupted) = Activations(_corrupted);
    }

    public double MetricClean { get; }

    public double MetricCorrupted { get; }

    /// <summary><c>[source, target]</c></summary>
    public double[] Scores() => _request.Method switch
    {
        EdgeMethod.InformationFlow => Flow(),
        EdgeMethod.Exact => Exact(),
        _ => Times(Gradient()),
    };

    private (Dictionary<string, Tensor>, double) Activations(MetricRun run)
    {
        string[] hooks = _outputs.Hooks;
        using ActivationCache cache = _model.Cache(hooks);
        double metric = run.Value().ToArray()[0];
        return (hooks.ToDictionary(h => h, h => cache[h]), metric);
    }

    // What ablated edges carry, less the clean outputs: [source, pos · d_model].
    private Tensor Differences() => _reference.IsCorrupted ? _outputs.Of(name => _corruptedActs[name] - _cleanActs[name])
        : _reference.Of(_pair.Positions) - _outputs.Of(name => _cleanActs[name]);

    // These differences · gradients.
    private double[] Times(Tensor gradient)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        Tensor differences = Differences();
        return Array.ConvertAll(differences.MatMul(gradient, transposeB: true).ToArray(), v => (double)v);
    }

    private Tensor Gradient()
    {
        Tensor clean = _cleanActs[_graph.Input], corrupted = _corruptedActs[_graph.Input];
        int m = _request.Steps;
        return _request.Method switch
        {
            EdgeMethod.Eap => Between(_graph.Input, [1.0], clean, corrupted),
            EdgeMethod.CleanCorrupted => Between(_graph.Input, [1.0, 0.0], clean, corrupted),
            EdgeMethod.EapIgInputs =>
                Between(_graph.Input, [.. Enumerable.Range(_request.Right ? 1 : 0, m).Select(k => (double)k / m)], clean, corrupted),
            _ => OneByOne([.. Enumerable.Range(1, m).Select(k => (double)k / m)]),
        };
    }

    private Tensor OneByOne(double[] shares)
    {
        string[] parts = _outputs.Hooks;
        Tensor? sum = null;
        foreach (string hook in parts)
        {
            _request.Cancellation.ThrowIfCancellationRequested();
            Tensor one = Between(hook, shares, _cleanActs[hook], _corruptedActs[hook]).Scale(1f / parts.Length);
            sum = sum is null ? one : sum + one;
        }
        return sum!;
    }

    /// <summary>
    /// The mean gradient of clean runs in which one activation lies between its corrupted (0) and clean (1) value; all of them rows of a
    /// batch.
    /// </summary>
    private Tensor Between(string hook, double[] shares, Tensor clean, Tensor corrupted)
    {
        (int t, int d) = (clean.Shape[1], _graph.DModel);
        long bytesEach = 4L * t * _graph.Layers * ((20L * d) + (3L * _model.Info.NHeads * t)) + (12L * 3 * _graph.Heads * t * d);
        int atOnce = (int)Math.Clamp(_request.ByteBudget / Math.Max(1, bytesEach), 1, shares.Length);
        Tensor? sum = null;
        foreach (double[] chunk in shares.Chunk(atOnce))
        {
            _request.Cancellation.ThrowIfCancellationRequested();
            float[] from = corrupted.ToArray(), to = clean.ToArray(), rows = new float[chunk.Length * to.Length];
            for (int row = 0; row < chunk.Length; row++)
            {
                for (int i = 0; i < to.Length; i++)
                {
                    rows[(row * to.Length) + i] = (float)(from[i] + (chunk[row] * ((double)to[i] - from[i])));
                }
            }
            Tensor between = Tensor.From(rows, clean.Shape.With(0, chunk.Length), clean.Device);
            using HookScope scope = _model.Branch(hook, (_, x) =>
            {
                // After the last attention the answer's position is alone; a path of weight 0 lets what lies before have a gradient, 0.
                Tensor value = x.Shape[1] == 1 && t > 1 ? between.Slice(1, _clean.At - _clean.Start, 1) : between;
                return hook == _graph.Input ? value : value + x.Scale(0);
            });
            Tensor one = new EdgeGradients(_model, _graph).Of(_clean, shares.Length, hook);
            using Recorder.Pause pause = Recorder.Suspend();
            sum = sum is null ? one : sum + one;
        }
        return sum!;
    }

    /// <summary>
    /// max(0, ‖in‖₁ − ‖out − in‖₁), normalised over sources, mean over positions. Positions with no near source count
    /// 0.
    /// </summary>
    private double[] Flow()
    {
        using Recorder.Pause pause = Recorder.Suspend();
        string[] inputs = [.. Enumerable.Range(0, _graph.Layers)
            .SelectMany(l =>
            new[] { $"blocks.{l}.hook_resid_pre", $"blocks.{l}.{(_graph.IsParallel ? "hook_resid_pre" : "hook_resid_mid")}" }).Distinct(),
            $"blocks.{_graph.Layers - 1}.hook_resid_post"];
        Dictionary<string, float[]> streams = PatchSweep.Capture(_model, _pair.Clean, inputs)
            .ToDictionary(p => p.Key, p => p.Value.ToArray());
        float[] outputs = _outputs.Of(name => _cleanActs[name]).ToArray();
        int t = _cleanActs[_graph.Input].Shape[1], d = _graph.DModel, targets = _graph.Targets.Count;
        double[] scores = new double[_graph.Sources.Count * targets];
        var known = new Dictionary<(string, int), double[]>();
        for (int target = 0; target < targets; target++)
        {
            (int layer, char kind, _) = _graph.Place(target);
            string stream = kind switch
            {
                'l' => inputs[^1],
                'm' when !_graph.IsParallel => $"blocks.{layer}.hook_resid_mid",
                _ => $"blocks.{layer}.hook_resid_pre",
            };
            int before = _graph.Before(target);
            double[] shares = known.TryGetValue((stream, before), out double[]? found) ? found
                : known[(stream, before)] = Shares(outputs, streams[stream], before, t, d);
            for (int source = 0; source < before; source++)
            {
                scores[(source * targets) + target] = shares[source];
            }
        }
        return scores;
    }

    private static double[] Shares(float[] outputs, float[] stream, int sources, int t, int d)
    {
        double[] shares = new double[sources], near = new double[sources];
        for (int p = 0; p < t; p++)
        {
            ReadOnlySpan<float> x = stream.AsSpan(p * d, d);
            double whole = 0, sum = 0;
            foreach (float v in x)
            {
                whole += Math.Abs(v);
            }
            for (int s = 0; s < sources; s++)
            {
                ReadOnlySpan<float> y = outputs.AsSpan(((s * t) + p) * d, d);
                double gap = 0;
                for (int i = 0; i < d; i++)
                {
                    gap += Math.Abs((double)y[i] - x[i]);
                }
                sum += near[s] = Math.Max(0, whole - gap);
            }
            for (int s = 0; s < sources && sum > 0; s++)
            {
                shares[s] += near[s] / sum / t;
            }
        }
        return shares;
    }

    private double[] Exact()
    {
        using Recorder.Pause pause = Recorder.Suspend();
        Tensor differences = Differences();
        var patcher = new EdgePatcher(_model, _graph, _clean, _request.ByteBudget, _request.Cancellation);
        int targets = _graph.Targets.Count;
        double[] scores = new double[_graph.Sources.Count * targets];
        for (int target = 0; target < targets; target++)
        {
            int before = _graph.Before(target);
            double[] metrics = patcher.Metrics(target, differences.Slice(0, 0, before));
            for (int source = 0; source < before; source++)
            {
                scores[(source * targets) + target] = metrics[source] - MetricClean;
            }
            _request.Progress?.Report((target + 1.0) / targets);
        }
        return scores;
    }
}
