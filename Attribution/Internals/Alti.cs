namespace Vitrine.Attributions;

/// <summary>
/// Rollout over what attention layers really add up: layer by layer, token j contributes to position i as much as its vector brings
/// the output closer, <c>c[i, j] = max(0, ‖y_i‖₁ − ‖y_i − T[i ← j]‖₁)</c>, rows divided by their sums (see <see cref="AttentionBlock"/> for
/// T).
/// </summary>
/// <remarks>
/// Values, output matrix, residual and norm all count, where <see cref="AttentionRollout"/> knows attention weights alone; the MLP, which
/// mixes no positions, is left out. In an encoder–decoder (ALTI+) the residual competes with the source's tokens in cross-attention, and
/// source and target scores sum to 1 together.
/// </remarks>
public sealed class Alti : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "alti";

    /// <inheritdoc/>
    public string Citation => "Ferrando, Gállego & Costa-jussà 2022, Measuring the mixing of contextual information in the transformer";

    /// <inheritdoc/>
    public string Cost => "1 forward, and per layer tokens² vectors of d_model";

    /// <inheritdoc/>
    public string SumsTo => "1 per target, over both sides; unrelated to the score";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        AttentionBlocks blocks = AttentionBlock.Of(f, request);
        return new Report(this, f, request) { Raw = Mix(blocks, request).Explain(f), Scores = blocks.Scores }.Make();
    }

    /// <summary>The contributions of every layer.</summary>
    internal static Mixing Mix(AttentionBlocks blocks, AttributionRequest request)
    {
        var work = new Work(request, blocks.All.Length);
        double[][][] Each(AttentionBlock[] layers) => [.. layers.Select(layer => Contributions(layer, request, work))];
        return new(Each(blocks.Self), Each(blocks.Encoder), Each(blocks.Cross));
    }

    /// <summary><c>[query][key]</c>; rows sum to 1, or to 1 less what stays with the residual in cross-attention.</summary>
    private static double[][] Contributions(AttentionBlock layer, AttributionRequest request, Work work)
    {
        work.Check();
        double[][] shares = [.. Enumerable.Range(0, layer.Queries).Select(_ => new double[layer.Keys])];
        double[] kept = new double[layer.Queries], lengths =
            [.. Enumerable.Range(0, layer.Queries).Select(query => Length(layer.Output(query)))];
        layer.Visit(request.ByteBudget, (query, key, vector) =>
        {
            ReadOnlySpan<float> output = layer.Output(query);
            double distance = 0;
            for (int i = 0; i < vector.Length; i++)
            {
                distance += Math.Abs((double)output[i] - vector[i]);
            }
            double share = Math.Max(0, lengths[query] - distance);
            if (key < 0)
            {
                kept[query] = share;
            }
            else
            {
                shares[query][key] = share;
            }
        });
        for (int query = 0; query < layer.Queries; query++)
        {
            double total = shares[query].Sum() + kept[query];
            if (total == 0 && !layer.IsCross)
            {
                (shares[query][query], total) = (1, 1); // nothing brings it closer: it stays what it is
            }
            shares[query] = [.. shares[query].Select(share => total == 0 ? 0 : share / total)];
        }
        work.Advance(1);
        return shares;
    }

    private static double Length(ReadOnlySpan<float> vector)
    {
        double sum = 0;
        foreach (float value in vector)
        {
            sum += Math.Abs(value);
        }
        return sum;
    }
}
