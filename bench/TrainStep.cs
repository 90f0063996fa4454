using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Bench;

/// <summary>
/// One training step of a GPT-2: forward, backward, clipping, AdamW, on a fixed batch, again and again. <c>bench/train_step_torch.py</c>
/// does the same with PyTorch on the same weights and compares losses and gradient norms, which show every step before them.
/// </summary>
internal static class TrainStep
{
    private const int Batch = 16, Positions = 128, WarmUp = 2;
    private const float Rate = 1e-3f, Limit = 1;

    /// <summary>Arguments: a model's folder, how many steps, the file for the values.</summary>
    public static int Run(string[] args)
    {
        if (args.Length != 3 || !int.TryParse(args[1], NumberStyles.None, CultureInfo.InvariantCulture, out int steps) || steps <= WarmUp)
        {
            Console.Error.WriteLine($"bench: wrong arguments; got '{string.Join(' ', args)}'; "
                + $"expected a model's folder, more than {WarmUp} steps, and a file for the values.");
            return 2;
        }
        ITransformer model = ModelLoader.Load(args[0]);
        Parameter[] parameters = [.. model.Parameters.Where(p => !p.IsBuffer)];
        foreach (Parameter parameter in parameters)
        {
            parameter.Value = Tensor.From(parameter.Value.ToArray(), parameter.Shape).AsWeight();
        }
        Tensor[] weights = [.. parameters.Select(p => p.Value)];
        var optimizer = new AdamW(weights, new() { WeightDecay = 0.01f, Decays = AdamWOptions.MatricesOnly });
        int vocab = model.Info.VocabSize;
        int[] ids = [.. Enumerable.Range(0, Batch * (Positions + 1)).Select(i => (int)((i * 7919L) % vocab))];
        (Tensor input, Tensor targets) = (Rows(0), Rows(1));

        List<double> times = [], losses = [], norms = [];
        for (int step = 0; step < steps; step++)
        {
            var clock = Stopwatch.StartNew();
            (float loss, Gradients gradients) = Gradients(model, weights, input, targets);
            float norm = GradientNorm.Global(gradients, weights);
            optimizer.Step(gradients, Rate, GradientNorm.ClipFactor(norm, Limit));
            times.Add(clock.Elapsed.TotalMilliseconds);
            losses.Add(loss);
            norms.Add(norm);
        }
        double[] sorted = [.. times.Skip(WarmUp).Order()];
        File.WriteAllText(args[2], JsonSerializer.Serialize(new { losses, norms }));
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            step_ms = Stopwatches.Median(sorted),
            fastest_ms = sorted[0],
            steps = sorted.Length,
            peak_rss_mb = Stopwatches.PeakMegabytes(),
            threads = Workers.Count,
            machine = Machine.Header()
        }));
        return 0;

        static (float, Gradients) Gradients(ITransformer model, Tensor[] weights, Tensor input, Tensor targets)
        {
            using var tape = new Tape();
            tape.Watch(weights);
            Tensor loss = model.Forward(new() { Ids = input }).CrossEntropy(targets);
            return (loss.Item(), tape.Gradient(loss, weights));
        }

        Tensor Rows(int shift) => Tensor.From([.. ids.Chunk(Positions + 1).SelectMany(row => row[shift..(Positions + shift)])],
            [Batch, Positions]);
    }
}
