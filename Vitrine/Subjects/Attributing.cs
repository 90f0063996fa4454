using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>From a request to what methods find.</summary>
internal static class Attributing
{
    /// <summary>The parameters of methods that a request names.</summary>
    /// <exception cref="VitrineException">A value is not known or out of range.</exception>
    public static AttributionRequest Request(ExplainRequest of, IProgress<AttributionProgress>? progress,
        CancellationToken cancellation) => new()
        {
            Baseline = of.Baseline,
            Skip = of.Skip.Count > 0 ? new TokenFilter([.. of.Skip]) : null,
            Steps = of.Steps,
            CompletenessGap = of.Gap,
            Quadrature = of.Quadrature is { } quadrature ? Quadrature.Get(quadrature) : Quadrature.GaussLegendre,
            Aggregator = of.Aggregate,
            Compat = of.Compat,
            Seed = of.Seed,
            Hooks = of.Hooks,
            Neurons = of.Neurons,
            Layers = of.Layers,
            Heads = of.Heads,
            Samples = of.Samples,
            Window = of.Window ?? AttributionRequest.Default.Window,
            Stride = of.Stride ?? AttributionRequest.Default.Stride,
            NoiseScale = of.Noise,
            Around = of.Around is { } around ? AttributionMethods.Get(around).Name : AttributionRequest.Default.Around,
            KeepRaw = of.KeepRaw,
            Progress = progress,
            Cancellation = cancellation,
        };

    /// <summary>Throws when a request is wrong whatever the model is.</summary>
    /// <exception cref="VitrineException">A name is not known, a value is out of range, or settings contradict each other.</exception>
    public static void Check(ExplainRequest request)
    {
        _ = ResultForm.Of(request);
        _ = ScoreChoice.Of(request);
        _ = Request(request, null, CancellationToken.None);
        _ = Methods(request);
        _ = new ContextOptions { Metric = request.ContextScore };
    }

    /// <summary>What of a text a model can explain, explained.</summary>
    /// <param name="loaded">The model.</param>
    /// <param name="request">The text, and what of it is explained how.</param>
    /// <param name="progress">Told after every chunk of work.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <exception cref="VitrineException">The request does not fit the model.</exception>
    public static Figure Explain(LoadedModel loaded, ExplainRequest request, IProgress<WorkProgress>? progress,
        CancellationToken cancellation)
    {
        ScoreChoice score = ScoreChoice.Of(request);
        IAttributionMethod[] named = Methods(request);
        if (ContextSubject.IsAsked(loaded, request))
        {
            return OfContext(loaded, request, Run(request, Group(request, named, score), score), score, progress, cancellation);
        }
        Subject what = SubjectFinder.Find(loaded, request, score, progress, cancellation);
        IAttributionMethod[] chosen = named.Length > 0 ? named : [AttributionMethods.Get(DefaultMethod(loaded))];
        IAttributionMethod[] methods = Run(
            request, Group(request, OptionByOption.For(loaded.Model, chosen, request.Labels.Count > 0), score), score);
        List<AttributionResult> results = [];
        foreach (IAttributionMethod method in methods)
        {
            AttributionResult result = method.Attribute(what.Function, Request(request, Named(progress, method.Name), cancellation));
            _ = Choices.Finite(loaded, Tensor.From([.. result.Targets.Select(t => (float)t.Score)], [result.Targets.Count]));
            results.Add(GoldAlignment.Measure(request.GoldAlignment, what.Label(score.Accompany(result, what.Function))));
            cancellation.ThrowIfCancellationRequested();
        }
        return GoldAlignment.Show(ResultForm.Of(request).Apply(new Figure
        {
            Title = loaded.Name,
            Facts = [.. loaded.Facts, .. what.Facts],
            Predictions = what.Predictions,
            Marks = what.Marks,
            Written = what.Written,
            Results = results,
        }, request.Top));
    }

    private static Figure OfContext(
        LoadedModel loaded, ExplainRequest request, IAttributionMethod[] methods, ScoreChoice score, IProgress<WorkProgress>? progress,
            CancellationToken cancellation)
    {
        ContextOptions measure = ContextSubject.Options(request, score, methods);
        (ContextualText text, string written) = ContextSubject.Find(loaded, request, progress, cancellation);
        ContextReliance found = ContextAnalysis.Explain(text, measure, Request(request, Named(progress, "context"), cancellation));
        return new Figure
        {
            Title = loaded.Name,
            Facts = [.. loaded.Facts, .. written.Length > 0 ? [new Fact("written", written)] : (Fact[])[]],
            Context = found,
            Results = found.Attribution is { } attribution ? [attribution] : [],
        };
    }

    // The methods that a request names, each once.
    private static IAttributionMethod[] Methods(ExplainRequest request) => [.. request.Methods.Distinct().Select(AttributionMethods.Get)];

    // The same methods over groups of tokens; slots that hold other texts are no tokens.
    private static IAttributionMethod[] Group(ExplainRequest request, IAttributionMethod[] methods, ScoreChoice score) =>
        score.Slots is null && request.Groups is { } groups
            ? [.. methods.Select(method => new Grouped(method, f => FeatureGroups.Parse(f, groups)))] : methods;

    private static IAttributionMethod[] Run(ExplainRequest request, IAttributionMethod[] methods, ScoreChoice score)
    {
        IAttributionMethod[] runs = request.Trials == 1 ? methods : [.. methods.Select(method => new Trials(method, request.Trials))];
        return score.HasWhole ? [.. runs.Select(method => new SequenceAndTokens(method))] : runs;
    }

    // A path integral for one score; for a text of many tokens one sweep, which keeps the sign and costs a fiftieth.
    private static string DefaultMethod(LoadedModel loaded) =>
        loaded.Writes ? Vitrine.Methods.InputXGradient : Vitrine.Methods.IntegratedGradients;

    private static WorkProgress.Named<AttributionProgress>? Named(IProgress<WorkProgress>? progress, string what) =>
        progress is null ? null : new(progress, what, at => (at.Done, at.Total));
}
