using System.Globalization;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// AtP*: attribution patching with the softmax of attention computed instead of linearised (QK fix), and with gradients that skip one block
/// at
/// a time, so that a direct and an indirect effect cannot cancel (GradDrop). Kramár, Lieberum, Shah and Nanda 2024.
/// </summary>
/// <remarks>
/// Query (t, h): Σ_k (A′[t, k] − A[t, k]) · ∂m/∂A[t, k] with the other run's query and the base run's keys. Key (t, h): the same over all
/// queries,
/// with key t alone of the other run. GradDrop: mean over blocks of |score with the block's outputs held constant|; the node's own block
/// gives 0, so the mean divides by L − 1. The other run's scores come from the model itself, by one pass with three rows of queries and
/// keys.
/// </remarks>
public static class AtpStar
{
    /// <summary>Scores of queries, keys, values, heads and feed-forward outputs.</summary>
    /// <param name="model">A model with one stack of blocks.</param>
    /// <param name="pairs">The pairs.</param>
    /// <param name="request">Direction (the paper's is noise), memory.</param>
    /// <param name="gradDrop">Whether to make the extra passes of GradDrop.</param>
    /// <returns>Tables <c>atp_*</c> (signed), <c>graddrop_*</c> (unsigned) and <c>dropped_*</c> (per dropped block), <c>[layer, position,
    /// head]</c>.</returns>
    /// <exception cref="VitrineException">The model has an encoder and a decoder, or the pairs do not fit together.</exception>
    public static InsideResult Run(ITransformer model, IReadOnlyList<PromptPair> pairs, PatchRequest? request = null, bool gradDrop = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        request ??= new() { Direction = PatchDirection.Noise };
        if (request.StackOf(model) != "blocks")
        {
            throw new VitrineException(
                "atp*: the model has an encoder and a decoder; expected one stack of blocks. Use attribution patching.");
        }
        Dictionary<string, List<double[]>> scores = [];
        Dictionary<string, (int Layers, int Positions, int Heads)> shapes = [];
        List<double> bases = [], sources = [];
        if (pairs.FirstOrDefault(p => p.Positions != pairs[0].Positions) is { } other)
        {
            throw new VitrineException($"atp*: pairs of several lengths; got {pairs[0].Positions} and {other.Positions} tokens; "
                + $"expected pairs of equally many tokens.");
        }
        for (int p = 0; p < pairs.Count; p++)
        {
            request.Cancellation.ThrowIfCancellationRequested();
            (ModelInput @base, ModelInput source) = request.Of(pairs[p]);
            var one = new AtpPair(model, @base, source, pairs[p].Metric, request, gradDrop);
            bases.Add(one.MetricBase);
            sources.Add(one.MetricSource);
            foreach ((string name, AtpScores found) in one.Scores)
            {
                (scores.TryGetValue(name, out List<double[]>? all) ? all : scores[name] = []).Add(found.Values);
                shapes[name] = (found.Layers, found.Positions, found.Heads);
            }
            request.Progress?.Report((p + 1.0) / pairs.Count);
        }
        InsideAxis positions = new("position", [.. Enumerable.Range(0, pairs[0].Positions).Select(i => pairs[0].Label(i))]);
        List<InsideTable> tables = [];
        foreach ((string name, List<double[]> all) in scores)
        {
            (double[] mean, double[]? low, double[]? high) = PairStatistics.Mean(all, request.Resamples, request.Seed);
            (int layers, _, int heads) = shapes[name];
            InsideAxis layer = InsideAxis.Numbered("layer", layers);
            InsideAxis[] axes = heads == 0 ? [layer, positions] : [layer, positions, InsideAxis.Numbered("head", heads)];
            axes = name.StartsWith("dropped_", StringComparison.Ordinal) ? [InsideAxis.Numbered("dropped_layer", layers), .. axes] : axes;
            tables.Add(InsideTable.Of(name, Meaning(name), mean, axes) with { Low = low, High = high });
        }
        return new()
        {
            Method = "atp_star",
            Direction = request.Direction.ToString().ToLowerInvariant(),
            Metric = pairs[0].Metric.Name,
            Numbers = ActivationPatching.Metrics(request.Direction, bases.Average(), sources.Average()),
            Tables = tables,
            Parameters = new Dictionary<string,
                string>
            {
                ["pairs"] = pairs.Count.ToString(CultureInfo.InvariantCulture),
                ["qk_fix"] = "true",
                ["grad_drop"] = gradDrop
                ? "true" : "false"
            },
            Warnings = model.Info.NLayers < 2 && gradDrop ? ["GradDrop needs two blocks: its scores are 0."] : [],
        };
    }

    private static string Meaning(string name) => name.Split('_')[0] switch
    {
        "graddrop" => "mean over dropped blocks of |estimated change of the metric|; unsigned",
        "dropped" => "estimated change of the metric with one block's outputs held constant",
        _ => name.EndsWith("_fix", StringComparison.Ordinal) ? "estimated change of the metric, the softmax computed"
            : "estimated change of the metric",
    };
}

/// <summary>Scores of one kind of node.</summary>
internal readonly record struct AtpScores(double[] Values, int Layers, int Positions, int Heads);

/// <summary>AtP* of one pair.</summary>
internal sealed class AtpPair
{
    private readonly ITransformer _model;
    private readonly int _layers, _positions;
    private readonly string[] _queries, _keys;

    public AtpPair(ITransformer model, ModelInput input, ModelInput source, InsideMetric metric, PatchRequest request, bool gradDrop)
    {
        _model = model;
        _layers = PatchPlace.Get("z").LayersOf(model, "blocks");
        HashSet<string> known = [.. model.HookPoints.Select(p => p.Name)];
        // What the scores multiply; some families rotate in some blocks alone.
        string[] Scored(string letter) => [.. Enumerable.Range(0, _layers).Select(l =>
            known.Contains(Hook(l, $"attn.hook_rot_{letter}")) ? Hook(l, $"attn.hook_rot_{letter}") : Hook(l, $"attn.hook_{letter}"))];
        (_queries, _keys) = (Scored("q"), Scored("k"));
        var run = new MetricRun(model, input, metric);
        _positions = run.Positions;
        string[] linear = ["attn.hook_v", "attn.hook_z", "hook_mlp_out"];
        Dictionary<string, Tensor> theirs = PatchSweep.Capture(model, source, [.. _queries, .. _keys, .. Hooks(linear)]);
        (Dictionary<string, Tensor> ours, Dictionary<string, float[]> scores) = OtherScores(run, theirs, linear);
        MetricSource = ActivationPatching.Value(model, source, metric);
        int rows = gradDrop ? _layers + 1 : 1;
        long bytesEach = (long)_layers * _positions * sizeof(float) * ((16L * model.Info.DModel) + (3L * model.Info.NHeads * _positions));
        int atOnce = (int)Math.Clamp(request.ByteBudget / Math.Max(1, bytesEach), 1, rows);
        Dictionary<string, double[]> all = [];
        foreach (int[] chunk in Enumerable.Range(-1, rows).Chunk(atOnce))
        {
            request.Cancellation.ThrowIfCancellationRequested();
            // With the plain row in every chunk each node has a path to the metric.
            Score(run, chunk[0] < 0 ? chunk : [-1, .. chunk], theirs, ours, scores, linear, all);
        }
        Collect(all, gradDrop);
    }

    public double MetricBase { get; private set; }

    public double MetricSource { get; }

    public Dictionary<string, AtpScores> Scores { get; } = [];

    private string[] Hooks(IEnumerable<string> ends) => [.. ends.SelectMany(end => Enumerable.Range(0, _layers).Select(l => Hook(l, end)))];

    private static string Hook(int layer, string end) => string.Create(CultureInfo.InvariantCulture, $"blocks.{layer}.{end}");

    /// <summary>The base run once more, with three rows up to the scores: its own, the other run's queries, the other run's keys.</summary>
    private (Dictionary<string, Tensor> Own, Dictionary<string, float[]> Scores) OtherScores(MetricRun run, Dictionary<string,
        Tensor> theirs, string[] linear)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        Dictionary<string, float[]> scores = [];
        using var rows = new Scopes();
        foreach ((string query, string key) in _queries.Zip(_keys))
        {
            rows.Add(_model.Branch(query, (point, x) => TensorOps.Concat(0, x, theirs[point.Name], x)));
            rows.Add(_model.Branch(key, (point, x) => TensorOps.Concat(0, x, x, theirs[point.Name])));
        }
        using HookScope s = _model.Branch("blocks.*.attn.hook_attn_scores", (point, x) =>
        {
            scores[point.Name] = x.ToArray();
            return x.Slice(0, 0, 1);
        });
        using HookScope z = _model.Branch("blocks.*.attn.hook_z", (_, x) => x.Slice(0, 0, 1));
        string[] hooks = Hooks(linear);
        using ActivationCache cache = _model.Cache(hooks);
        MetricBase = run.Value().ToArray()[0];
        return (hooks.ToDictionary(h => h, h => cache[h]), scores);
    }

    /// <summary>Scores of some variants: −1 the plain gradient, else the block whose outputs are constants.</summary>
    private void Score(MetricRun run, int[] variants, Dictionary<string, Tensor> theirs, Dictionary<string, Tensor> ours,
        Dictionary<string, float[]> scores, string[] linear, Dictionary<string, double[]> all)
    {
        string[] patterns = Hooks(["attn.hook_attn_scores", "attn.hook_pattern"]), hooks = [.. Hooks(linear), .. patterns];
        using HookScope rows = _model.Branch("blocks.0.hook_resid_pre", (_, x) => x.Expand(x.Shape.With(0, variants.Length)));
        using HookScope attention = _model.Branch("blocks.*.hook_attn_out", (point, x) =>
            Dropped(x, Array.IndexOf(variants, Layer(point.Name))));
        using HookScope feedForward = _model.Branch("blocks.*.hook_mlp_out", (point, x) =>
            Dropped(x, Array.IndexOf(variants, Layer(point.Name))));
        Gradients gradients;
        Dictionary<string, Tensor> captured;
        using (ActivationCache cache = _model.Cache(hooks))
        using (var tape = new Tape())
        {
            Tensor value = run.Value();
            captured = hooks.ToDictionary(h => h, h => cache[h]);
            gradients = tape.Gradient(value, [.. captured.Values]);
        }
        for (int row = 0; row < variants.Length; row++)
        {
            string prefix = variants[row] < 0 ? "atp" : string.Create(CultureInfo.InvariantCulture, $"dropped{variants[row]}");
            foreach (string end in linear)
            {
                string name = end[(end.LastIndexOf('_') + 1)..] is var n && n == "out" ? "mlp_out" : n;
                all[$"{prefix}_{name}"] = [.. Enumerable.Range(0, _layers).SelectMany(layer =>
                {
                    string hook = Hook(layer, end);
                    // A block's own output has no way round the block when that is held constant.
                    return layer == variants[row] && end == "hook_mlp_out" ? new double[_positions]
                        : Dots(theirs[hook], ours[hook], gradients[captured[hook]].Slice(0, row, 1));
                })];
            }
            double[][][] fixes = [.. Enumerable.Range(0, _layers).Select(layer => Fixes(
                scores[Hook(layer, "attn.hook_attn_scores")],
                gradients[captured[Hook(layer, "attn.hook_attn_scores")]].Slice(0, row, 1).ToArray(),
                gradients[captured[Hook(layer, "attn.hook_pattern")]].Slice(0, row, 1).ToArray()))];
            string[] names = ["q", "k", "q_fix", "k_fix"];
            for (int i = 0; i < names.Length; i++)
            {
                all[$"{prefix}_{names[i]}"] = [.. fixes.SelectMany(f => f[i])];
            }
        }
    }

    // A row whose outputs of this block are constants; the values stay.
    private static Tensor Dropped(Tensor x, int row)
    {
        if (row < 0)
        {
            return x;
        }
        if (x.Shape[0] == 1)
        {
            return Tensor.From(x.ToArray(), x.Shape, x.Device);
        }
        Tensor constant = x.Slice(0, row, 1);
        constant = Tensor.From(constant.ToArray(), constant.Shape, x.Device);
        List<Tensor> parts = row > 0 ? [x.Slice(0, 0, row)] : [];
        parts.Add(constant);
        if (row + 1 < x.Shape[0])
        {
            parts.Add(x.Slice(0, row + 1, x.Shape[0] - row - 1));
        }
        return TensorOps.Concat(0, [.. parts]);
    }

    private static int Layer(string hook) =>
        int.Parse(hook.AsSpan("blocks.".Length, hook.IndexOf('.', "blocks.".Length) - "blocks.".Length), CultureInfo.InvariantCulture);

    private static double[] Dots(Tensor theirs, Tensor ours, Tensor gradient)
    {
        var grid = new PatchGrid(ours.Shape.Rank == 4 ? PlaceKind.Heads : PlaceKind.Stream, ours.Shape.Rank == 4 ? PatchAxes.PositionUnit
            : PatchAxes.Position, ours.Shape);
        return grid.Dots((theirs - ours).ToArray(), gradient.ToArray());
    }

    /// <summary>Query and key nodes of one block: first order, then with the softmax computed. Each <c>[position, head]</c>.</summary>
    /// <param name="scores"><c>[3, head, query, key]</c>: base, other queries, other keys.</param>
    /// <param name="dScores">∂m/∂scores.</param>
    /// <param name="dPattern">∂m/∂pattern.</param>
    private double[][] Fixes(float[] scores, float[] dScores, float[] dPattern)
    {
        int t = _positions, heads = dScores.Length / (t * t), size = heads * t * t;
        double[] q = new double[t * heads], k = new double[t * heads], qFix = new double[t * heads], kFix = new double[t * heads];
        double[] a = new double[t], b = new double[t];
        for (int head = 0; head < heads; head++)
        {
            for (int query = 0; query < t; query++)
            {
                int row = ((head * t) + query) * t;
                double z = Softmax(scores.AsSpan(row, t), a, out double max);
                Softmax(scores.AsSpan(size + row, t), b, out _);
                double mean = 0; // Σ_k A·G of this row
                for (int key = 0; key < t; key++)
                {
                    mean += a[key] * dPattern[row + key];
                    qFix[(query * heads) + head] += (b[key] - a[key]) * dPattern[row + key];
                    double own = scores[row + key];
                    if (double.IsFinite(own))
                    {
                        q[(query * heads) + head] += dScores[row + key] * (scores[size + row + key] - own);
                        k[(key * heads) + head] += dScores[row + key] * (scores[(2 * size) + row + key] - own);
                    }
                }
                for (int key = 0; key < t; key++)
                {
                    if (!float.IsFinite(scores[row + key]))
                    {
                        continue;
                    }
                    // Only key's own score changes: the row's sum z loses one term and gains another.
                    double now = Math.Exp(scores[(2 * size) + row + key] - max), sum = z - (a[key] * z) + now;
                    double share = z / sum, g = dPattern[row + key];
                    kFix[(key * heads) + head] += ((share - 1) * (mean - (a[key] * g))) + (((now / sum) - a[key]) * g);
                }
            }
        }
        return [q, k, qFix, kFix];
    }

    // Probabilities of a row of scores, the sum of e^(score − max) and the max.
    private static double Softmax(ReadOnlySpan<float> scores, double[] probabilities, out double max)
    {
        max = double.NegativeInfinity;
        foreach (float s in scores)
        {
            max = Math.Max(max, s);
        }
        double sum = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            sum += probabilities[i] = Math.Exp(scores[i] - max);
        }
        for (int i = 0; i < scores.Length; i++)
        {
            probabilities[i] /= sum;
        }
        return sum;
    }

    private void Collect(Dictionary<string, double[]> all, bool gradDrop)
    {
        foreach (string node in new[] { "q", "k", "v", "z", "mlp_out", "q_fix", "k_fix" })
        {
            double[] plain = all["atp_" + node];
            int heads = node == "mlp_out" ? 0 : plain.Length / (_layers * _positions);
            Scores["atp_" + node] = new(plain, _layers, _positions, heads);
            if (!gradDrop)
            {
                continue;
            }
            double[][] dropped = [.. Enumerable.Range(0, _layers)
                .Select(d => all[string.Create(CultureInfo.InvariantCulture, $"dropped{d}_{node}")])];
            double[] mean = new double[plain.Length];
            for (int i = 0; i < mean.Length; i++)
            {
                mean[i] = _layers > 1 ? dropped.Sum(d => Math.Abs(d[i])) / (_layers - 1) : 0;
            }
            Scores["graddrop_" + node] = new(mean, _layers, _positions, heads);
            Scores["dropped_" + node] = new([.. dropped.SelectMany(d => d)], _layers, _positions, heads);
        }
    }
}
