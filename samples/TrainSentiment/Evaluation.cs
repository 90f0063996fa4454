using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Samples;

/// <summary>How often a classifier is right, on sentences it has not seen.</summary>
/// <param name="Count">Sentences.</param>
/// <param name="TruePositives">Positive sentences called positive.</param>
/// <param name="TrueNegatives">Negative sentences called negative.</param>
/// <param name="Loss">Mean cross-entropy, nats.</param>
internal sealed record Evaluation(int Count, int TruePositives, int TrueNegatives, double Loss)
{
    /// <summary>Part of the sentences whose likelier label is the true one, 0–1.</summary>
    public double Accuracy => (double)(TruePositives + TrueNegatives) / Count;

    /// <summary>Of the accuracy, binomial: √(a(1−a)/n).</summary>
    public double StandardError => Math.Sqrt(Accuracy * (1 - Accuracy) / Count);

    /// <summary>Runs a model whose labels are 0 negative and 1 positive. Too long sentences are cut.</summary>
    public static Evaluation Of(ITransformer model, ITokenizer tokenizer, IEnumerable<LabelledText> texts)
    {
        (int count, int truePositives, int trueNegatives, double loss) = (0, 0, 0, 0.0);
        var encoded = texts.Select(t => (Ids: tokenizer.Encode(t.Text).Ids.Take(model.Info.MaxPositions).ToArray(), t.Positive));
        foreach ((int[] Ids, bool Positive)[] batch in encoded.OrderBy(t => t.Ids.Length).Chunk(64))
        {
            float[] logP = model.Forward(ModelInput.Batch([.. batch.Select(t => t.Ids)], pad: 0)).LogSoftmax().ToArray();
            for (int i = 0; i < batch.Length; i++)
            {
                bool right = logP[(2 * i) + 1] > logP[2 * i] == batch[i].Positive;
                truePositives += right && batch[i].Positive ? 1 : 0;
                trueNegatives += right && !batch[i].Positive ? 1 : 0;
                loss -= logP[(2 * i) + (batch[i].Positive ? 1 : 0)];
                count++;
            }
        }

        return new Evaluation(count, truePositives, trueNegatives, loss / count);
    }
}
