using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>Which number is taken of a whole sequence of probability p.</summary>
public enum SequenceStep
{
    /// <summary>ln p, nats: the sum of the tokens' log-probabilities.</summary>
    LogProbability,

    /// <summary>p itself; it underflows for long sequences.</summary>
    Probability,

    /// <summary>ln p − ln(1 − p), nats.</summary>
    LogOdds,

    /// <summary>e^(−ln p / n), n tokens: as unsure as a choice among so many.</summary>
    Perplexity,
}

/// <summary>All tokens of a continuation as one target: the log-probability, probability, log-odds or perplexity of the whole.</summary>
/// <remarks>
/// What Captum's language-model attribution calls the sequence score. For methods that are linear in the score, explaining the sum is
/// summing the explanations; for lasso, norms and p it is not.
/// </remarks>
public sealed class WholeSequence : ScoreFunction
{
    private readonly ScoreFunction _tokens;
    private readonly SequenceStep _step;

    /// <summary>The sequence that the targets of another function make up.</summary>
    /// <param name="tokens">A function whose step is <c>log_probability</c>.</param>
    /// <param name="step">Which number is taken.</param>
    /// <exception cref="VitrineException">The function's scores are something else.</exception>
    public WholeSequence(ScoreFunction tokens, SequenceStep step = SequenceStep.LogProbability)
    {
        (_tokens, _step) = (tokens, step);
        if (tokens.StepName != "log_probability")
        {
            throw new VitrineException($"whole sequence: these scores have no meaningful sum; got step '{tokens.StepName}'; expected "
                + $"log_probability.");
        }
        Targets = [new ScoreTarget
        {
            Label = string.Concat(tokens.Targets.Select(target => target.Label)),
            Reach = [.. tokens.Sides.Select((_, side) => tokens.Targets.Max(target => target.Reach[side]))],
        }];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<InputSide> Sides => _tokens.Sides;

    /// <inheritdoc/>
    public override IReadOnlyList<ScoreTarget> Targets { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<InputToken>? TargetTokens => _tokens.TargetTokens;

    /// <inheritdoc/>
    public override string StepName => _step switch
    {
        SequenceStep.Probability => "sequence_probability",
        SequenceStep.LogOdds => "sequence_log_odds",
        SequenceStep.Perplexity => "sequence_perplexity",
        _ => "sequence_log_probability",
    };

    /// <summary>The names of <see cref="StepName"/>, each with the number it stands for.</summary>
    public static IReadOnlyDictionary<string, SequenceStep> Steps { get; } = new Dictionary<string, SequenceStep>
    {
        ["sequence_log_probability"] = SequenceStep.LogProbability,
        ["sequence_probability"] = SequenceStep.Probability,
        ["sequence_log_odds"] = SequenceStep.LogOdds,
        ["sequence_perplexity"] = SequenceStep.Perplexity,
    };

    /// <summary>How many tokens it has.</summary>
    public int Length => _tokens.Targets.Count;

    /// <inheritdoc/>
    public override IReadOnlyList<double> Probabilities => [_tokens.Probabilities.Aggregate((all, p) => all * p)];

    /// <inheritdoc/>
    public override long BytesPerSeed => _tokens.BytesPerSeed;

    /// <inheritdoc/>
    protected internal override ITransformer? Transformer => _tokens.Transformer;

    /// <inheritdoc/>
    public override Tensor Features(IReadOnlyList<Tensor> embeddings)
    {
        Tensor rows = _tokens.Features(embeddings);                                            // [batch, token, feature]
        return rows.Reshape([rows.Shape[0], 1, rows.Shape[1] * rows.Shape[2]]);
    }

    /// <inheritdoc/>
    public override Tensor Head(Tensor features)
    {
        return Whole(_tokens.Head(features.Reshape([features.Shape[0], Length, features.Shape[2] / Length])));
    }

    /// <summary>The same number of another sequence score is no function of this one.</summary>
    /// <exception cref="VitrineException">Always: ask the tokens.</exception>
    public override ScoreFunction WithStep(Func<StepOptions, StepOptions> change) =>
        throw new VitrineException($"whole sequence: it has no score of its own but {StepName}; expected a function over its tokens.");

    /// <inheritdoc/>
    internal override Func<Tensor, int, Tensor>? FromPrefix() =>
        _tokens.FromPrefix() is { } scores ? (embeddings, first) => Whole(scores(embeddings, first)) : null;

    /// <inheritdoc/>
    public override Tensor Embed(int side, Tensor ids) => _tokens.Embed(side, ids);

    /// <inheritdoc/>
    public override int? BaselineId(BaselineKind kind) => _tokens.BaselineId(kind);

    /// <inheritdoc/>
    public override long BytesPerExample(bool recorded) => _tokens.BytesPerExample(recorded);

    private Tensor Whole(Tensor logProbabilities)
    {
        Tensor sum = logProbabilities.Sum([1], keepAxes: true);
        return _step switch
        {
            SequenceStep.Probability => sum.Exp(),
            SequenceStep.Perplexity => sum.Scale(-1f / Length).Exp(),
            SequenceStep.LogOdds => sum - sum.Exp().Scale(-1, 1).Log(),
            _ => sum,
        };
    }
}
