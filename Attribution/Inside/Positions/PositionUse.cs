using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// How a model uses positions: what tells them apart, how far heads look, and what happens when they are moved, mixed or taken away.
/// </summary>
public static class PositionUse
{
    /// <summary>Everything that can be said of a text.</summary>
    /// <param name="model">A language model or classifier.</param>
    /// <param name="input">One text.</param>
    /// <param name="shift">By how much positions are moved.</param>
    /// <param name="seed">Of the mixed order.</param>
    /// <returns>
    /// Tables <c>effect</c> <c>[change, position]</c>: KL(model ‖ changed), nats; <c>explanation</c> <c>[change]</c>: how the tokens'
    /// scores for the model's answer agree with those before, and <c>attributions</c> <c>[change, position]</c>, those scores;
    /// <c>attention_by_distance</c> <c>[layer, head, distance]</c>; of learned positions <c>embedding_similarity</c>
    /// <c>[position, position]</c>, cosines; of biases by distance (T5, ALiBi, DeBERTa) <c>relative_bias</c> <c>[head, distance]</c>; of
    /// rotary ones <c>rotary_wavelength</c> <c>[pair]</c>, tokens per turn.
    /// </returns>
    public static InsideResult Run(ITransformer model, ModelInput input, int shift = 8, int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(input);
        using Recorder.Pause pause = Recorder.Suspend();
        List<InsideTable> tables = [];
        List<string> warnings = [];
        var effects = new PositionEffects(model, input, warnings);
        tables.AddRange(effects.Run(shift, seed));
        tables.Add(ByDistance(HeadPatterns.Of(model, input)));
        Tensor? learned = InsideWeights.Find(model, "pos_embed.W_pos") ?? InsideWeights.Find(model, "embed.W_pos");
        if (learned is not null)
        {
            tables.Add(Similarity(learned));
        }
        tables.AddRange(PatchPlace.Stacks(model).Select(stack => RelativeBiases.Of(model, input, stack)).OfType<InsideTable>());
        if (Wavelengths(model, input) is { } wavelengths)
        {
            tables.Add(wavelengths);
        }
        return new()
        {
            Method = "positions",
            Tables = tables,
            Warnings = warnings,
            Parameters = new Dictionary<string, string>
            {
                ["positions"] = effects.Kind,
                ["shift"] = shift.ToString(CultureInfo.InvariantCulture),
            },
        };
    }

    private static InsideTable ByDistance(HeadPatterns patterns)
    {
        int cells = patterns.Layers * patterns.Heads, distances = Math.Min(32, Math.Max(patterns.Queries, patterns.Keys));
        double[] sums = new double[cells * distances], counts = new double[distances];
        for (int c = 0; c < cells; c++)
        {
            for (int q = 0; q < patterns.Queries; q++)
            {
                ReadOnlySpan<float> row = patterns.Row(c / patterns.Heads, c % patterns.Heads, q);
                for (int k = 0; k < row.Length && k <= q; k++)
                {
                    if (q - k < distances)
                    {
                        sums[(c * distances) + q - k] += row[k];
                        counts[q - k] += c == 0 ? 1 : 0;
                    }
                }
            }
        }
        return InsideTable.Of("attention_by_distance", "mean attention to the key so many tokens back",
            [.. sums.Select((s, i) => counts[i % distances] > 0 ? s / counts[i % distances] : 0)],
            InsideAxis.Numbered("layer", patterns.Layers), InsideAxis.Numbered("head", patterns.Heads),
                InsideAxis.Numbered("distance", distances));
    }

    private static InsideTable Similarity(Tensor table)
    {
        int n = table.Shape[0], step = Math.Max(1, n / 48), d = table.Shape[1];
        int[] at = [.. Enumerable.Range(0, (n + step - 1) / step).Select(i => i * step)];
        float[] values = table.ToArray();
        double[] cosines = new double[at.Length * at.Length];
        double Dot(int i, int j)
        {
            double sum = 0;
            for (int k = 0; k < d; k++)
            {
                sum += (double)values[(i * d) + k] * values[(j * d) + k];
            }
            return sum;
        }
        for (int i = 0; i < at.Length; i++)
        {
            for (int j = 0; j < at.Length; j++)
            {
                double sizes = Math.Sqrt(Dot(at[i], at[i]) * Dot(at[j], at[j]));
                cosines[(i * at.Length) + j] = sizes > 0 ? Dot(at[i], at[j]) / sizes : 0;
            }
        }
        string[] names = [.. at.Select(i => i.ToString(CultureInfo.InvariantCulture))];
        return InsideTable.Of("embedding_similarity", "cosine of learned position embeddings", cosines, new InsideAxis("position", names),
            new InsideAxis("position ", names));
    }

    /// <summary>
    /// Tokens per turn of each rotated pair, measured: the angle between a query before and after its rotation at position 1.
    /// </summary>
    private static InsideTable? Wavelengths(ITransformer model, ModelInput input)
    {
        string? rotated = model.HookPoints.Select(p => p.Name).FirstOrDefault(n => n.EndsWith("attn.hook_rot_q", StringComparison.Ordinal));
        if (rotated is null || PromptPair.Ids(input.Target ?? input).Shape[1] < 2)
        {
            return null;
        }
        string plain = rotated.Replace("hook_rot_q", "hook_q", StringComparison.Ordinal);
        Dictionary<string, Tensor> found = PatchSweep.Capture(model, input, [plain, rotated]);
        float[] before = found[plain].Select(0, 0).Select(0, 1).Select(0, 0).ToArray(), after = found[rotated].Select(0, 0).Select(0, 1)
            .Select(0, 0).ToArray();
        int half = before.Length / 2;
        double[] lengths = new double[half];
        for (int i = 0; i < half; i++)
        {
            double angle = Math.Atan2(after[i + half], after[i]) - Math.Atan2(before[i + half], before[i]);
            angle = Math.Abs(Math.IEEERemainder(angle, 2 * Math.PI));
            lengths[i] = angle > 1e-6 ? 2 * Math.PI / angle : double.NaN;
        }
        return InsideTable.Of("rotary_wavelength",
            "tokens per turn of the pair (i, i + d/2), measured at position 1; none where it does not turn", lengths,
            InsideAxis.Numbered("pair", half));
    }
}
