using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Start and end of an answer, and both as one number: the sum of their scores, of their probabilities the product.</summary>
/// <remarks>A reader chooses the span with the largest sum of logits, so the sum is what made it win.</remarks>
internal sealed class AnswerScore : WrappedScore
{
    /// <param name="ends">A function with two targets: the start and the end.</param>
    public AnswerScore(ScoreFunction ends)
        : base(ends)
    {
        (ScoreTarget start, ScoreTarget end) = (ends.Targets[0], ends.Targets[1]);
        Targets = [start, end, new() { Label = FormattableString.Invariant($"answer {start.Position}–{end.Position}"), Reach = start.Reach }];
    }

    public override IReadOnlyList<ScoreTarget> Targets { get; }

    public override IReadOnlyList<double> Probabilities => [.. Inner.Probabilities, Inner.Probabilities[0] * Inner.Probabilities[1]];

    public override Tensor Features(IReadOnlyList<Tensor> embeddings)
    {
        Tensor rows = Inner.Features(embeddings);                                              // [batch, 2, pos]
        (int batch, int width) = (rows.Shape[0], 2 * rows.Shape[2]);
        return rows.Reshape([batch, 1, width]).Expand([batch, 3, width]);                      // every target reads both rows
    }

    public override Tensor Head(Tensor features)
    {
        Tensor[] ends = [.. Enumerable.Range(0, 3).Select(target => Ends(features.Select(1, target)))];
        Tensor start = ends[2].Slice(1, 0, 1), end = ends[2].Slice(1, 1, 1);
        return TensorOps.Concat(1, [ends[0].Slice(1, 0, 1), ends[1].Slice(1, 1, 1), StepName == "probability" ? start * end : start + end]);
    }

    // [batch, 2 · pos] -> [batch, 2]
    private Tensor Ends(Tensor row) => Inner.Head(row.Reshape([row.Shape[0], 2, row.Shape[1] / 2]));
}
