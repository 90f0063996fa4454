using System.CommandLine;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary>What <c>vitrine evaluate</c> and <c>vitrine report</c> measure.</summary>
internal sealed class EvaluateOptions
{
    private static readonly string[] s_methods = ["saliency", "input_x_gradient", "integrated_gradients", "feature_ablation", "attention_rollout", "random"];

    private static readonly string[] s_metrics = ["comprehensiveness", "sufficiency", "deletion", "insertion", "tau_loo", "infidelity"];

    private readonly Option<string[]> _metrics = new("--metric")
    {
        Description = $"Metric; repeatable, or several with commas, or 'all' (docs/METRICS.md). Default: {string.Join(", ", s_metrics)}; plausibility too where rows have a rationale, alignment_error_rate where they have a gold_alignment.",
        HelpName = "name",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<int?> _limit = new("--limit") { Description = "Stop after so many rows.", HelpName = "n" };

    /// <summary>All of them, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { _metrics, _limit };

    /// <summary>The methods that are compared when none are named.</summary>
    public static IAttributionMethod[] DefaultMethods => [.. s_methods.Select(AttributionMethods.Get)];

    /// <summary>How many rows at most.</summary>
    /// <exception cref="CommandException">The number is not positive.</exception>
    public int Limit(ParseResult parsed) => parsed.GetValue(_limit) is { } limit ? PredictCommand.Positive(limit, "limit") : int.MaxValue;

    /// <summary>Which number is explained: what the command line says, else the probability.</summary>
    public static StepChoice.Chosen Score(ParseResult parsed, SubjectOptions subject, AttributionRequest asked) =>
        subject.Score.Read(parsed, asked.Compat) is { Name: null, Contrast: null, Other: null } nothing ? nothing with { Name = "probability" } : subject.Score.Read(parsed, asked.Compat);

    /// <summary>The metrics a command line names, each once.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="hasRationale">Whether somebody marked the reasons.</param>
    /// <param name="hasAlignment">Whether somebody aligned the words of a translation.</param>
    /// <exception cref="Tensors.VitrineException">There is none of a name.</exception>
    public IMetric[] Metrics(ParseResult parsed, bool hasRationale, bool hasAlignment = false)
    {
        string[] names = [.. (parsed.GetValue(_metrics) ?? []).SelectMany(given => given.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Distinct()];
        return names switch
        {
            [] => [.. s_metrics.Select(Attributions.Metrics.Get), .. Attributions.Metrics.All.Where(metric => IsOfPeople(metric) && Fits(metric))],
            ["all"] => [.. Attributions.Metrics.All.Where(Fits)],
            _ => [.. names.Select(Attributions.Metrics.Get)],
        };
        bool Fits(IMetric metric) => metric switch
        {
            Plausibility => hasRationale,
            AlignmentErrorRate => hasAlignment,
            _ => true,
        };
    }

    private static bool IsOfPeople(IMetric metric) => metric is Plausibility or AlignmentErrorRate;
}
