using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>What the tasks share: rows of numbers of different lengths, as tensors.</summary>
internal static class Rows
{
    /// <summary>A target that does not count.</summary>
    public const int Ignored = -100;

    /// <summary>Sequences evaluated at once.</summary>
    public const int EvaluationBatch = 32;

    /// <summary>int32 <c>[rows, longest]</c>, shorter rows filled up.</summary>
    public static Tensor Pad(IReadOnlyList<int[]> rows, int fill)
    {
        int length = rows.Max(row => row.Length);
        int[] values = new int[rows.Count * length];
        Array.Fill(values, fill);
        for (int i = 0; i < rows.Count; i++)
        {
            rows[i].CopyTo(values, i * length);
        }
        return Tensor.From(values, [rows.Count, length]);
    }

    /// <summary>Tokens to read and tokens to say, one place further on.</summary>
    public static (int[] Input, int[] Target) Shifted(ReadOnlySpan<int> ids) => (ids[..^1].ToArray(), ids[1..].ToArray());

    /// <summary>Makes sure that every id has a row in the model's embedding.</summary>
    /// <exception cref="TrainingException">One has not.</exception>
    public static void ExpectVocabulary(ITransformer model, IEnumerable<int[]> sequences)
    {
        int highest = sequences.Select(ids => ids.Length == 0 ? -1 : ids.Max()).DefaultIfEmpty(-1).Max();
        if (highest >= model.Info.VocabSize)
        {
            throw new TrainingException(
                $"train: tokenizer and model do not fit; got token id {highest}; expected 0 to {model.Info.VocabSize - 1}. Take both from "
                + $"the same folder.");
        }
    }

    /// <summary>Per row: the loss, and whether the most probable class is the target. Ignored rows are left out.</summary>
    public static (double Loss, int Right, int Count) Judge(Tensor logits, ReadOnlySpan<int> targets)
    {
        int classes = logits.Shape[^1];
        float[] logP = logits.LogSoftmax().ToArray();
        (double loss, int right, int count) = (0, 0, 0);
        for (int row = 0; row < targets.Length; row++)
        {
            if (targets[row] != Ignored)
            {
                ReadOnlySpan<float> scores = logP.AsSpan(row * classes, classes);
                loss -= scores[targets[row]];
                right += Best(scores) == targets[row] ? 1 : 0;
                count++;
            }
        }
        return (loss, right, count);
    }

    /// <summary>The first of the highest scores.</summary>
    public static int Best(ReadOnlySpan<float> scores)
    {
        int best = 0;
        for (int i = 1; i < scores.Length; i++)
        {
            best = scores[i] > scores[best] ? i : best;
        }
        return best;
    }
}
