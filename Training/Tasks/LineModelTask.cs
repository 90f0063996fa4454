using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>The next token of many short texts, each of which ends with the end of text.</summary>
public sealed class LineModelTask : ExampleTask<(int[] Input, int[] Target)>
{
    private readonly string? _after;

    /// <summary>Tokenizes the lines; those that are longer than the model reads are cut.</summary>
    /// <param name="training">What is learned.</param>
    /// <param name="held">What is judged.</param>
    /// <param name="model">A language model that reads from left to right.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="after">A token: only what follows its first occurrence is learned, the rest is given. Null: all is learned.</param>
    /// <exception cref="TrainingException">No data, or a line without the token.</exception>
    public LineModelTask(IReadOnlyList<string> training, IReadOnlyList<string> held, ITransformer model, ITokenizer tokenizer,
        string? after)
    {
        _after = after;
        int end = tokenizer.Special.Eos ?? throw new TrainingException("train: the tokenizer has no token that ends a text; "
            + "expected one named eos_token.");
        int? mark = after is null ? null : tokenizer.Encode(after, special: false).Ids is [int only] ? only
            : throw new TrainingException($"train: not one token; got '{after}'; expected a text that the tokenizer takes as one token.");
        (Training, Held) = ([.. training.Select(Encode)], [.. held.Select(Encode)]);
        Rows.ExpectVocabulary(model, Training.Concat(Held).Select(line => line.Input));

        (int[], int[]) Encode(string line)
        {
            int[] ids = [.. tokenizer.Encode(line, special: false).Ids, end];
            (int[] input, int[] target) = Rows.Shifted(ids.AsSpan(0, Math.Min(ids.Length, model.Info.MaxPositions + 1)));
            int given = mark is { } id ? Array.IndexOf(input, id) : 0;
            Array.Fill(target, Rows.Ignored, 0, given >= 0 && given < target.Length ? given
                : throw new TrainingException($"train: nothing to learn in a line; got '{line}'; "
                    + $"expected '{after}' and something after it."));
            return (input, target);
        }
    }

    /// <inheritdoc/>
    public override string Description => $"predict {Training.Length} lines{(_after is null ? "" : $" after '{_after}'")}; {Held.Length} "
        + $"held out";

    /// <summary>
    /// Nats per token, part of the tokens that are right, and part of the lines that are right in every token: what greedy search would
    /// write.
    /// </summary>
    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Evaluate(ITransformer model)
    {
        (double loss, int right, int count, int whole) = (0, 0, 0, 0);
        foreach ((int[] Input, int[] Target)[] lines in Held.OrderBy(line => line.Input.Length).Chunk(Rows.EvaluationBatch))
        {
            TrainingBatch batch = Batch(lines);
            Tensor logits = model.Forward(batch.Input);
            for (int i = 0; i < lines.Length; i++)
            {
                (double l, int r, int n) = Rows.Judge(logits.Slice(0, i, 1).Slice(1, 0, lines[i].Target.Length), lines[i].Target);
                (loss, right, count, whole) = (loss + l, right + r, count + n, whole + (r == n ? 1 : 0));
            }
        }
        return count == 0 ? [] :
            [new("loss", loss / count, false), new("accuracy", (double)right / count, true),
                new("exact_match", (double)whole / Held.Length, true)];
    }

    private protected override int Length((int[] Input, int[] Target) example) => example.Input.Length;

    private protected override TrainingBatch Batch((int[] Input, int[] Target)[] examples) => new(
        ModelInput.Batch([.. examples.Select(line => line.Input)], pad: 0),
        Rows.Pad([.. examples.Select(line => line.Target)], Rows.Ignored),
        examples.Sum(line => line.Target.Count(t => t != Rows.Ignored)),
        examples.Sum(line => line.Input.Length));
}
