namespace Vitrine.Attributions;

/// <summary>
/// Attention as a network of pipes: from the position a target is read from down to each token, how much could flow at most, where
/// the pipe from (layer, i) to (layer − 1, j) holds <c>½·[i = j] + ½·mean_head A[i, j]</c>.
/// </summary>
/// <remarks>
/// The capacities are those of <see cref="AttentionRollout"/>, which is one possible flow: a token's score here is at least its score
/// there. Tokens are asked one by one, so scores do not sum to anything. A target without a position is asked from all positions, on
/// average.
/// </remarks>
public sealed class AttentionFlow : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "attention_flow";

    /// <inheritdoc/>
    public string Citation => "Abnar & Zuidema 2020, Quantifying attention flow in transformers";

    /// <inheritdoc/>
    public string Cost => "1 forward, and a maximum flow per target and token, each about layers × tokens² steps times a few";

    /// <inheritdoc/>
    public string SumsTo => "nothing in particular; each score lies in [0, 1]";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        AttentionPatterns patterns = AttentionPatterns.Of(f, request);
        Mixing mixing = AttentionRollout.Mix(patterns);
        int own = mixing.Self[0].Length;
        MaximumFlow pipes = Pipes(mixing, out int top);
        var work = new Work(request, f.Targets.Count * f.Sides.Sum(side => side.Length));
        double[][] raw = [.. f.Sides.Select(side => new double[f.Targets.Count * side.Length])];
        for (int t = 0; t < f.Targets.Count; t++)
        {
            int[] reads = f.Targets[t].Position is { } position ? [position] : [.. Enumerable.Range(0, own)];
            for (int side = 0; side < raw.Length; side++)
            {
                int first = mixing.IsSource(f.Sides[side]) ? own : 0, length = f.Sides[side].Length;
                for (int token = 0; token < length; token++)
                {
                    work.Check();
                    raw[side][(t * length) + token] = f.Sides[side].IsPadding(token)
                        ? 0 : reads.Average(read => pipes.Between(top + read, first + token));
                    work.Advance(1);
                }
            }
        }
        return new Report(this, f, request) { Raw = raw, Scores = patterns.Scores }.Make();
    }

    /// <summary>
    /// The network. Nodes: the tokens of the own side, those of the source, the encoder's layers, then per layer the states after
    /// self-attention and, in a decoder, after cross-attention.
    /// </summary>
    private static MaximumFlow Pipes(Mixing mixing, out int top)
    {
        var pipes = new MaximumFlow();
        int own = mixing.Self[0].Length, encoded = own, next = own + (mixing.Cross.Length > 0 ? mixing.Cross[0][0].Length : 0);
        foreach (double[][] layer in mixing.Encoder)
        {
            Join(pipes, next, encoded, layer);
            (encoded, next) = (next, next + layer.Length);
        }
        top = 0;
        for (int layer = 0; layer < mixing.Self.Length; layer++)
        {
            Join(pipes, next, top, mixing.Self[layer]);
            (top, next) = (next, next + own);
            if (mixing.Cross.Length > 0)
            {
                Join(pipes, next, encoded, mixing.Cross[layer]);
                for (int i = 0; i < own; i++)
                {
                    pipes.Add(next + i, top + i, 1 - mixing.Cross[layer][i].Sum());
                }
                (top, next) = (next, next + own);
            }
        }
        return pipes;
    }

    private static void Join(MaximumFlow pipes, int from, int to, double[][] layer)
    {
        for (int i = 0; i < layer.Length; i++)
        {
            for (int j = 0; j < layer[i].Length; j++)
            {
                pipes.Add(from + i, to + j, layer[i][j]);
            }
        }
    }
}
