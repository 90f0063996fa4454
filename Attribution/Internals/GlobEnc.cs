using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// Rollout over the norms of whole encoder layers: the product of the matrices <c>‖LN₂(LN₁(T[i ← j]))‖₂</c> as they are, where both norms
/// are linear with their scales given, and the MLP counts through its residual and the second norm's scale only. The row of the product
/// that a target is read from is divided by its sum.
/// </summary>
/// <remarks>
/// For encoders that normalise after adding (BERT), as in the paper. Rows of single layers are not divided by their sums, as in the
/// authors' code: a position with large vectors weighs more.
/// </remarks>
public sealed class GlobEnc : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "globenc";

    /// <inheritdoc/>
    public string Citation => "Modarressi et al. 2022, GlobEnc: quantifying global token attribution by incorporating the whole encoder "
        + "layer in transformers";

    /// <inheritdoc/>
    public string Cost => "1 forward, and per layer tokens² vectors of d_model";

    /// <inheritdoc/>
    public string SumsTo => "1 per target; unrelated to the score";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        (double[][][] layers, double[] scores) = Layers(f, request);
        double[] raw = new Mixing(layers, [], []).Explain(f).Single();
        for (int t = 0, width = f.Sides[0].Length; t < f.Targets.Count; t++)
        {
            Span<double> row = raw.AsSpan(t * width, width);
            double sum = row.ToArray().Sum();
            for (int p = 0; p < width; p++)
            {
                row[p] /= sum;
            }
        }
        return new Report(this, f, request) { Raw = [raw], Scores = scores }.Make();
    }

    /// <summary>The norms of every layer, <c>[layer][query][key]</c>, and f(x).</summary>
    internal (double[][][] Norms, double[] Scores) Layers(ScoreFunction f, AttributionRequest request)
    {
        string[] norms = [.. f.HookPoints.Select(point => point.Name).Where(name => name.StartsWith("blocks.", StringComparison.Ordinal)
            && name.EndsWith(".hook_normalized_resid_post", StringComparison.Ordinal))
            .Select(name => name[..^".hook_normalized_resid_post".Length] + ".ln2")];
        if (norms.Length == 0)
        {
            throw new VitrineException($"{Name}: not an encoder that normalises after adding; "
                + $"got {f.Model ?? "a function without a model"}; expected BERT. Use alti.");
        }
        AttentionBlocks blocks = AttentionBlock.Of(f, request, [.. norms.Select(norm => $"{norm}.hook_scale")]);
        var work = new Work(request, norms.Length);
        return ([.. blocks.Self.Zip(norms, (layer, norm) => Norms(layer, blocks, norm, request, work))], blocks.Scores);
    }

    /// <summary><c>[query][key]</c></summary>
    private static double[][] Norms(AttentionBlock layer, AttentionBlocks blocks, string norm, AttributionRequest request, Work work)
    {
        work.Check();
        float[] scale = blocks.Activation($"{norm}.hook_scale").ToArray(), gain = blocks.Weight($"{norm}.w")?.ToArray() ?? [];
        double[][] norms = [.. Enumerable.Range(0, layer.Queries).Select(_ => new double[layer.Keys])];
        layer.Visit(request.ByteBudget, (query, key, vector) =>
        {
            AttentionBlock.Normalise(vector, gain, scale[query]);
            norms[query][key] = Math.Sqrt(vector.Sum(value => (double)value * value));
        });
        work.Advance(1);
        return norms;
    }
}
