using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// Causal tracing: noise on the embeddings of a subject hides what the model knows of it; one restored state at a time shows where it
/// passes.
/// Meng, Bau, Andonian and Belinkov 2022, “Locating and editing factual associations in GPT” (ROME).
/// </summary>
/// <remarks>
/// Of an encoder–decoder the subject is in the source; states of the encoder are restored at source positions, those of the decoder at
/// target positions.
/// </remarks>
public static class CausalTracing
{
    private static readonly string[] s_kinds = ["hook_resid_post", "hook_mlp_out", "hook_attn_out", "hook_cross_attn_out"];

    /// <summary>Traces one prompt.</summary>
    /// <param name="model">The model.</param>
    /// <param name="input">The prompt, batch 1; of an encoder–decoder with what stands before the answer in the target.</param>
    /// <param name="metric">What is measured: usually the probability of the model's own answer.</param>
    /// <param name="span">The subject's positions: first, and one after the last; of an encoder–decoder in the source.</param>
    /// <param name="noise"><c>[sample, span, d_model]</c>, added to the token embeddings, the same for every restored state; null:
    /// Gaussian, of 3 × the standard deviation of the span's embeddings.</param>
    /// <param name="window">How many blocks of feed-forward or attention outputs are restored together.</param>
    /// <param name="samples">How many draws of noise where none is given.</param>
    /// <param name="request">Memory, seed, progress.</param>
    /// <param name="names">What positions are called; empty: by number.</param>
    /// <param name="sourceNames">Of an encoder–decoder what the source's are called; empty: by number.</param>
    /// <returns>
    /// Tables <c>resid_post</c>, <c>mlp_out</c> and <c>attn_out</c>, <c>[position, layer]</c>: the metric, mean over samples. Of an
    /// encoder–decoder they are <c>encoder_resid_post</c> and so on, with <c>decoder_cross_attn_out</c>. Before them the same with
    /// <c>_normalised</c> after their names: 0 = under noise, 1 = clean.
    /// </returns>
    /// <exception cref="VitrineException">There is no such span or window, or the noise does not fit.</exception>
    public static InsideResult Run(
        ITransformer model, ModelInput input, InsideMetric metric, (int Begin, int End) span, Tensor? noise = null, int window = 10,
            int samples = 10, PatchRequest? request = null,
        IReadOnlyList<string>? names = null, IReadOnlyList<string>? sourceNames = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(metric);
        request ??= new();
        using Recorder.Pause pause = Recorder.Suspend();
        var run = new MetricRun(model, input, metric);
        int read = PromptPair.Ids(input).Shape[1];
        if (span.Begin < 0 || span.End > read || span.Begin >= span.End)
        {
            throw new VitrineException(
                $"tracing: no such span; got positions {span.Begin} to {span.End - 1} of {read}; expected at least one position of the "
                    + $"prompt.");
        }
        if (window < 1)
        {
            throw new VitrineException($"tracing: no window; got {window} blocks; expected 1 or more.");
        }
        HashSet<string> known = [.. model.HookPoints.Select(p => p.Name)];
        string embed = model.HookPoints.First(p => p.Name.EndsWith("hook_embed", StringComparison.Ordinal)).Name;
        (string Stack, string Kind, int Layers)[] sweeps = [.. PatchPlace.Stacks(model).SelectMany(stack => s_kinds
            .Where(kind => known.Contains($"{stack}.0.{kind}"))
            .Select(kind => (stack, kind, PatchPlace.Get("mlp_out").LayersOf(model, stack))))];
        Dictionary<string, Tensor> clean = PatchSweep.Capture(model, input,
            [embed, .. sweeps.SelectMany(s => Enumerable.Range(0, s.Layers).Select(l => $"{s.Stack}.{l}.{s.Kind}"))]);
        Tensor noisy = Noisy(clean[embed], span, noise, samples, request.Seed);
        double atClean = ActivationPatching.Value(model, input, metric);
        using HookScope corrupt = model.Branch(embed, (_, _) => noisy);
        double atCorrupted = run.Value(whole: false).ToArray().Average(v => (double)v);
        List<InsideTable> tables = [];
        int done = 0, all = sweeps.Sum(s => s.Layers);
        foreach ((string stack, string kind, int layers) in sweeps)
        {
            int t = clean[$"{stack}.0.{kind}"].Shape[1];
            IReadOnlyList<string>? called = stack == "encoder" ? sourceNames : names;
            double[] values = new double[t * layers];
            for (int l = 0; l < layers; l++)
            {
                request.Cancellation.ThrowIfCancellationRequested();
                (int from, int to) = kind == s_kinds[0] ? (l, l + 1)
                    : (Math.Max(0, l - (window / 2)), Math.Min(layers, l + ((window + 1) / 2)));
                string[] restored = [.. Enumerable.Range(from, to - from).Select(b => $"{stack}.{b}.{kind}")];
                double[] column = Restored(model, run, restored, clean, noisy.Shape[0], request);
                for (int p = 0; p < t; p++)
                {
                    values[(p * layers) + l] = column[p];
                }
                request.Progress?.Report(++done / (double)all);
            }
            tables.Add(InsideTable.Of((stack == "blocks" ? "" : stack + "_") + kind["hook_".Length..],
                $"{metric.Meaning} with the position's clean value restored"
                + (kind == s_kinds[0] ? "" : $" in a window of {window} blocks"), values,
                InsideAxis.Read("position", t, called), InsideAxis.Numbered("layer", layers)));
        }
        return new()
        {
            Method = "causal_tracing",
            Direction = "denoise",
            Metric = metric.Name,
            Numbers = new Dictionary<string, double> { ["metric_clean"] = atClean, ["metric_corrupted"] = atCorrupted },
            Tables = [.. tables.Select(t => t with
            {
                Name = t.Name + "_normalised",
                Meaning = "share of what noise took that the restored value gives back: 0 = under noise, 1 = clean",
                Values = [.. t.Values.Select(v => (v - atCorrupted) / (atClean - atCorrupted))],
            }), .. tables],
            Warnings = PairStatistics.Doubts(metric, atClean, atCorrupted),
            Parameters = new Dictionary<string, string>
            {
                ["span"] = $"{span.Begin}..{span.End - 1}",
                ["samples"] = noisy.Shape[0].ToString(CultureInfo.InvariantCulture),
                ["window"] = window.ToString(CultureInfo.InvariantCulture),
            },
        };
    }

    // The metric with one position restored at a time: [position], mean over samples. Positions branch off at the first restored hook.
    private static double[] Restored(ITransformer model, MetricRun run, string[] hooks, Dictionary<string, Tensor> clean, int samples,
        PatchRequest request)
    {
        int t = clean[hooks[0]].Shape[1];
        bool whole = !hooks.All(run.IsBeforeCut);
        long bytesEach = 8L * t * samples * sizeof(float) * 4 * model.Info.DModel;
        double[] values = new double[t];
        foreach (int[] positions in Enumerable.Range(0, t).Chunk((int)Math.Clamp(request.ByteBudget / Math.Max(1, bytesEach), 1, 64)))
        {
            int count = positions.Length * samples;
            // Copies of the noisy rows, one set per restored position, from the block of the first restored hook on; a decoder reads them
            // from its encoder's end on, and its own rows are one until then.
            string copied = hooks[0].StartsWith("decoder.", StringComparison.Ordinal) ? EncoderEnd(model)
                : $"{hooks[0][..hooks[0].LastIndexOf('.')]}.hook_resid_pre";
            List<HookScope> scopes = [model.Branch(copied, (_, x) => TensorOps.Concat(0, [.. Enumerable.Repeat(x, positions.Length)]))];
            if (hooks[0].StartsWith("decoder.", StringComparison.Ordinal))
            {
                scopes.Add(model.Branch("decoder.0.hook_resid_pre", (_, x) => x.Expand(x.Shape.With(0, count))));
            }
            foreach (string hook in hooks)
            {
                float[] own = clean[hook].ToArray();
                int d = own.Length / t;
                scopes.Add(model.Branch(hook, (_, x) =>
                {
                    float[] restored = x.ToArray(); // [position · sample, pos, d]
                    for (int row = 0; row < count; row++)
                    {
                        int p = positions[row / samples];
                        own.AsSpan(p * d, d).CopyTo(restored.AsSpan(((row * t) + p) * d));
                    }
                    return Tensor.From(restored, x.Shape, x.Device);
                }));
            }
            float[] metrics;
            try
            {
                metrics = run.Value(whole).ToArray();
            }
            finally
            {
                scopes.ForEach(scope => scope.Dispose());
            }
            for (int i = 0; i < positions.Length; i++)
            {
                values[positions[i]] = metrics.AsSpan(i * samples, samples).ToArray().Average(v => (double)v);
            }
        }
        return values;
    }

    private static string EncoderEnd(ITransformer model) =>
        $"encoder.{PatchPlace.Get("resid_post").LayersOf(model, "encoder") - 1}.hook_resid_post";

    private static Tensor Noisy(Tensor embed, (int Begin, int End) span, Tensor? noise, int samples, int seed)
    {
        (int t, int d) = (embed.Shape[1], embed.Shape[2]);
        float[] clean = embed.ToArray();
        int length = span.End - span.Begin;
        if (noise is not null && (noise.Shape.Rank != 3 || noise.Shape[1] != length || noise.Shape[2] != d))
        {
            throw new VitrineException($"tracing: the noise does not fit; got {noise.Shape}; expected [samples, {length}, {d}].");
        }
        float[] added = noise?.ToArray() ?? Gaussian(clean.AsSpan(span.Begin * d, length * d), samples, seed);
        int rows = added.Length / (length * d);
        float[] noisy = new float[rows * t * d];
        for (int row = 0; row < rows; row++)
        {
            clean.CopyTo(noisy.AsSpan(row * t * d));
            for (int i = 0; i < length * d; i++)
            {
                noisy[(((row * t) + span.Begin) * d) + i] += added[(row * length * d) + i];
            }
        }
        return Tensor.From(noisy, [rows, t, d]);
    }

    private static float[] Gaussian(ReadOnlySpan<float> embeddings, int samples, int seed)
    {
        double mean = 0, square = 0;
        foreach (float v in embeddings)
        {
            mean += (double)v / embeddings.Length;
            square += (double)v * v / embeddings.Length;
        }
        double deviation = 3 * Math.Sqrt(Math.Max(0, square - (mean * mean)));
        var random = new Random(seed);
        float[] noise = new float[samples * embeddings.Length];
        for (int i = 0; i < noise.Length; i++)
        {
            noise[i] = (float)(deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }
        return noise;
    }
}
