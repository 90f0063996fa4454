using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Training;
using Vitrine.Transformers;

namespace Vitrine.Serve;

/// <summary>The loop of the third lesson: a small GPT-2 with new weights learns to sort four digits.</summary>
internal static class SortingLesson
{
    private const int Lines = 32, Digits = 4;

    /// <summary>Trains, and tells the loss of every step.</summary>
    public static InsideResult Run(string folder, int steps, double rate, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        ITransformer model = NewModel.Start(folder, seed: 1, deviation: 0.06);
        ITokenizer tokenizer = model.Tokenizer!;
        Tensor[] weights = [.. model.Parameters.Select(parameter => parameter.Value)];
        var optimizer = new AdamW(weights);
        var schedule = new LearningRateSchedule((float)rate, WarmUp: Math.Min(10, steps / 2), steps, LearningRateDecay.Cosine);
        double[] losses = new double[steps];
        for (int step = 0; step < steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            int[][] lines = [.. SortingLines.Make(Lines, Digits, seed: step).Select(line => tokenizer.Encode(line).Ids)];
            int length = lines[0].Length - 1;
            Tensor ids = Tensor.From([.. lines.SelectMany(line => line[..^1])], [Lines, length]);
            Tensor targets = Tensor.From([.. lines.SelectMany(line => line[1..].Select((id, i) =>
                i < Digits ? -100 : id))], [Lines, length]);
            Gradients gradients;
            using (var tape = new Tape())
            {
                tape.Watch(weights);
                Tensor mean = model.Forward(new ModelInput { Ids = ids }).CrossEntropy(targets, ignoreIndex: -100);
                gradients = tape.Gradient(mean, weights);
                losses[step] = mean.Item();
            }
            optimizer.Step(gradients, schedule.At(step + 1));
            progress.Report(new("training", step + 1, steps));
        }
        int every = Math.Max(1, steps / 30);
        int[] shown = [.. Enumerable.Range(0, steps).Where(step => step % every == 0 || step == steps - 1)];
        string[] answers = [.. ((string[])["3142=", "9081=", "7757="]).Select(question => question + tokenizer.Decode(
            ((IGenerator)model).Generate(ModelInput.Of(tokenizer.Encode(question).Ids), new() { MaxNewTokens =
                Digits }).Sequences[0].Tokens))];
        return new()
        {
            Method = "training",
            Numbers = new Dictionary<string, double> { ["first loss (nats per digit)"] = losses[0], ["last loss"] = losses[^1] },
            Tables = [InsideTable.Of("loss", "nats per digit", [.. shown.Select(step => losses[step])],
                new InsideAxis("step", [.. shown.Select(step => (step + 1).ToString(CultureInfo.InvariantCulture))]))],
            Parameters = new Dictionary<string, string> { ["sorts"] = string.Join(", ", answers) },
        };
    }
}
