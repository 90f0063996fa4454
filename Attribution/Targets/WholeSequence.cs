using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>All tokens of a continuation as one target: ln p of the whole, the sum of the tokens' log-probabilities; or p itself.</summary>
/// <remarks>
/// What Captum's language-model attribution calls the sequence score. For methods that are linear in the score, explaining the sum is
/// summing the explanations; for lasso, norms and p it is not.
/// </remarks>
public sealed class WholeSequence : ScoreFunction
{
    private readonly ScoreFunction _tokens;
    private readonly bool _probability;

    /// <summary>The sequence that the targets of another function make up.</summary>
    /// <param name="tokens">A function whose step is <c>log_probability</c>.</param>
    /// <param name="probability">Whether p is taken instead of ln p; it underflows for long sequences.</param>
    /// <exception cref="VitrineException">The function's scores are something else.</exception>
    public WholeSequence(ScoreFunction tokens, bool probability = false)
    {
        (_tokens, _probability) = (tokens, probability);
        if (tokens.StepName != "log_probability")
        {
            throw new VitrineException($"whole sequence: these scores have no meaningful sum; got step '{tokens.StepName}'; expected log_probability.");
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
    public override string StepName => _probability ? "sequence_probability" : "sequence_log_probability";

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
        int tokens = _tokens.Targets.Count;
        Tensor sum = _tokens.Head(features.Reshape([features.Shape[0], tokens, features.Shape[2] / tokens])).Sum([1], keepAxes: true);
        return _probability ? sum.Exp() : sum;
    }

    /// <inheritdoc/>
    public override Tensor Embed(int side, Tensor ids) => _tokens.Embed(side, ids);

    /// <inheritdoc/>
    public override int? BaselineId(BaselineKind kind) => _tokens.BaselineId(kind);

    /// <inheritdoc/>
    public override long BytesPerExample(bool recorded) => _tokens.BytesPerExample(recorded);
}
