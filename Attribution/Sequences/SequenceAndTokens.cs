using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// A method over the tokens of a written text, and over the text as a whole: one target per token, and after them one for all together, ln
/// p of the text (or p) against every input token.
/// </summary>
/// <remarks>
/// Captum's language-model attribution: its <c>token_attr</c> and <c>seq_attr</c>, by any method that reads the score. Where the method is
/// linear in the score, the last row of log-probabilities is the sum of the others; a norm, a lasso or p itself is explained on its own.
/// </remarks>
/// <param name="method">The method.</param>
public sealed class SequenceAndTokens(IAttributionMethod method) : IAttributionMethod
{
    /// <summary>What the row of the whole text is called.</summary>
    public const string Label = "(whole)";

    // They say where a model looks for one token, or explain a neuron.
    private static readonly string[] s_blind = [.. AttributionMethods.ThatLookInside, "neuron_gradient", "neuron_integrated_gradients",
        "reagent"];

    /// <inheritdoc/>
    public string Name => method.Name;

    /// <inheritdoc/>
    public string Citation => method.Citation;

    /// <inheritdoc/>
    public string Cost => $"2 × ({method.Cost})";

    /// <inheritdoc/>
    public string SumsTo => method.SumsTo;

    /// <summary>
    /// The tokens' rows, then the row of the whole text, with its number of tokens in <see cref="ExplainedTarget.SequenceLength"/>.
    /// </summary>
    /// <exception cref="VitrineException">The scores are neither probabilities nor their logarithms, or the method follows no score of
    /// several tokens.</exception>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        if (s_blind.Contains(Name))
        {
            throw new VitrineException($"{Name}: it follows no score of a whole text; got a sequence; "
                + $"expected a method that does, such as integrated_gradients or feature_ablation.");
        }
        WholeSequence whole = f.StepName switch
        {
            "log_probability" => new(f),
            "probability" => new(f.WithStep(step => step with { Function = StepFunctions.Get("log_probability") }),
                SequenceStep.Probability),
            var step => throw new VitrineException($"sequence: these scores have no meaning for a whole text; got '{step}'; "
                + $"expected log_probability or probability."),
        };
        AttributionResult tokens = method.Attribute(f, request), all = method.Attribute(whole, request);
        return tokens with
        {
            Targets = [.. tokens.Targets, all.Targets[0] with { Label = Label, SequenceLength = whole.Length }],
            Sides = [.. tokens.Sides.Zip(all.Sides, (side, one) => side with
            {
                Scores = [.. side.Scores, .. one.Scores],
                Raw = side.Raw is { } rows && one.Raw is { } row ? TensorOps.Concat(0, rows, row) : null,
            })],
            Warnings = [.. tokens.Warnings.Union(all.Warnings)],
        };
    }

    /// <summary>A result without rows of whole texts.</summary>
    internal static AttributionResult TokensOf(AttributionResult result) =>
        result.Targets.All(target => target.SequenceLength is null) ? result : result with
        {
            Targets = [.. result.Targets.Where(target => target.SequenceLength is null)],
            Sides = [.. result.Sides.Select(side => side with
        {
            Scores = [.. side.Scores.Where((_, t) => result.Targets[t].SequenceLength is null)],
            Raw = side.Raw is { } raw ? TensorOps.Concat(0,
                [.. Enumerable.Range(0, result.Targets.Count).Where(t => result.Targets[t].SequenceLength is null)
                    .Select(t => raw.Slice(0, t, 1))]) : null,
        })],
        };
}
