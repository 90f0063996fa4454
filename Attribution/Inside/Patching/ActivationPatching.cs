using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// Activation patching: the metric of the base run with one piece of one activation set to its value in the other run. Vig et al. 2020;
/// Meng et
/// al. 2022; Heimersheim and Nanda 2024, “How to use and interpret activation patching”.
/// </summary>
/// <remarks>
/// All pieces of a block are one batch that branches off at its hook: what lies before is computed once, of a language model only the
/// position of the answer goes through the last feed-forward layer, and positions before the first difference come from a cache.
/// </remarks>
public static class ActivationPatching
{
    /// <summary>Patches every piece of a place in every block.</summary>
    /// <param name="model">The model.</param>
    /// <param name="pairs">The pairs; all of equally many tokens where positions are kept apart.</param>
    /// <param name="place">What is replaced.</param>
    /// <param name="request">Direction, axes, layers, memory.</param>
    /// <returns>
    /// Tables <c>raw</c> (the metric) and <c>normalised</c> (0 = base run, 1 = the other run), <c>[layer, …]</c>; numbers
    /// <c>metric_clean</c> and <c>metric_corrupted</c>.
    /// </returns>
    /// <exception cref="VitrineException">The model has no such place, or the pairs do not fit together.</exception>
    public static InsideResult Run(ITransformer model, IReadOnlyList<PromptPair> pairs, PatchPlace place, PatchRequest? request = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(place);
        request ??= new();
        var sweep = new PatchSweep(model, pairs, place, request);
        List<double[]> raw = [];
        List<double> bases = [], sources = [];
        for (int p = 0; p < pairs.Count; p++)
        {
            (ModelInput @base, ModelInput source) = request.Of(pairs[p]);
            double atBase = Value(model, @base, pairs[p].Metric), atSource = Value(model, source, pairs[p].Metric);
            double[] values = sweep.Of(pairs[p], atBase, p);
            raw.Add(values);
            bases.Add(atBase);
            sources.Add(atSource);
        }
        (double[] mean, double[]? low, double[]? high) = PairStatistics.Mean(raw, request.Resamples, request.Seed);
        (double mBase, double mSource) = (bases.Average(), sources.Average());
        // Of the means, as TransformerLens' demos do: a pair whose two runs agree has no scale of its own.
        (double[] shares, double[]? least, double[]? most) =
            PairStatistics.Share(raw, bases, sources, request.Resamples, request.Seed);
        InsideAxis[] axes = sweep.Axes();
        Dictionary<string, double> numbers = Metrics(request.Direction, mBase, mSource);
        return new()
        {
            Method = "activation_patching",
            Direction = request.Direction.ToString().ToLowerInvariant(),
            Metric = pairs[0].Metric.Name,
            Numbers = numbers,
            Tables =
            [
                InsideTable.Of("normalised", "share of the gap between the runs that the patch closes: 0 = base run, 1 = the other run",
                    shares, axes) with { Low = least, High = most },
                InsideTable.Of("raw", InsideMetric.MeaningOf(pairs), mean, axes) with { Low = low, High = high },
            ],
            Parameters = sweep.Parameters(pairs.Count),
            Warnings = PairStatistics.Doubts(pairs[0].Metric, numbers["metric_clean"], numbers["metric_corrupted"]),
        };
    }

    internal static double Value(ITransformer model, ModelInput input, InsideMetric metric)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        return new MetricRun(model, input, metric).Value(whole: false).ToArray()[0];
    }

    internal static Dictionary<string, double> Metrics(PatchDirection direction, double atBase, double atSource) => new()
    {
        ["metric_clean"] = direction == PatchDirection.Denoise ? atSource : atBase,
        ["metric_corrupted"] = direction == PatchDirection.Denoise ? atBase : atSource,
    };
}

/// <summary>The batches that make a table of patches.</summary>
internal sealed class PatchSweep(ITransformer model, IReadOnlyList<PromptPair> pairs, PatchPlace place, PatchRequest request)
{
    private readonly string _stack = request.StackOf(model);
    private readonly PatchAxes _axes = request.AxesOf(place);
    private int[]? _lengths;

    public IReadOnlyList<int> Layers => field ??= request.Layers ?? [.. Enumerable.Range(0, place.LayersOf(model, request.StackOf(model)))];

    /// <summary>Metrics of all patches of a pair, <c>[layer, …]</c>.</summary>
    public double[] Of(PromptPair pair, double atBase, int number)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        (ModelInput @base, ModelInput source) = request.Of(pair);
        int start = _stack == "blocks" ? pair.FirstDifference : 0;
        MetricRun run = new MetricRun(model, @base, pair.Metric).From(start);
        string[] hooks = [.. Layers.Select(layer => place.HookOf(_stack, layer))];
        Dictionary<string, Tensor> values = Capture(model, source, hooks);
        Dictionary<string, Tensor> own;
        using (ActivationCache cache = model.Cache(hooks))
        {
            _ = run.Value();
            own = hooks.ToDictionary(h => h, h => cache[h]);
        }
        List<double> all = [];
        for (int i = 0; i < hooks.Length; i++)
        {
            request.Cancellation.ThrowIfCancellationRequested();
            all.AddRange(Block(run, hooks[i], values[hooks[i]], own[hooks[i]].ToArray(), atBase));
            request.Progress?.Report(((double)number + ((i + 1.0) / hooks.Length)) / pairs.Count);
        }
        return [.. all];
    }

    /// <summary>
    /// Σ difference · gradient of every piece of one activation, over all positions: those that were not computed have 0.
    /// </summary>
    public double[] Dots((Tensor Difference, Tensor Gradient, Tensor Base) node, int positions, int start)
    {
        int axis = place.Kind == PlaceKind.Pattern ? 2 : 1;
        Shape shape = node.Difference.Shape;
        bool isCut = shape[axis] == 1 && positions - start > 1; // the answer's position alone
        int length = place.OfSource || _stack == "encoder" ? shape[axis] : positions;
        var whole = new PatchGrid(place.Kind, _axes, shape.With(axis, length));
        _lengths ??= whole.Lengths;
        if (!_lengths.SequenceEqual(whole.Lengths))
        {
            throw new VitrineException(
                $"patch: a pair of another length; got [{string.Join(", ", whole.Lengths)}] pieces after [{string.Join(", ", _lengths)}]; "
                + "expected pairs of equally many tokens, or --axes unit.");
        }
        var grid = new PatchGrid(place.Kind, _axes, shape);
        double[] dots = grid.Dots(node.Difference.ToArray(), node.Gradient.ToArray());
        int first = isCut ? (pairs[0].Metric.Position is var at and >= 0 ? at : positions + pairs[0].Metric.Position) : start;
        return shape[axis] == length ? dots : Spread(dots, grid.Lengths, whole.Lengths, first, 0);
    }



    public InsideAxis[] Axes()
    {
        PromptPair first = pairs[0];
        int[] lengths = _lengths ?? throw new InvalidOperationException("patch: no pair has run.");
        bool source = place.OfSource || _stack == "encoder";
        string[] Positions(int n, bool ofSource) => [.. Enumerable.Range(0, n).Select(p => first.Label(p, ofSource))];
        string unit = place.Kind == PlaceKind.Neurons ? "neuron" : "head";
        InsideAxis layers = new("layer", [.. Layers.Select(l => l.ToString(CultureInfo.InvariantCulture))]);
        return
        [
            layers, .. (place.Kind, _axes) switch
            {
                (_, PatchAxes.Layer) => Array.Empty<InsideAxis>(),
                (_, PatchAxes.Position) => [new("position", Positions(lengths[0], source))],
                (_, PatchAxes.Unit) => [InsideAxis.Numbered(unit, lengths[0])],
                (_, PatchAxes.PositionUnit) => [new("position", Positions(lengths[0], source)), InsideAxis.Numbered(unit, lengths[1])],
                (_, PatchAxes.Query) => [InsideAxis.Numbered("head", lengths[0]), new("query", Positions(lengths[1], _stack == "encoder"))],
                _ => [InsideAxis.Numbered("head", lengths[0]), new("query", Positions(lengths[1], _stack == "encoder")),
                    new("key", Positions(lengths[2], source || place.Name == "cross_pattern"))],
            },
        ];
    }

    public Dictionary<string, string> Parameters(int count) => new()
    {
        ["place"] = place.Name,
        ["stack"] = _stack,
        ["pairs"] = count.ToString(CultureInfo.InvariantCulture),
        ["byte_budget"] = request.ByteBudget.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Activations of an input by hook, batch 1.</summary>
    public static Dictionary<string, Tensor> Capture(ITransformer model, ModelInput input, IReadOnlyList<string> hooks)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        using ActivationCache cache = model.Cache([.. hooks]);
        _ = model is ILanguageModel language ? language.Hidden(input) : model.Forward(input);
        return hooks.ToDictionary(h => h, h => cache[h]);
    }

    private double[] Block(MetricRun run, string hook, Tensor source, float[] own, double atBase)
    {
        var whole = new PatchGrid(place.Kind, _axes, source.Shape);
        if (_lengths is not null && !_lengths.SequenceEqual(whole.Lengths))
        {
            throw new VitrineException(
                $"patch: a pair of another length; got [{string.Join(", ", whole.Lengths)}] pieces after [{string.Join(", ", _lengths)}]; "
                + "expected pairs of equally many tokens, or --axes unit.");
        }
        _lengths ??= whole.Lengths;
        Tensor cut = Cut(source, run.Start);
        var grid = new PatchGrid(place.Kind, _axes, cut.Shape);
        float[] values = cut.ToArray();
        int[] changed = [.. Enumerable.Range(0, grid.Count).Where(piece => !grid.AreEqual(piece, values, own))];
        double[] results = new double[grid.Count];
        Array.Fill(results, atBase);
        long bytesEach = 6L * run.Positions * sizeof(float) * Math.Max(4 * model.Info.DModel, model.Info.NHeads * run.Positions);
        int atOnce = (int)Math.Clamp(request.ByteBudget / Math.Max(1, Math.Max(bytesEach, values.Length * sizeof(float))), 1, 64);
        foreach (int[] chunk in changed.Chunk(atOnce))
        {
            request.Cancellation.ThrowIfCancellationRequested();
            using HookScope branch = model.Branch(hook, (_, x) =>
            {
                float[] rows = new float[chunk.Length * values.Length];
                for (int i = 0; i < chunk.Length; i++)
                {
                    Span<float> row = rows.AsSpan(i * values.Length, values.Length);
                    own.CopyTo(row);
                    grid.Copy(chunk[i], values, row);
                }
                return Tensor.From(rows, x.Shape.With(0, chunk.Length), x.Device);
            });
            float[] metrics = run.Value(whole: !run.IsBeforeCut(hook)).ToArray();
            for (int i = 0; i < chunk.Length; i++)
            {
                results[chunk[i]] = metrics[metrics.Length == 1 ? 0 : i];
            }
        }
        return run.Start == 0 ? results : Spread(results, grid.Lengths, whole.Lengths, run.Start, atBase);
    }

    // The positions from the run's start on; a pattern's queries.
    private Tensor Cut(Tensor x, int start) => start == 0 ? x
        : place.Kind == PlaceKind.Pattern ? x.Slice(2, start, x.Shape[2] - start) : x.Slice(1, start, x.Shape[1] - start);

    // Results of later positions among those of all: earlier ones are equal in both runs, and change nothing.
    private double[] Spread(double[] results, int[] lengths, int[] whole, int start, double atBase)
    {
        int axis = (place.Kind, _axes) switch
        {
            (PlaceKind.Pattern, PatchAxes.Query or PatchAxes.QueryKey) => 1,
            (not PlaceKind.Pattern, PatchAxes.Position or PatchAxes.PositionUnit) => 0,
            _ => -1,
        };
        if (axis < 0)
        {
            return results;
        }
        double[] spread = new double[whole.Aggregate(1, (product, n) => product * n)];
        Array.Fill(spread, atBase);
        int inner = lengths.Skip(axis + 1).Aggregate(1, (product, n) => product * n), outer = lengths.Take(axis)
            .Aggregate(1, (product, n) => product * n);
        for (int o = 0; o < outer; o++)
        {
            results.AsSpan(o * lengths[axis] * inner, lengths[axis] * inner).CopyTo(spread.AsSpan(((o * whole[axis]) + start) * inner));
        }
        return spread;
    }
}
