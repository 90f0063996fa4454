using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>An activation of a neuron or feature, and where it was.</summary>
/// <param name="Value">The activation.</param>
/// <param name="Text">Number of the text, from 0.</param>
/// <param name="Position">Its position, from 0.</param>
public readonly record struct UnitActivation(float Value, int Text, int Position);

/// <summary>
/// What fires each neuron of a layer, over any number of texts: the largest activations, mean, share of positive ones. Memory is bounded by
/// neurons × top, not by the texts.
/// </summary>
public sealed class NeuronRecord
{
    private readonly int _top;
    private readonly List<UnitActivation>[] _best;
    private readonly double[] _sum;
    private readonly long[] _positive;

    /// <summary>An empty record.</summary>
    /// <param name="units">How many neurons.</param>
    /// <param name="top">How many activations of each are kept.</param>
    public NeuronRecord(int units, int top = 5) =>
        (_top, _best, _sum, _positive) = (top, [.. Enumerable.Range(0, units).Select(_ => new List<UnitActivation>(top + 1))],
        new double[units], new long[units]);

    /// <summary>How many neurons.</summary>
    public int Units => _best.Length;

    /// <summary>How many positions were seen.</summary>
    public long Count { get; private set; }

    /// <summary>How many texts were seen.</summary>
    public int Texts { get; private set; }

    /// <summary>The largest activations of a neuron, the largest first.</summary>
    public IReadOnlyList<UnitActivation> Top(int unit) => _best[unit];

    /// <summary>The mean activation of a neuron.</summary>
    public double Mean(int unit) => Count == 0 ? 0 : _sum[unit] / Count;

    /// <summary>The share of positions with a positive activation, 0–1.</summary>
    public double FractionPositive(int unit) => Count == 0 ? 0 : (double)_positive[unit] / Count;

    /// <summary>The sum of a unit's activations, and how many are positive.</summary>
    internal (double Sum, long Positive) Sums(int unit) => (_sum[unit], _positive[unit]);

    /// <summary>A record that goes on from saved numbers.</summary>
    internal static NeuronRecord Of(int top, long count, int texts,
        IReadOnlyList<(double Sum, long Positive, IReadOnlyList<UnitActivation> Best)> units)
    {
        var record = new NeuronRecord(units.Count, top) { Count = count, Texts = texts };
        for (int u = 0; u < units.Count; u++)
        {
            (record._sum[u], record._positive[u]) = (units[u].Sum, units[u].Positive);
            record._best[u].AddRange(units[u].Best);
        }
        return record;
    }

    /// <summary>Adds the activations of one text.</summary>
    /// <param name="activations"><c>[pos, unit]</c>, row-major.</param>
    /// <param name="number">The text's number; null: the next.</param>
    public void Add(ReadOnlySpan<float> activations, int? number = null)
    {
        int positions = activations.Length / Units, text = number ?? Texts;
        for (int p = 0; p < positions; p++)
        {
            ReadOnlySpan<float> row = activations.Slice(p * Units, Units);
            for (int u = 0; u < row.Length; u++)
            {
                float a = row[u];
                _sum[u] += a;
                _positive[u] += a > 0 ? 1 : 0;
                List<UnitActivation> best = _best[u];
                if (best.Count < _top || a > best[^1].Value)
                {
                    int at = best.Count;
                    while (at > 0 && best[at - 1].Value < a)
                    {
                        at--;
                    }
                    best.Insert(at, new(a, text, p));
                    if (best.Count > _top)
                    {
                        best.RemoveAt(_top);
                    }
                }
            }
        }
        Count += positions;
        Texts = Math.Max(Texts, text + 1);
    }
}

/// <summary>Neurons of feed-forward layers: which fire in a text, which texts fire them, what they write.</summary>
public static class Neurons
{
    /// <summary>The strongest neurons of a layer in a text.</summary>
    /// <param name="model">The model.</param>
    /// <param name="input">One text.</param>
    /// <param name="layer">From 0.</param>
    /// <param name="top">How many.</param>
    /// <param name="by"><c>max</c>, <c>mean</c> or <c>last</c>: over positions, by magnitude.</param>
    /// <param name="stack"><c>blocks</c>, <c>encoder</c> or <c>decoder</c>; null: the last of the model's stacks.</param>
    /// <param name="metric">Where given, activation · ∂metric/∂activation is added, summed over positions.</param>
    /// <param name="tokens">What positions are called.</param>
    public static InsideResult Strongest(
        ITransformer model, ModelInput input, int layer, int top = 10, string by = "max", string? stack = null,
            InsideMetric? metric = null, IReadOnlyList<string>? tokens = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        string hook = HookOf(model, layer, stack);
        float[] x;
        float[]? slope = null;
        int n;
        if (metric is null)
        {
            Tensor post = PatchSweep.Capture(model, input, [hook])[hook];
            (x, n) = (post.Select(0, 0).ToArray(), post.Shape[2]);
        }
        else
        {
            NodeGradients nodes = NodeGradients.Of(model, input, input, metric, [hook], 0);
            (_, Tensor gradient, Tensor own) = nodes[hook];
            (x, slope, n) = (own.Select(0, 0).ToArray(), gradient.Select(0, 0).ToArray(), own.Shape[2]);
        }
        int positions = x.Length / n;
        double[] size = new double[n], shown = new double[n], effect = new double[n];
        for (int u = 0; u < n; u++)
        {
            for (int p = 0; p < positions; p++)
            {
                double a = x[(p * n) + u];
                shown[u] = by switch
                {
                    "mean" => shown[u] + (a / positions),
                    "last" => a,
                    "max" => p == 0 || Math.Abs(a) > Math.Abs(shown[u]) ? a : shown[u],
                    _ => throw new VitrineException($"neurons: no such summary; got '{by}'; expected max, mean or last."),
                };
                effect[u] += slope is null ? 0 : a * slope[(p * n) + u];
            }
            size[u] = Math.Abs(shown[u]);
        }
        int[] best = LensTrajectory.Best(size, Math.Min(top, n));
        InsideAxis names = new("neuron", [.. best.Select(u => u.ToString(CultureInfo.InvariantCulture))]);
        var places = InsideAxis.Read("position", positions, tokens);
        List<InsideTable> tables =
        [
            InsideTable.Of("neurons", $"{by} activation over positions", [.. best.Select(u => shown[u])], names),
            InsideTable.Of("activations", "activation after the nonlinearity",
                [.. best.SelectMany(u => Enumerable.Range(0, positions).Select(p => (double)x[(p * n) + u]))], names, places),
        ];
        if (metric is not null)
        {
            tables.Add(InsideTable.Of("activation_x_gradient", $"activation · gradient of {metric.Meaning}, sum over positions",
                [.. best.Select(u => effect[u])], names));
        }
        return new()
        {
            Method = "neurons",
            Metric = metric?.Name,
            Tables = tables,
            Parameters = new Dictionary<string,
            string>
            { ["hook"] = hook, ["by"] = by }
        };
    }

    /// <summary>Records what fires the neurons of a layer.</summary>
    /// <param name="model">The model.</param>
    /// <param name="texts">Token ids.</param>
    /// <param name="layer">From 0.</param>
    /// <param name="top">How many activations of each neuron are kept.</param>
    /// <param name="stack">Null: the last of the model's stacks.</param>
    /// <param name="progress">Told how many texts are done.</param>
    /// <param name="cancellation">Stops between texts.</param>
    public static NeuronRecord Record(
        ITransformer model, IEnumerable<int[]> texts, int layer, int top = 5, string? stack = null, Action<int>? progress = null,
            CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        string hook = HookOf(model, layer, stack);
        NeuronRecord? record = null;
        int number = 0;
        foreach (int[] ids in texts)
        {
            cancellation.ThrowIfCancellationRequested();
            if (ids.Length > 0)
            {
                Tensor post = PatchSweep.Capture(model, ModelInput.Of(ids), [hook])[hook];
                record ??= new NeuronRecord(post.Shape[2], top);
                record.Add(post.ToArray(), number);
            }
            number++;
            progress?.Invoke(number);
        }
        return record ?? throw new VitrineException("neurons: no texts; expected at least one.");
    }

    /// <summary>
    /// The tokens that a neuron writes for and against: its row of W_out through the last norm's weight and the unembedding.
    /// </summary>
    /// <remarks>Without the norm's scale, which depends on the text: ranks and signs mean something, sizes are comparable within one
    /// neuron.</remarks>
    /// <param name="model">A language model.</param>
    /// <param name="layer">From 0.</param>
    /// <param name="neuron">From 0.</param>
    /// <param name="top">How many of each.</param>
    /// <param name="stack">Null: the last of the model's stacks.</param>
    public static InsideResult Writes(ITransformer model, int layer, int neuron, int top = 10, string? stack = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        string block = HookOf(model, layer, stack)[..^".mlp.hook_post".Length];
        Tensor w = InsideWeights.Get(model, block + ".mlp.W_out");
        return neuron >= 0 && neuron < w.Shape[0]
            ? Written(model, w.Select(0, neuron).ToArray(), top, $"{block}.mlp neuron {neuron}")
            : throw new VitrineException($"neurons: no such neuron; got {neuron}; expected 0 to {w.Shape[0] - 1}.");
    }

    /// <summary>The tokens that a direction of the stream speaks for and against.</summary>
    internal static InsideResult Written(ITransformer model, float[] direction, int top, string what)
    {
        if (model is not ILanguageModel language)
        {
            throw new VitrineException("writes: the model has no unembedding; expected a language model.");
        }
        using Recorder.Pause pause = Recorder.Suspend();
        float mean = direction.Average();
        bool centred = InsideWeights.IsLayerNorm(model, "ln_final");
        float[]? w = InsideWeights.Find(model, "ln_final.w")?.ToArray();
        float[] x = [.. direction.Select((v, i) => (centred ? v - mean : v) * (w?[i] ?? 1))];
        // without the unembedding's bias
        Tensor zero = language.Logits(Tensor.Zeros([1, 1, x.Length])), logits = language.Logits(Tensor.From(x, [1, 1, x.Length])) - zero;
        double[] scores = Array.ConvertAll(logits.ToArray(), v => (double)v);
        int[] forIt = LensTrajectory.Best(scores, top), against = LensTrajectory.Best(Array.ConvertAll(scores, v => -v), top);
        InsideTable Table(string name, int[] ids) =>
            InsideTable.Of(name, "direction · unembedding, without the norm's scale", [.. ids.Select(i => scores[i])],
            new InsideAxis("token", [.. ids.Select(i => PromptPair.Word(model, i))]));
        return new()
        {
            Method = "writes",
            Tables = [Table("for", forIt), Table("against", against)],
            Parameters = new Dictionary<string,
            string>
            { ["direction"] = what, ["weights"] = "raw" }
        };
    }

    internal static string HookOf(ITransformer model, int layer, string? stack)
    {
        PatchPlace place = PatchPlace.Get("neuron");
        string name = stack ?? new PatchRequest().StackOf(model);
        int layers = place.LayersOf(model, name);
        return layer >= 0 && layer < layers ? place.HookOf(name, layer)
            : throw new VitrineException($"neurons: no such layer; got {layer}; expected 0 to {layers - 1}.");
    }
}
