using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>Tuned lenses of <see cref="Inside"/>.</summary>
public static class InsideLenses
{
    private const int Length = 32, Batch = 8, MostHeld = 64;

    /// <summary>Trains a tuned lens on a text, saves it, and compares it with the logit lens on the last tenth, which it has not
    /// seen.</summary>
    /// <param name="inside">A language model.</param>
    /// <param name="text">The text; it is cut in pieces of 32 tokens.</param>
    /// <param name="folder">Where it is saved, in the files of the Python package <c>tuned-lens</c>.</param>
    /// <param name="steps">How many batches of 8 pieces.</param>
    /// <param name="progress">Told how much is done.</param>
    /// <param name="cancellation">Stops between steps.</param>
    /// <returns>
    /// Table <c>kl</c> <c>[lens, state]</c>: KL(model ‖ lens) on the pieces left out, nats per token; number <c>kl_last_batch</c>: the
    /// loss of training, mean over states.
    /// </returns>
    /// <exception cref="VitrineException">The text is too short, or the model is no decoder.</exception>
    public static InsideResult TrainLens(this Inside inside, string text, string folder, int steps = 250,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inside);
        ArgumentNullException.ThrowIfNull(folder);
        return inside.With((model, name) =>
        {
            int length = Math.Min(Length, model.Info.MaxPositions);
            int[][] all = InsideUnits.Pieces(inside.Loaded.Tokenizer.Encode(text, special: false).Ids, length, "lens");
            int held = Math.Min(MostHeld, all.Length / 10);
            double last = double.NaN;
            var lens = TunedLens.Train(model, all[..^held], steps, Batch, progress: (step, loss) =>
            {
                last = loss;
                progress?.Report((double)step / steps);
            }, cancellation: cancellation);
            lens.Save(folder, name);
            double[] plain = Divergence(model, TunedLens.Identity(lens.Layers, lens.DModel), all[^held..]),
                tuned = Divergence(model, lens, all[^held..]);
            return new InsideResult
            {
                Method = "tuned_lens_training",
                Model = name,
                Metric = "kl",
                Numbers = new Dictionary<string, double> { ["kl_last_batch"] = last, ["held_out_tokens"] = held * length },
                Tables =
                [
                    InsideTable.Of("kl", "KL(model ‖ lens) on text left out of training, nats per token", [.. plain, .. tuned],
                        new InsideAxis("lens", ["logit lens", "tuned lens"]), InsideAxis.Numbered("state", lens.Layers)),
                ],
                Parameters = new Dictionary<string, string> { ["steps"] = FormattableString.Invariant($"{steps}"), ["saved"] = folder },
            };
        });
    }

    private static double[] Divergence(ITransformer model, TunedLens lens, int[][] pieces)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        double[] sums = new double[lens.Layers];
        foreach (int[][] batch in pieces.Chunk(Batch))
        {
            Tensor ids = Tensor.From(batch.SelectMany(p => p).ToArray(), [batch.Length, batch[0].Length]);
            float[] losses = lens.Losses(new LensStates(model, new ModelInput { Ids = ids }, mids: false)).ToArray();
            for (int l = 0; l < sums.Length; l++)
            {
                sums[l] += (double)losses[l] * batch.Length / pieces.Length;
            }
        }
        return sums;
    }
}
