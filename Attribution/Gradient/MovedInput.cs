using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>The same function at another input: the same tokens with other embeddings.</summary>
internal sealed class MovedInput(ScoreFunction inner, Tensor[] embeddings) : ScoreFunction
{
    public override IReadOnlyList<InputSide> Sides { get; } = [.. inner.Sides.Select((side, i) => new InputSide
    {
        Name = side.Name,
        Texts = side.Texts,
        Tokens = side.Tokens,
        Embeddings = embeddings[i],
        GivenLength = side.GivenLength,
        Mask = side.Mask,
    })];

    public override IReadOnlyList<ScoreTarget> Targets => inner.Targets;

    public override string StepName => inner.StepName;

    public override IReadOnlyList<double> Probabilities => inner.Probabilities;

    public override long BytesPerSeed => inner.BytesPerSeed;

    protected internal override ITransformer? Transformer => inner.Transformer;

    public override long BytesPerExample(bool recorded) => inner.BytesPerExample(recorded);

    public override Tensor Features(IReadOnlyList<Tensor> embeddings) => inner.Features(embeddings);

    public override Tensor Head(Tensor features) => inner.Head(features);

    public override Tensor Embed(int side, Tensor ids) => inner.Embed(side, ids);

    public override int? BaselineId(BaselineKind kind) => inner.BaselineId(kind);
}
