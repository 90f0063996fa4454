using System.Globalization;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>Where the nodes of a table are.</summary>
/// <param name="Layers">Blocks.</param>
/// <param name="Positions">Positions of each.</param>
/// <param name="Heads">Heads of each; 0 where there are none.</param>
/// <param name="OfSource">Whether the positions are those of an encoder's text.</param>
internal readonly record struct AtpNodes(int Layers, int Positions, int Heads, bool OfSource);

/// <summary>Scores of one kind of node.</summary>
internal readonly record struct AtpScores(double[] Values, AtpNodes Nodes);

/// <summary>Attention of one kind in every block of a stack.</summary>
/// <param name="Stack"><c>blocks</c>, <c>encoder</c> or <c>decoder</c>.</param>
/// <param name="Module"><c>attn</c> or <c>cross_attn</c>.</param>
/// <param name="Prefix">What stands before the names of its scores.</param>
/// <param name="Layers">How many blocks.</param>
internal sealed record AtpSite(string Stack, string Module, string Prefix, int Layers)
{
    /// <summary>Whether it reads another text than it stands in.</summary>
    public bool IsCross => Module == "cross_attn";

    /// <summary>The hook of a block.</summary>
    public string Hook(int layer, string end) =>
        string.Create(CultureInfo.InvariantCulture, $"{Stack}.{layer}.{(end == "hook_mlp_out" ? "" : Module + ".")}{end}");

    /// <summary>Every attention of a model, in order.</summary>
    public static AtpSite[] Of(ITransformer model)
    {
        bool single = PatchPlace.Stacks(model).Count == 1;
        return [.. PatchPlace.Stacks(model).SelectMany(stack => new[] { ("attn", "z"), ("cross_attn", "cross_z") }
            .Where(kind => model.HookPoints.Any(p => p.Name == $"{stack}.0.{kind.Item1}.hook_z"))
            .Select(kind => new AtpSite(stack, kind.Item1, single ? "" : kind.Item1 == "attn" ? stack + "_" : "cross_",
                PatchPlace.Get(kind.Item2).LayersOf(model, stack))))];
    }
}

/// <summary>AtP* of one pair.</summary>
internal sealed class AtpPair
{
    private static readonly string[] s_outputs = ["hook_attn_out", "hook_cross_attn_out", "hook_mlp_out"];

    private static readonly string[] s_nodes = ["q", "k", "v", "z", "mlp_out", "q_fix", "k_fix"];

    private readonly ITransformer _model;
    private readonly AtpSite[] _sites;
    private readonly string[] _blocks;
    private readonly HashSet<string> _known;
    private readonly Dictionary<string, Tensor> _theirs;
    private readonly Dictionary<string, Tensor> _ours = [];
    private readonly Dictionary<string, (float[] Values, Shape Shape)> _attended = [];

    public AtpPair(ITransformer model, ModelInput input, ModelInput source, InsideMetric metric, PatchRequest request, bool gradDrop)
    {
        (_model, _sites, _blocks) = (model, AtpSite.Of(model), BlocksOf(model));
        _known = [.. model.HookPoints.Select(p => p.Name)];
        var run = new MetricRun(model, input, metric);
        _theirs = PatchSweep.Capture(model, source, [.. Queries.Select(s => s.Query), .. Queries.Select(s => s.Key), .. Linear]);
        OtherScores(run);
        MetricSource = ActivationPatching.Value(model, source, metric);
        int rows = gradDrop ? _blocks.Length + 1 : 1, t = Math.Max(run.Positions, PromptPair.Ids(input).Shape[1]);
        long bytesEach = (long)_blocks.Length * t * sizeof(float) * ((16L * model.Info.DModel) + (3L * model.Info.NHeads * t));
        int atOnce = (int)Math.Clamp(request.ByteBudget / Math.Max(1, bytesEach), 1, rows);
        Dictionary<string, double[]> all = [];
        foreach (int[] chunk in Enumerable.Range(-1, rows).Chunk(atOnce))
        {
            request.Cancellation.ThrowIfCancellationRequested();
            // With the plain row in every chunk each node has a path to the metric.
            Score(run, chunk[0] < 0 ? chunk : [-1, .. chunk], all);
        }
        Collect(all, gradDrop);
    }

    public double MetricBase { get; private set; }

    public double MetricSource { get; }

    public Dictionary<string, AtpScores> Scores { get; } = [];

    /// <summary>Names of the blocks that GradDrop holds constant one at a time: numbers, or with the stack before them.</summary>
    public static string[] BlocksOf(ITransformer model)
    {
        IReadOnlyList<string> stacks = PatchPlace.Stacks(model);
        return [.. stacks.SelectMany(stack => Enumerable.Range(0, PatchPlace.Get("mlp_out").LayersOf(model, stack))
            .Select(l => string.Create(CultureInfo.InvariantCulture, $"{(stacks.Count == 1 ? "" : stack + ".")}{l}")))];
    }

    // What the scores multiply; some families rotate in some blocks alone.
    private IEnumerable<(string Query, string Key)> Queries => _sites.SelectMany(site => Enumerable.Range(0, site.Layers).Select(l =>
        (Scored(site, l, "q"), Scored(site, l, "k"))));

    private string[] Linear => [.. _sites.SelectMany(site => Enumerable.Range(0, site.Layers).SelectMany(l => Ends(site)
        .Select(end => site.Hook(l, end))))];

    private static string[] Ends(AtpSite site) => site.IsCross ? ["hook_v", "hook_z"] : ["hook_v", "hook_z", "hook_mlp_out"];

    private string Scored(AtpSite site, int layer, string letter) =>
        site.Hook(layer, _known.Contains(site.Hook(layer, $"hook_rot_{letter}")) ? $"hook_rot_{letter}" : $"hook_{letter}");

    /// <summary>The base run once more, with three rows up to the scores: its own, the other run's queries, the other run's keys.</summary>
    private void OtherScores(MetricRun run)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        using var rows = new Scopes();
        foreach ((string query, string key) in Queries)
        {
            rows.Add(_model.Branch(query, (point, x) => TensorOps.Concat(0, x, _theirs[point.Name], x)));
            rows.Add(_model.Branch(key, (point, x) => TensorOps.Concat(0, x, x, _theirs[point.Name])));
        }
        rows.Add(_model.Branch("*.hook_attn_scores", (point, x) =>
        {
            _attended[point.Name] = (x.ToArray(), x.Shape);
            return x.Slice(0, 0, 1);
        }));
        rows.Add(_model.Branch("*.hook_z", (_, x) => x.Slice(0, 0, 1)));
        string[] hooks = Linear;
        using ActivationCache cache = _model.Cache(hooks);
        MetricBase = run.Value().ToArray()[0];
        foreach (string hook in hooks)
        {
            _ours[hook] = cache[hook];
        }
    }

    /// <summary>Scores of some variants: −1 the plain gradient, else the block whose outputs are constants.</summary>
    private void Score(MetricRun run, int[] variants, Dictionary<string, double[]> all)
    {
        string[] hooks = [.. Linear, .. _sites.SelectMany(site => Enumerable.Range(0, site.Layers).SelectMany(l =>
            new[] { site.Hook(l, "hook_attn_scores"), site.Hook(l, "hook_pattern") }))];
        using var scopes = new Scopes();
        foreach (string stack in PatchPlace.Stacks(_model))
        {
            scopes.Add(_model.Branch($"{stack}.0.hook_resid_pre", (_, x) => x.Expand(x.Shape.With(0, variants.Length))));
            foreach (string output in s_outputs.Where(o => _known.Contains($"{stack}.0.{o}")))
            {
                scopes.Add(_model.Branch($"{stack}.*.{output}", (point, x) => Dropped(x, Array.IndexOf(variants, Block(point.Name)))));
            }
        }
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
            int variant = variants[row];
            string prefix = variant < 0 ? "atp" : string.Create(CultureInfo.InvariantCulture, $"dropped{variant}");
            float[] Slope(string hook) => gradients[captured[hook]].Slice(0, row, 1).ToArray();
            foreach (AtpSite site in _sites)
            {
                foreach (string end in Ends(site))
                {
                    all[$"{prefix}_{site.Prefix}{end["hook_".Length..]}"] = [.. Enumerable.Range(0, site.Layers).SelectMany(layer =>
                    {
                        string hook = site.Hook(layer, end);
                        // A block's own output has no way round the block when that is held constant.
                        return end == "hook_mlp_out" && variant >= 0 && Block(hook) == variant ? new double[_ours[hook].Shape[1]]
                            : Dots(_theirs[hook], _ours[hook], Slope(hook));
                    })];
                }
                double[][][] fixes = [.. Enumerable.Range(0, site.Layers).Select(l => site.Hook(l, "hook_attn_scores")).Select(hook =>
                    QueryKeyFix.Of(_attended[hook].Values, Slope(hook), Slope(hook.Replace("attn_scores", "pattern",
                        StringComparison.Ordinal)), _attended[hook].Shape))];
                string[] names = ["q", "k", "q_fix", "k_fix"];
                for (int i = 0; i < names.Length; i++)
                {
                    all[$"{prefix}_{site.Prefix}{names[i]}"] = [.. fixes.SelectMany(f => f[i])];
                }
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

    // The number of a hook's block among those of all stacks.
    private int Block(string hook) => Array.IndexOf(_blocks, hook.StartsWith("blocks.", StringComparison.Ordinal) ? hook.Split('.')[1]
        : string.Join('.', hook.Split('.')[..2]));

    private static double[] Dots(Tensor theirs, Tensor ours, float[] gradient)
    {
        bool heads = ours.Shape.Rank == 4;
        var grid = new PatchGrid(heads ? PlaceKind.Heads : PlaceKind.Stream, heads ? PatchAxes.PositionUnit : PatchAxes.Position,
            ours.Shape);
        return grid.Dots((theirs - ours).ToArray(), gradient);
    }

    private void Collect(Dictionary<string, double[]> all, bool gradDrop)
    {
        foreach (AtpSite site in _sites)
        {
            Shape shape = _attended[site.Hook(0, "hook_attn_scores")].Shape;
            foreach (string node in s_nodes.Where(n => !site.IsCross || n != "mlp_out"))
            {
                bool ofKeys = node is "k" or "v" or "k_fix";
                string name = site.Prefix + node;
                double[] plain = all["atp_" + name];
                int positions = ofKeys ? shape[3] : shape[2];
                var nodes = new AtpNodes(site.Layers, positions, node == "mlp_out" ? 0 : plain.Length / (site.Layers * positions),
                    site.Stack == "encoder" || (site.IsCross && ofKeys));
                Scores["atp_" + name] = new(plain, nodes);
                if (!gradDrop)
                {
                    continue;
                }
                double[][] dropped = [.. Enumerable.Range(0, _blocks.Length)
                    .Select(d => all[string.Create(CultureInfo.InvariantCulture, $"dropped{d}_{name}")])];
                double[] mean = new double[plain.Length];
                for (int i = 0; i < mean.Length; i++)
                {
                    mean[i] = dropped.Length > 1 ? dropped.Sum(d => Math.Abs(d[i])) / (dropped.Length - 1) : 0;
                }
                Scores["graddrop_" + name] = new(mean, nodes);
                Scores["dropped_" + name] = new([.. dropped.SelectMany(d => d)], nodes);
            }
        }
    }
}
