using Vitrine.Attributions;
using Vitrine.Tensors;

namespace Vitrine.Tests.Attributions;

/// <summary>A score function without a model: any differentiable function of embeddings, with vocabulary rows to embed ids.</summary>
internal sealed class ToyScoreFunction : ScoreFunction
{
    private readonly Func<IReadOnlyList<Tensor>, Tensor> _score;
    private readonly Tensor _vocabulary;

    /// <param name="score">From one <c>[batch, pos, d]</c> per side to <c>[batch, target]</c>.</param>
    /// <param name="targets">Number of targets.</param>
    /// <param name="vocabulary"><c>[vocab, d]</c></param>
    /// <param name="ids">Token ids, one array per side.</param>
    public ToyScoreFunction(Func<IReadOnlyList<Tensor>, Tensor> score, int targets, Tensor vocabulary, params int[][] ids)
    {
        (_score, _vocabulary) = (score, vocabulary);
        float[] rows = vocabulary.ToArray();
        int d = vocabulary.Shape[1];
        Sides = [.. ids.Select((side, i) => new InputSide
        {
            Name = i == 0 ? "source" : "target",
            Tokens = [.. side.Select(id => new InputToken(id, $"t{id}", IsSpecial: id == 0))],
            Embeddings = Tensor.From([.. side.SelectMany(id => rows[(id * d)..((id + 1) * d)])], [side.Length, d]),
        })];
        Targets = [.. Enumerable.Range(0, targets)
            .Select(t => new ScoreTarget { Label = $"target {t}", Id = t, Reach = [.. ids.Select(side => side.Length)] })];
    }

    public override IReadOnlyList<InputSide> Sides { get; }

    public override IReadOnlyList<ScoreTarget> Targets { get; }

    public override string StepName => "logit";

    public override IReadOnlyList<double> Probabilities => [.. Targets.Select(_ => double.NaN)];

    public long ExampleBytes { get; init; } = 1000;

    public long SeedBytes { get; init; } = 1000;

    public int Forwards { get; private set; }

    public override long BytesPerSeed => SeedBytes;

    public override long BytesPerExample(bool recorded) => ExampleBytes;

    public override int? BaselineId(BaselineKind kind) => kind == BaselineKind.Pad ? 1 : null;

    public override Tensor Features(IReadOnlyList<Tensor> embeddings)
    {
        Forwards++;
        Tensor scores = _score(embeddings);
        return scores.Reshape([.. scores.Shape.Axes, 1]);
    }

    public override Tensor Embed(int side, Tensor ids)
    {
        float[] rows = _vocabulary.ToArray();
        int d = _vocabulary.Shape[1];
        return Tensor.From([.. ids.ToIntArray().SelectMany(id => rows[(id * d)..((id + 1) * d)])], [.. ids.Shape.Axes, d]);
    }
}
