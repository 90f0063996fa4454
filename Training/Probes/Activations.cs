using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>Runs a model over texts and keeps, for each example, the mean activation over its tokens.</summary>
internal static class Activations
{
    private const int Batch = 16;

    /// <summary>The points that match, with the numbers per token of each.</summary>
    /// <param name="model">The model.</param>
    /// <param name="patterns">Names or patterns; empty: what enters the first block and what leaves each.</param>
    /// <param name="text">Any text, to see the shapes.</param>
    /// <exception cref="HookException">A name matches nothing; the nearest are named.</exception>
    /// <exception cref="TrainingException">The activation of a point is not one row per token of the text.</exception>
    public static IReadOnlyList<(string Hook, int Width)> Points(ITransformer model, IReadOnlyList<string> patterns, Encoding text)
    {
        using ActivationCache cache = model.Cache(patterns.Count > 0 ? [.. patterns] : Residuals(model));
        _ = model.Forward(Input(model, [text]));
        return [.. cache.Names.Select(name =>
        {
            Shape shape = cache[name].Shape;
            bool fits = shape.Rank >= 3 && shape[0] == 1 && shape[1] == text.Count
                && !name.EndsWith("hook_pattern", StringComparison.Ordinal) && !name.EndsWith("hook_attn_scores", StringComparison.Ordinal);
            return fits ? (name, shape.Elements / text.Count) : throw new TrainingException(
                $"probe: no row per token; got {name} {model.HookPoints.First(point => point.Name == name).Axes}; "
                + $"expected [batch, pos, …], of the text that is read. Probe blocks.*.hook_resid_post, for example.");
        })];
    }

    /// <summary>Collects.</summary>
    /// <param name="model">The model.</param>
    /// <param name="points">Hook points and the numbers per token of each.</param>
    /// <param name="texts">What it reads.</param>
    /// <param name="examples">Whose activations are kept.</param>
    /// <param name="progress">Part of the texts read, 0–1.</param>
    /// <param name="cancellation">Checked before every batch.</param>
    /// <returns>Per point, a row per example.</returns>
    public static float[][] Collect(
        ITransformer model, IReadOnlyList<(string Hook, int Width)> points, IReadOnlyList<Encoding> texts,
        IReadOnlyList<ProbeExample> examples, Action<double> progress, CancellationToken cancellation)
    {
        float[][] tables = [.. points.Select(point => new float[(long)examples.Count * point.Width])];
        ILookup<int, int> of = Enumerable.Range(0, examples.Count).ToLookup(i => examples[i].Text);
        int done = 0;
        foreach (int[] batch in of.Select(group => group.Key).OrderBy(text => texts[text].Count).Chunk(Batch))
        {
            cancellation.ThrowIfCancellationRequested();
            using ActivationCache cache = model.Cache([.. points.Select(point => point.Hook)]);
            _ = model.Forward(Input(model, [.. batch.Select(text => texts[text])]));
            int longest = batch.Max(text => texts[text].Count);
            for (int p = 0; p < points.Count; p++)
            {
                float[] values = cache[points[p].Hook].ToArray();
                for (int row = 0; row < batch.Length; row++)
                {
                    foreach (int example in of[batch[row]])
                    {
                        Mean(values, row * longest, examples[example].Tokens, tables[p].AsSpan(example * points[p].Width, points[p].Width));
                    }
                }
            }
            progress((double)(done += batch.Length) / of.Count);
        }
        return tables;
    }

    private static string[] Residuals(ITransformer model)
    {
        string[] names = [.. model.HookPoints.Select(point => point.Name).Where(name =>
            !name.StartsWith("decoder.", StringComparison.Ordinal)
            && (name.EndsWith(".0.hook_resid_pre", StringComparison.Ordinal)
                || name.EndsWith("hook_resid_post", StringComparison.Ordinal)))];
        return names.Length > 0 ? names : throw new TrainingException("probe: the model has no residual stream; "
            + "expected the name of a hook point. 'vitrine hooks' lists them.");
    }

    private static ModelInput Input(ITransformer model, Encoding[] texts)
    {
        ModelInput input = ModelInput.Batch([.. texts.Select(text => text.Ids)], model.Tokenizer?.Special.Pad
            ?? 0) with
        { Types = Rows.Pad([.. texts.Select(text => text.TypeIds)], 0) };
        return model.Info.DecoderStartId is { } start // the encoder is what is read: the decoder gets one token, so that it runs
            ? input with { Types = null, Target = ModelInput.Batch([.. texts.Select(_ => new[] { start })], start) }
            : model.Info.ModelType == "bert" ? input : input with { Types = null };
    }

    private static void Mean(float[] values, int first, int[] tokens, Span<float> mean)
    {
        foreach (int token in tokens)
        {
            ReadOnlySpan<float> row = values.AsSpan((first + token) * mean.Length, mean.Length);
            for (int i = 0; i < mean.Length; i++)
            {
                mean[i] += row[i] / tokens.Length;
            }
        }
    }
}
