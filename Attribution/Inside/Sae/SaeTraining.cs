using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>How a sparse autoencoder is trained.</summary>
public sealed record SaeTrainingOptions
{
    /// <summary>Where it reads.</summary>
    public required string Hook { get; init; }

    /// <summary>Number of features.</summary>
    public required int Features { get; init; }

    /// <summary><c>topk</c> or <c>jumprelu</c>.</summary>
    public string Architecture { get; init; } = "topk";

    /// <summary>Features that are active per token: exactly of <c>topk</c>, on average of <c>jumprelu</c>.</summary>
    public int K { get; init; } = 16;

    /// <summary>How many batches.</summary>
    public int Steps { get; init; } = 1000;

    /// <summary>Tokens per batch.</summary>
    public int Batch { get; init; } = 512;

    /// <summary>Of Adam; falls along a line to 0.</summary>
    public float LearningRate { get; init; } = 1e-3f;

    /// <summary>Equal seeds give equal weights.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Name of the model, for the file.</summary>
    public string? Model { get; init; }
}

/// <summary>
/// Training of autoencoders. TopK: mean squared error with the k largest features alone (Gao et al. 2024, “Scaling and evaluating sparse
/// autoencoders”). JumpReLU: the same error + variance · (L0/k − 1)², thresholds learned by straight-through gradients
/// (<see cref="JumpRelu"/>; Rajamanoharan et al. 2024).
/// </summary>
/// <remarks>
/// W_dec starts as random directions of length 1, W_enc as its transpose, b_dec as the mean of the activations. A feature without
/// activation in
/// the last tenth of the training gets a share of the error as its target (AuxK), which brings it back.
/// </remarks>
public static class SaeTraining
{
    /// <summary>Trains on activations of texts.</summary>
    /// <param name="model">The model; it is not changed.</param>
    /// <param name="texts">Token ids.</param>
    /// <param name="options">Sizes and steps.</param>
    /// <param name="progress">Told step and mean squared error, relative to the variance.</param>
    /// <param name="cancellation">Stops between steps.</param>
    public static SparseAutoencoder Run(ITransformer model, IReadOnlyList<int[]> texts, SaeTrainingOptions options, Action<int,
        double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(options);
        float[] data = Activations(model, texts, options.Hook, cancellation, out int d);
        int n = data.Length / d, features = options.Features;
        if (options.K < 1 || options.K > features)
        {
            throw new VitrineException($"sae: k does not fit; got {options.K} of {features} features; expected 1 to {features}.");
        }
        bool jumps = options.Architecture == "jumprelu";
        if (!jumps && options.Architecture != "topk")
        {
            throw new VitrineException($"sae: architecture cannot be trained; got '{options.Architecture}'; expected topk or jumprelu.");
        }
        var random = new Random(options.Seed);
        float[] mean = new float[d];
        for (int i = 0; i < data.Length; i++)
        {
            mean[i % d] += data[i] / n;
        }
        double variance = 0;
        for (int i = 0; i < data.Length; i++)
        {
            variance += Math.Pow(data[i] - mean[i % d], 2) / data.Length;
        }
        float[] directions = new float[features * d];
        for (int f = 0; f < features; f++)
        {
            double length = 0;
            for (int i = 0; i < d; i++)
            {
                float v = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
                directions[(f * d) + i] = v;
                length += (double)v * v;
            }
            for (int i = 0; i < d; i++)
            {
                directions[(f * d) + i] /= (float)Math.Sqrt(length);
            }
        }
        float[] encoder = new float[d * features];
        for (int f = 0; f < features; f++)
        {
            for (int i = 0; i < d; i++)
            {
                encoder[(i * features) + f] = directions[(f * d) + i];
            }
        }
        var config = new SaeConfig
        {
            DIn = d,
            DSae = features,
            Architecture = options.Architecture,
            K = options.K,
            Hook = options.Hook,
            Model = options.Model
        };
        var weights = new Dictionary<string, Tensor>
        {
            ["W_enc"] = Tensor.From(encoder, [d, features]),
            ["b_enc"] = Tensor.Zeros([features]),
            ["W_dec"] = Tensor.From(directions, [features, d]),
            ["b_dec"] = Tensor.From(mean, [d]),
        };
        var jump = new JumpRelu(options.K, variance);
        if (jumps)
        {
            weights["threshold"] = Tensor.From([.. Enumerable.Repeat(jump.FirstThreshold, features)], [features]);
        }
        var sae = new SparseAutoencoder(config, weights);
        Tensor[] all = [.. weights.Values];
        var optimizer = new AdamW(all, new AdamWOptions { WeightDecay = 0 });
        var schedule = new LearningRateSchedule(options.LearningRate, Math.Max(1, options.Steps / 50), options.Steps);
        int[] idle = new int[features];
        for (int step = 0; step < options.Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            double loss = Step(sae, jumps ? jump : null, all, optimizer, schedule.At(step), Batch(data, d, n, options.Batch, random), idle,
                options.Steps / 10);
            progress?.Invoke(step + 1, loss / Math.Max(variance, 1e-30));
        }
        return sae;
    }

    private static double Step(SparseAutoencoder sae, JumpRelu? jump, Tensor[] all, AdamW optimizer, float rate, Tensor x, int[] idle,
        int patience)
    {
        Gradients gradients;
        double value;
        using (var tape = new Tape())
        {
            tape.Watch(all);
            Tensor? sparsity = null;
            Tensor features = jump is null ? sae.Encode(x) : jump.Encode(sae, x, out sparsity);
            Tensor error = x - sae.Decode(features, x), loss = (error * error).Mean();
            value = loss.Item();
            loss = sparsity is null ? loss : loss + sparsity;
            float[] active = features.ToArray();
            for (int f = 0; f < idle.Length; f++)
            {
                idle[f]++;
            }
            for (int i = 0; i < active.Length; i++)
            {
                if (active[i] > 0)
                {
                    idle[i % idle.Length] = 0;
                }
            }
            if (idle.Any(steps => steps > patience))
            {
                loss += Auxiliary(sae, x, error, idle, patience).Scale(1f / 32);
            }
            gradients = tape.Gradient(loss, all);
        }
        optimizer.Step(gradients, rate, GradientNorm.ClipFactor(GradientNorm.Global(gradients, all), 1));
        return value;
    }

    // The error as the idle features would explain it.
    private static Tensor Auxiliary(SparseAutoencoder sae, Tensor x, Tensor error, int[] idle, int patience)
    {
        float[] mask = [.. idle.Select(steps => steps > patience ? 1f : 0f)];
        Tensor pre = (x - sae["b_dec"]).MatMul(sae["W_enc"], sae["b_enc"]).Relu() * Tensor.From(mask, [mask.Length]);
        Tensor target;
        using (Recorder.Suspend())
        {
            target = Tensor.From(error.ToArray(), error.Shape);
        }
        Tensor gap = target - pre.MatMul(sae["W_dec"]);
        return (gap * gap).Mean();
    }

    private static Tensor Batch(float[] data, int d, int n, int batch, Random random)
    {
        float[] rows = new float[batch * d];
        for (int i = 0; i < batch; i++)
        {
            data.AsSpan(random.Next(n) * d, d).CopyTo(rows.AsSpan(i * d));
        }
        return Tensor.From(rows, [batch, d]);
    }

    private static float[] Activations(ITransformer model, IReadOnlyList<int[]> texts, string hook, CancellationToken cancellation,
        out int d)
    {
        List<float[]> all = [];
        d = 0;
        foreach (int[] ids in texts.Where(t => t.Length > 0))
        {
            cancellation.ThrowIfCancellationRequested();
            Tensor x = PatchSweep.Capture(model, ModelInput.Of(ids), [hook])[hook];
            d = x.Shape.Elements / ids.Length;
            all.Add(x.ToArray());
        }
        return all.Count == 0 ? throw new VitrineException("sae: no texts; expected at least one.") : [.. all.SelectMany(a => a)];
    }
}
