using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// How much a block's output changes when one token's value vectors are zeroed in its attention: the cosine distance between the output
/// at the position a target is read from, with and without that token, each layer by itself.
/// </summary>
/// <remarks>
/// Attention weights stay as they are; every block receives its undisturbed input, so that layers do not mix, and one forward over a batch
/// of zeroed tokens answers for all layers. Each layer's distances are divided by their sum. One score per token is the authors' rollout:
/// the product of the layers over all positions, later ones on the left, no identity added. Raw scores, <c>[target, pos, layer]</c>, are
/// the single layers at the target's position. In an encoder–decoder source tokens are zeroed in cross-attention; there is no published
/// rollout for it, and the layers' mean is shown.
/// <c>--compat inseq</c> shows the mean everywhere, takes distances below 1e-5 for 0, and compares the last block's output after the final
/// norm.
/// </remarks>
public sealed class ValueZeroing : IAttributionMethod
{
    private const double InseqSmallest = 1e-5;

    /// <inheritdoc/>
    public string Name => "value_zeroing";

    /// <inheritdoc/>
    public string Citation => "Mohebbi et al. 2023, Quantifying context mixing in transformers";

    /// <inheritdoc/>
    public string Cost => "tokens + 1 forwards";

    /// <inheritdoc/>
    public string SumsTo => "1 per side and target; unrelated to the score";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        string[] self = Blocks(f, "attn"), cross = Blocks(f, "cross_attn");
        string[] blocks = Chosen(self, request.Layers);
        double[] scores = Array.ConvertAll(f.Score(Sweep.Input(f)).ToArray(), score => (double)score);
        var work = new Work(request, f.Sides.Sum(side => side.Length));
        bool rollout = request.Aggregator is null && request.Compat != Compat.Inseq && cross.Length == 0;
        double[][][]? layers = rollout
            ? [.. blocks.Select(_ => Enumerable.Range(0, f.Sides[0].Length).Select(_ => new double[f.Sides[0].Length]).ToArray())] : null;
        double[][] raw = [.. f.Sides.Select(side => side.Name == "source" && cross.Length > 0
            ? Distances(f, side, Chosen(cross, request.Layers), "cross_attn", request, work, null)
            : Distances(f, side, blocks, "attn", request, work, layers))];
        return new Report(this, f, request)
        {
            Raw = raw,
            OneEach = layers is null ? null : ("rollout", new Mixing([.. layers.Select(Shares)], [], []).Explain(f)),
            Axes = [("layer", blocks.Length)],
            Aggregator = Aggregators.Mean,
            Scores = scores,
            Parameters = new Dictionary<string, object> { ["layers"] = request.Layers is null ? "all" : string.Join(",", request.Layers) },
        }.Make();
    }

    /// <summary>Rows divided by their sums; a position that no token changes stays what it is.</summary>
    private static double[][] Shares(double[][] distances) => [.. distances.Select((row, query) =>
        row.Sum() is > 0 and var sum ? Array.ConvertAll(row,
            distance => distance / sum) : [.. row.Select((_, key) => key == query ? 1.0 : 0)])];

    /// <summary>
    /// Normalised distances of one side: <c>[target, pos, layer]</c>; those of all positions, not normalised, go to
    /// <paramref name="layers"/>, <c>[layer][query][key]</c>.
    /// </summary>
    private static double[] Distances(
        ScoreFunction f, InputSide side, string[] blocks, string attention, AttributionRequest request, Work work, double[][][]? layers)
    {
        string[] outputs = [.. blocks.Select(block => Output(f, block, request.Compat))];
        float[][] gains = [.. outputs.Select(output => Gain(f, output))];
        Dictionary<string, Tensor> clean = Clean(f, [.. blocks.Select(block => $"{block}.hook_resid_pre"), .. outputs]);
        double[] raw = new double[f.Targets.Count * side.Length * blocks.Length];
        foreach (int[] tokens in Enumerable.Range(0, side.Length).Where(p => !side.IsPadding(p))
            .Chunk(Batching.Forward(f, request.ByteBudget)))
        {
            work.Check();
            Tensor[] zeroed = Zeroed(f, tokens, blocks, outputs, attention, clean);
            for (int layer = 0; layer < blocks.Length; layer++)
            {
                float[] before = Times(clean[outputs[layer]].ToArray(), gains[layer]);
                float[] after = Times(zeroed[layer].ToArray(), gains[layer]);
                int width = zeroed[layer].Shape[2];
                for (int i = 0; i < tokens.Length; i++)
                {
                    double[] distances = Distances(before, after.AsSpan(i * before.Length, before.Length), width,
                        request.Compat == Compat.Inseq ? InseqSmallest : 0);
                    for (int t = 0; t < f.Targets.Count; t++)
                    {
                        raw[(((t * side.Length) + tokens[i]) * blocks.Length) + layer] = f.Targets[t].Position is { } read
                            ? distances[read] : distances.Average();
                    }
                    for (int query = 0; layers is not null && query < distances.Length; query++)
                    {
                        layers[layer][query][tokens[i]] = distances[query];
                    }
                }
            }
            work.Advance(tokens.Length);
        }
        Normalise(raw, f.Targets.Count, side.Length, blocks.Length);
        return raw;
    }

    /// <summary>
    /// The blocks' outputs, example i with the values of token <c>tokens[i]</c> zeroed in every block. Each <c>[token, pos, d_model]</c>
    /// </summary>
    private static Tensor[] Zeroed(ScoreFunction f, int[] tokens, string[] blocks, string[] outputs, string attention,
        Dictionary<string, Tensor> clean)
    {
        var scopes = new List<IDisposable>();
        try
        {
            foreach (string block in blocks)
            {
                Tensor input = clean[$"{block}.hook_resid_pre"];
                scopes.Add(f.Intervene($"{block}.hook_resid_pre", (_, x) => input.Expand(x.Shape)));
                scopes.Add(f.Intervene($"{block}.{attention}.hook_v", (_, v) => v.MaskedFill(Places(tokens, v.Shape[1]), 0)));
            }
            using ActivationCache cache = f.Cache(outputs);
            f.Features([.. f.Sides.Select(side => side.Batch.Expand(side.Batch.Shape.With(0, tokens.Length)))]);
            return [.. outputs.Select(output => cache[output])];
        }
        finally
        {
            scopes.ForEach(scope => scope.Dispose());
        }
    }

    /// <summary>1 at token <c>tokens[i]</c> of example i: <c>[token, key, 1, 1]</c>, int32.</summary>
    private static Tensor Places(int[] tokens, int keys)
    {
        int[] mask = new int[tokens.Length * keys];
        for (int i = 0; i < tokens.Length; i++)
        {
            mask[(i * keys) + tokens[i]] = 1;
        }
        return Tensor.From(mask, [tokens.Length, keys, 1, 1]);
    }

    private static Dictionary<string, Tensor> Clean(ScoreFunction f, string[] hooks)
    {
        using ActivationCache cache = f.Cache(hooks);
        f.Features(Sweep.Input(f));
        return hooks.Distinct().ToDictionary(hook => hook, hook => cache[hook]);
    }

    /// <summary>
    /// 1 − cosine at every position, as ½‖a/‖a‖ − b/‖b‖‖²: exactly 0 where nothing changed. Below <paramref name="smallest"/> it counts as
    /// 0.
    /// </summary>
    private static double[] Distances(ReadOnlySpan<float> before, ReadOnlySpan<float> after, int width, double smallest)
    {
        double[] distances = new double[before.Length / width];
        for (int p = 0; p < distances.Length; p++)
        {
            ReadOnlySpan<float> x = before.Slice(p * width, width), y = after.Slice(p * width, width);
            double a = 0, b = 0, sum = 0;
            for (int i = 0; i < width; i++)
            {
                (a, b) = (a + ((double)x[i] * x[i]), b + ((double)y[i] * y[i]));
            }
            (a, b) = (Math.Max(Math.Sqrt(a), double.Epsilon), Math.Max(Math.Sqrt(b), double.Epsilon));
            for (int i = 0; i < width; i++)
            {
                double difference = (x[i] / a) - (y[i] / b);
                sum += difference * difference;
            }
            distances[p] = sum / 2 < smallest ? 0 : sum / 2;
        }
        return distances;
    }

    private static void Normalise(double[] raw, int targets, int positions, int layers)
    {
        for (int t = 0; t < targets; t++)
        {
            for (int layer = 0; layer < layers; layer++)
            {
                int[] row = [.. Enumerable.Range(0, positions).Select(p => (((t * positions) + p) * layers) + layer)];
                double total = row.Sum(i => raw[i]);
                foreach (int i in row)
                {
                    raw[i] = total == 0 ? 0 : raw[i] / total;
                }
            }
        }
    }

    /// <summary>The blocks with that attention, of the stack that targets are read from: <c>blocks.0</c>, <c>decoder.1</c>.</summary>
    private static string[] Blocks(ScoreFunction f, string attention)
    {
        string end = $".{attention}.hook_v";
        return [.. f.HookPoints.Select(point => point.Name)
            .Where(name => name.EndsWith(end, StringComparison.Ordinal) && !name.StartsWith("encoder.", StringComparison.Ordinal))
            .Select(name => name[..^end.Length])];
    }

    /// <summary>
    /// Where a block's output is read. Inseq reads the last one from the list of hidden states, whose last is after the final norm.
    /// </summary>
    private static string Output(ScoreFunction f, string block, Compat compat)
    {
        string[] points = [.. f.HookPoints.Select(point => point.Name)];
        string normalised = $"{block}.hook_normalized_resid_post";
        string final = block.StartsWith("decoder.", StringComparison.Ordinal) ? "decoder_final_ln.hook_normalized"
            : "ln_final.hook_normalized";
        bool isLast = block == points.Last(name => name.EndsWith(".hook_resid_post",
            StringComparison.Ordinal))[..^".hook_resid_post".Length];
        return compat == Compat.Inseq && isLast && points.Contains(final) ? final
            : points.Contains(normalised) ? normalised : $"{block}.hook_resid_post";
    }

    /// <summary>
    /// What the columns of a final RMSNorm's hook are still to be multiplied by: that hook stands before the gain, a LayerNorm's after it.
    /// </summary>
    private static float[] Gain(ScoreFunction f, string output)
    {
        string norm = output.EndsWith("hook_normalized", StringComparison.Ordinal) ? output[..^".hook_normalized".Length] : "";
        IReadOnlyList<Parameter> parameters = f.Transformer?.Parameters ?? [];
        return parameters.FirstOrDefault(p => p.Name == $"{norm}.w") is { IsCentred: false } gain ? gain.Effective.ToArray() : [];
    }

    private static float[] Times(float[] rows, float[] gain)
    {
        for (int i = 0; i < rows.Length && gain.Length > 0; i++)
        {
            rows[i] *= gain[i % gain.Length];
        }
        return rows;
    }

    private static string[] Chosen(string[] blocks, IReadOnlyList<int>? layers)
    {
        if (blocks.Length == 0)
        {
            throw new VitrineException("value_zeroing: no attention to look into; got a function without a model; "
                + "expected a transformer made by Targets. Use occlusion.");
        }
        if (layers is not null && layers.Any(layer => layer < 0 || layer >= blocks.Length))
        {
            throw new VitrineException($"value_zeroing: no such layer; "
                + $"got {string.Join(", ", layers)}; expected 0 to {blocks.Length - 1}.");
        }
        return layers is null ? blocks : [.. layers.Select(layer => blocks[layer])];
    }
}
