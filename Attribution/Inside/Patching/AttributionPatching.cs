using System.Globalization;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// Attribution patching: the first-order estimate of every activation patch at once, (source − base) · ∂metric/∂activation at the base run.
/// Nanda
/// 2023, “Attribution patching”; Syed, Rager and Conmy 2023.
/// </summary>
/// <remarks>
/// Two forward passes and one backward pass, whatever the number of places. It is exact only where the rest of the model is linear: large
/// changes, and those that a softmax saturates, are misjudged. <see cref="ActivationPatching"/> is the check.
/// </remarks>
public static class AttributionPatching
{
    /// <summary>Estimates the patches of several places.</summary>
    /// <param name="model">The model.</param>
    /// <param name="pairs">The pairs.</param>
    /// <param name="places">What would be replaced.</param>
    /// <param name="request">Direction, axes, layers.</param>
    /// <returns>One table per place, <c>[layer, …]</c>: the estimated change of the metric.</returns>
    /// <exception cref="VitrineException">The model has no such place, or the pairs do not fit together.</exception>
    public static InsideResult Run(ITransformer model, IReadOnlyList<PromptPair> pairs, IReadOnlyList<PatchPlace> places,
        PatchRequest? request = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(places);
        request ??= new();
        string stack = request.StackOf(model);
        PatchSweep[] sweeps = [.. places.Select(place => new PatchSweep(model, pairs, place, request))];
        string[] hooks = [.. places.SelectMany((place, i) => sweeps[i].Layers.Select(layer => place.HookOf(stack, layer)))];
        List<double[]>[] scores = [.. places.Select(_ => new List<double[]>())];
        List<double> bases = [], sources = [];
        for (int p = 0; p < pairs.Count; p++)
        {
            request.Cancellation.ThrowIfCancellationRequested();
            (ModelInput @base, ModelInput source) = request.Of(pairs[p]);
            int start = stack == "blocks" ? pairs[p].FirstDifference : 0;
            NodeGradients nodes = NodeGradients.Of(model, @base, source, pairs[p].Metric, hooks, start);
            (double atBase, double atSource) = (nodes.MetricBase, nodes.MetricSource);
            bases.Add(atBase);
            sources.Add(atSource);
            for (int i = 0; i < places.Count; i++)
            {
                List<double> all = [];
                foreach (int layer in sweeps[i].Layers)
                {
                    all.AddRange(sweeps[i].Dots(nodes[places[i].HookOf(stack, layer)], pairs[p].Positions, nodes.Start));
                }
                scores[i].Add([.. all]);
            }
            request.Progress?.Report((p + 1.0) / pairs.Count);
        }
        return new()
        {
            Method = "attribution_patching",
            Direction = request.Direction.ToString().ToLowerInvariant(),
            Metric = pairs[0].Metric.Name,
            Numbers = ActivationPatching.Metrics(request.Direction, bases.Average(), sources.Average()),
            Tables =
            [
                .. places.Select((place, i) =>
                {
                    (double[] mean, double[]? low, double[]? high) = PairStatistics.Mean(scores[i], request.Resamples, request.Seed);
                    return InsideTable.Of(place.Name, "estimated change of the metric: (source − base) · gradient at the base run", mean,
                        sweeps[i].Axes()) with { Low = low, High = high };
                }),
            ],
            Parameters = new Dictionary<string,
                string>
            { ["stack"] = stack, ["pairs"] = pairs.Count.ToString(CultureInfo.InvariantCulture) },
        };
    }
}

/// <summary>What two runs of a model differ by at some hooks, and the gradient of a metric there at the base run.</summary>
internal sealed class NodeGradients
{
    private readonly Dictionary<string, (Tensor Difference, Tensor Gradient, Tensor Base)> _nodes = [];

    private NodeGradients() { }

    public double MetricBase { get; private init; }

    public double MetricSource { get; private init; }

    /// <summary>The first position that is in the tensors.</summary>
    public int Start { get; private init; }

    /// <summary>source − base and ∂metric/∂base of a hook.</summary>
    public (Tensor Difference, Tensor Gradient, Tensor Base) this[string hook] => _nodes[hook];

    /// <summary>Runs both inputs.</summary>
    /// <param name="model">The model.</param>
    /// <param name="input">The base run.</param>
    /// <param name="source">The other.</param>
    /// <param name="metric">What is differentiated.</param>
    /// <param name="hooks">Where.</param>
    /// <param name="start">The first position that differs.</param>
    public static NodeGradients Of(ITransformer model, ModelInput input, ModelInput source, InsideMetric metric, string[] hooks, int start)
    {
        MetricRun other = new MetricRun(model, source, metric).From(start), run = new MetricRun(model, input, metric).From(start);
        bool whole = !hooks.All(hook => run.IsBeforeCut(hook) || IsBehind(hook));
        Dictionary<string, Tensor> theirs;
        double atSource;
        using (Recorder.Suspend())
        {
            using ActivationCache cache = model.Cache(hooks);
            atSource = other.Value(whole).ToArray()[0];
            theirs = hooks.ToDictionary(h => h, h => cache[h]);
        }
        using ActivationCache own = model.Cache(hooks);
        using var tape = new Tape();
        Tensor value = run.Value(whole);
        // What cannot matter has no path to the metric: the positions after an answer, the last block's other positions. Its gradient is 0.
        Gradients gradients = tape.Gradient(value, [.. hooks.Select(h => own[h])]);
        var result = new NodeGradients { MetricBase = value.ToArray()[0], MetricSource = atSource, Start = run.Start };
        using Recorder.Pause pause = Recorder.Suspend();
        foreach (string hook in hooks)
        {
            result._nodes[hook] = (theirs[hook] - own[hook], gradients[own[hook]], own[hook]);
        }
        return result;
    }

    // The last block's feed-forward layer: only the answer's position has a gradient there, so cutting loses nothing.
    private static bool IsBehind(string hook) => hook.EndsWith(".hook_mlp_out", StringComparison.Ordinal)
        || hook.EndsWith(".hook_resid_post", StringComparison.Ordinal)
        || hook.EndsWith(".hook_post", StringComparison.Ordinal) || hook.EndsWith(".hook_pre", StringComparison.Ordinal)
        || hook.EndsWith(".hook_pre_linear", StringComparison.Ordinal) || hook.Contains(".ln2.", StringComparison.Ordinal)
        || hook.EndsWith(".hook_normalized_resid_post", StringComparison.Ordinal);
}
