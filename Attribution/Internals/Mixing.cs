namespace Vitrine.Attributions;

/// <summary>
/// How much of every position's next state comes from each position, layer by layer, and what that makes of the whole stack: the product
/// of the layers, later ones on the left.
/// </summary>
/// <remarks>
/// In an encoder–decoder a decoder layer mixes twice: with itself, then with the encoder's output through cross-attention, which is
/// followed down the encoder in its turn (Ferrando et al. 2022, “Towards opening the black box of neural machine translation”).
/// </remarks>
/// <param name="Self">Of the only stack, or of a decoder, first layer first: <c>[layer][query][key]</c>, residual included.</param>
/// <param name="Encoder">Of an encoder that a decoder listens to.</param>
/// <param name="Cross">From the decoder's positions to the encoder's; what is missing to 1 stays at the position itself.</param>
internal sealed record Mixing(double[][][] Self, double[][][] Encoder, double[][][] Cross)
{
    /// <summary>Where what is read at a position comes from: shares over the tokens of its own side, and over the source's.</summary>
    /// <param name="position">The position that is read; null: all, on average.</param>
    /// <param name="layers">How many layers lie below; null: all.</param>
    public (double[] Self, double[] Source) Follow(int? position, int? layers = null)
    {
        double[] shares = new double[Self[0].Length];
        Array.Fill(shares, position is null ? 1.0 / shares.Length : 0);
        if (position is { } read)
        {
            shares[read] = 1;
        }
        double[] source = Cross.Length == 0 ? [] : new double[Cross[0][0].Length];
        for (int layer = (layers ?? Self.Length) - 1; layer >= 0; layer--)
        {
            if (Cross.Length > 0)
            {
                source = [.. source.Zip(Pull(Cross[layer], shares), (a, b) => a + b)];
                shares = [.. shares.Select((share, query) => share * (1 - Cross[layer][query].Sum()))];
            }
            shares = Pull(Self[layer], shares);
        }
        foreach (double[][] layer in Encoder.Reverse())
        {
            source = Pull(layer, source);
        }
        return (shares, source);
    }

    /// <summary>What stands at the positions of a layer's input, brought down to the tokens; for models with one stack.</summary>
    /// <param name="amounts">Anything that adds up. <c>[pos]</c></param>
    /// <param name="layers">How many layers lie below.</param>
    public double[] Down(double[] amounts, int layers) => Self[..layers].Reverse().Aggregate(amounts, (at, layer) => Pull(layer, at));

    /// <summary>The shares of every target, one array per side of a function: <c>[target, pos]</c>.</summary>
    public double[][] Explain(ScoreFunction f)
    {
        double[][] raw = [.. f.Sides.Select(side => new double[f.Targets.Count * side.Length])];
        for (int t = 0; t < f.Targets.Count; t++)
        {
            (double[] self, double[] source) = Follow(f.Targets[t].Position);
            for (int side = 0; side < raw.Length; side++)
            {
                double[] row = IsSource(f.Sides[side]) ? source : self;
                row.CopyTo(raw[side], t * row.Length);
            }
        }
        return raw;
    }

    /// <summary>Whether a side is read by an encoder and seen through cross-attention.</summary>
    public bool IsSource(InputSide side) => side.Name == "source" && Cross.Length > 0;

    /// <summary>Σ_query weights[query] · layer [query, key]. <c>[key]</c></summary>
    private static double[] Pull(double[][] layer, double[] weights)
    {
        double[] pulled = new double[layer[0].Length];
        for (int query = 0; query < layer.Length; query++)
        {
            for (int key = 0; key < pulled.Length && weights[query] != 0; key++)
            {
                pulled[key] += weights[query] * layer[query][key];
            }
        }
        return pulled;
    }
}
