using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>What of an answer is explained.</summary>
public enum AnswerPart
{
    /// <summary>Where it begins.</summary>
    Start,

    /// <summary>Where it ends.</summary>
    End,

    /// <summary>Both as one number: the sum of their scores, of their probabilities the product.</summary>
    Whole,
}

/// <summary>Start and end of an answer, and both as one number: the sum of their scores, of their probabilities the product.</summary>
/// <remarks>A reader chooses the span with the largest sum of logits, so the sum is what made it win.</remarks>
internal sealed class AnswerScore : WrappedScore
{
    private readonly AnswerPart[] _parts;

    /// <param name="ends">A function with two targets: the start and the end.</param>
    /// <param name="parts">What becomes a target.</param>
    public AnswerScore(ScoreFunction ends, IReadOnlyList<AnswerPart> parts)
        : base(ends)
    {
        (ScoreTarget start, ScoreTarget end) = (ends.Targets[0], ends.Targets[1]);
        _parts = [.. parts];
        Targets = [.. parts.Select(part => part switch
        {
            AnswerPart.Start => start,
            AnswerPart.End => end,
            _ => new ScoreTarget { Label = FormattableString.Invariant($"answer {start.Position}–{end.Position}"), Reach = start.Reach },
        })];
    }

    public override IReadOnlyList<ScoreTarget> Targets { get; }

    public override IReadOnlyList<double> Probabilities => [.. _parts.Select(part => part switch
    {
        AnswerPart.Start => Inner.Probabilities[0],
        AnswerPart.End => Inner.Probabilities[1],
        _ => Inner.Probabilities[0] * Inner.Probabilities[1],
    })];

    public override Tensor Features(IReadOnlyList<Tensor> embeddings)
    {
        Tensor rows = Inner.Features(embeddings);                                              // [batch, 2, pos]
        (int batch, int width) = (rows.Shape[0], 2 * rows.Shape[2]);
        return rows.Reshape([batch, 1, width]).Expand([batch, _parts.Length, width]);          // every target reads both rows
    }

    public override Tensor Head(Tensor features) => TensorOps.Concat(1, [.. _parts.Select((part, target) =>
    {
        Tensor ends = Ends(features.Select(1, target)), start = ends.Slice(1, 0, 1), end = ends.Slice(1, 1, 1);
        return part switch
        {
            AnswerPart.Start => start,
            AnswerPart.End => end,
            _ => StepName == "probability" ? start * end : start + end,
        };
    })]);

    /// <summary>Probabilities of all positions to be the start, and to be the end, whichever parts are explained.
    /// <c>[batch, 2, pos]</c></summary>
    public Tensor Positions(IReadOnlyList<Tensor> embeddings) => Inner.Distributions(embeddings);

    // [batch, 2 · pos] -> [batch, 2]
    private Tensor Ends(Tensor row) => Inner.Head(row.Reshape([row.Shape[0], 2, row.Shape[1] / 2]));
}
