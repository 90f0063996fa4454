using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>A score function made of another: all but targets, features and scores is the other's.</summary>
internal abstract class WrappedScore(ScoreFunction inner) : ScoreFunction
{
    public override IReadOnlyList<InputSide> Sides => Inner.Sides;

    public override IReadOnlyList<ScoreTarget> Targets => Inner.Targets;

    public override string StepName => Inner.StepName;

    public override string? Model => Inner.Model;

    public override IReadOnlyList<InputToken>? TargetTokens => Inner.TargetTokens;

    public override IReadOnlyList<double> Probabilities => Inner.Probabilities;

    public override long BytesPerSeed => Inner.BytesPerSeed;

    protected internal override ITransformer? Transformer => Inner.Transformer;

    protected ScoreFunction Inner => inner;

    public override Tensor Features(IReadOnlyList<Tensor> embeddings) => Inner.Features(embeddings);

    public override Tensor Head(Tensor features) => Inner.Head(features);

    public override Tensor Embed(int side, Tensor ids) => Inner.Embed(side, ids);

    public override int? BaselineId(BaselineKind kind) => Inner.BaselineId(kind);

    public override long BytesPerExample(bool recorded) => Inner.BytesPerExample(recorded);
}
