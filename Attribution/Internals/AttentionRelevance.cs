using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// Relevance carried up through attention: starting from <c>R = I</c>, every layer adds <c>Ā·R</c>, where
/// <c>Ā = mean_head max(0, A ⊙ ∂f/∂A)</c> keeps what speaks for the target; the row of the target's position is the answer.
/// </summary>
/// <remarks>
/// One rule for models that look at the whole text, left to right, or (encoder–decoders) from a target to a source, where relevance to the
/// source grows by <c>R̄_ttᵀ·Ā·R̄_ss</c> in cross-attention, R̄ being R − I with rows divided by their sums, plus I. Equations 5 to 10 of
/// the paper, without its earlier variant's layer-wise relevance. Scores are at least 0: what speaks against the target is not seen.
/// </remarks>
public sealed class AttentionRelevance : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "attention_relevance";

    /// <inheritdoc/>
    public string Citation => "Chefer, Gur & Wolf 2021, Generic attention-model explainability for interpreting bi-modal and "
        + "encoder-decoder transformers";

    /// <inheritdoc/>
    public string Cost => "1 forward, 1 backward";

    /// <inheritdoc/>
    public string SumsTo => "nothing in particular; the read position keeps 1 for itself";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        double[][] raw = [.. f.Sides.Select(side => new double[f.Targets.Count * side.Length])];
        double[] scores = AttentionPatterns.WithGradients(f, request, (target, patterns, gradients) =>
        {
            (Tensor own, Tensor? source) = Relevance(patterns, gradients);
            for (int side = 0; side < raw.Length; side++)
            {
                Tensor seen = f.Sides[side].Name == "source" && source is not null ? source : own;
                Tensor row = f.Targets[target].Position is { } read ? seen.Select(0, read) : seen.Mean([0]);
                Array.ConvertAll(row.ToArray(), value => (double)value).CopyTo(raw[side], target * row.Shape[0]);
            }
        });
        for (int side = 0; side < raw.Length; side++)
        {
            for (int i = 0; i < raw[side].Length; i++)
            {
                raw[side][i] = f.Sides[side].IsPadding(i % f.Sides[side].Length) ? 0 : raw[side][i];
            }
        }
        return new Report(this, f, request) { Raw = raw, Scores = scores }.Make();
    }

    /// <summary>Relevance of every token to every position of its own side, and of the source to it: <c>[query, key]</c> each.</summary>
    private static (Tensor Own, Tensor? Source) Relevance(AttentionPatterns patterns, AttentionPatterns gradients)
    {
        Tensor[] self = Favourable(patterns.Self, gradients.Self), cross = Favourable(patterns.Cross, gradients.Cross);
        Tensor own = Identity(self[0].Shape[0]);
        if (cross.Length == 0)
        {
            return (self.Aggregate(own, (r, a) => r + a.MatMul(r)), null);
        }
        Tensor encoder = Favourable(patterns.Encoder, gradients.Encoder).Aggregate(Identity(cross[0].Shape[1]), (r, a) => r + a.MatMul(r));
        Tensor encoded = Normalised(encoder), source = Tensor.Zeros(cross[0].Shape);
        for (int layer = 0; layer < self.Length; layer++)
        {
            source += self[layer].MatMul(source);
            own += self[layer].MatMul(own);
            source += Normalised(own).Transpose().MatMul(cross[layer].MatMul(encoded));
        }
        return (own, source);
    }

    /// <summary>mean_head max(0, A ⊙ ∂f/∂A). <c>[query, key]</c></summary>
    private static Tensor[] Favourable(AttentionPatterns.Layer[] patterns, AttentionPatterns.Layer[] gradients) =>
        [.. patterns.Zip(gradients, (a, g) => (a.Pattern * g.Pattern).Relu().Mean([0]))];

    /// <summary>R − I with rows divided by their sums, plus I; a row of zeros stays one.</summary>
    private static Tensor Normalised(Tensor relevance)
    {
        Tensor identity = Identity(relevance.Shape[0]), grown = relevance - identity;
        return (grown / grown.Sum([1], keepAxes: true).Scale(1, 1e-30f)) + identity;
    }

    private static Tensor Identity(int size)
    {
        float[] values = new float[size * size];
        for (int i = 0; i < size; i++)
        {
            values[(i * size) + i] = 1;
        }
        return Tensor.From(values, [size, size]);
    }
}
