using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// What the distance of two tokens adds to an attention score: T5's learned biases, ALiBi's slopes, DeBERTa's positions, as one curve a
/// head.
/// </summary>
/// <remarks>
/// It is measured, so that it is the same for every family: score = scale · q·k + bias(distance). The scale is that of the part which q and
/// k make together, S(q, k) − S(q, 0) − S(0, k) + S(0, 0). Scores are taken relative to that of a query with its own key, which softmax
/// cannot tell apart; what remains of them without scale · q·k, averaged over a distance, is the bias. Where it depends on words too
/// (DeBERTa), this is its mean over the text.
/// </remarks>
internal static class RelativeBiases
{
    /// <summary>A table <c>[head, distance]</c> of the first block; null where distance adds nothing, or turns queries instead
    /// (rotary).</summary>
    /// <param name="model">The model.</param>
    /// <param name="input">One text of at least three tokens.</param>
    /// <param name="stack">Which blocks.</param>
    public static InsideTable? Of(ITransformer model, ModelInput input, string stack)
    {
        string block = $"{stack}.0.attn.";
        var names = model.HookPoints.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        if (names.Contains(block + "hook_rot_q") || !names.Contains(block + "hook_attn_scores"))
        {
            return null;
        }
        if (Scores(model, input, block) is not { } found)
        {
            return null;
        }
        (int heads, int t) = (found.Heads, found.T);
        int distances = (2 * t) - 1;
        double[] count = new double[heads * distances], bias = new double[count.Length];
        double size = 0;
        for (int i = 0; i < found.Values.Length; i++)
        {
            int row = i / t, query = row % t, own = (row * t) + query, at = (row / t * distances) + query - (i % t) + t - 1;
            if (IsSeen(found.Values[i]) && IsSeen(found.Values[own]))
            {
                double gap = (double)found.Values[i] - found.Values[own];
                (count[at], size) = (count[at] + 1, Math.Max(size, Math.Abs(gap)));
                bias[at] += gap - (found.Scale * ((double)found.Products[i] - found.Products[own]));
            }
        }
        bias = [.. bias.Select((sum, at) => count[at] > 0 ? sum / count[at] : double.NaN)];
        int[] shown = [.. Enumerable.Range(0, distances).Where(d => count[d] > 0)];
        return bias.Where(double.IsFinite).Max(Math.Abs) <= 1e-4 * Math.Max(1, size) ? null
            : InsideTable.Of(stack == "blocks" ? "relative_bias" : $"relative_bias_{stack}",
                "what being so many tokens back (negative: ahead) adds to a score, less that of the token itself; measured in the first "
                    + "block",
                [.. Enumerable.Range(0, heads).SelectMany(h => shown.Select(d => bias[(h * distances) + d]))],
                InsideAxis.Numbered("head", heads),
                new InsideAxis("distance", [.. shown.Select(d => (d - t + 1).ToString(CultureInfo.InvariantCulture))]));
    }

    /// <summary>Replaces the scores of every block by their part scale · q·k, until the result is disposed.</summary>
    public static IDisposable Without(ITransformer model, ModelInput input, string stack)
    {
        var scopes = new Scopes();
        Dictionary<string, Tensor> seen = [];
        foreach (string block in Enumerable.Range(0, PatchPlace.Get("q").LayersOf(model, stack))
            .Select(layer => FormattableString.Invariant($"{stack}.{layer}.attn.")))
        {
            float scale = (float)(Scores(model, input, block)?.Scale ?? 0);
            scopes.Add(model.Intervene(block + "hook_q", x => seen[block + "q"] = x));
            scopes.Add(model.Intervene(block + "hook_k", x => seen[block + "k"] = x));
            scopes.Add(model.Intervene(block + "hook_attn_scores", scores =>
            {
                float[] hidden = Array.ConvertAll(scores.ToArray(), v => IsSeen(v) ? 0 : v);
                return Products(seen[block + "q"], seen[block + "k"]).Scale(scale) + Tensor.From(hidden, scores.Shape);
            }));
        }
        return scopes;
    }

    // The scores of a block, q·k of each, and its scale; null where there are too few, or other keys than queries.
    private static (double Scale, int Heads, int T, float[] Values, float[] Products)? Scores(ITransformer model, ModelInput input,
        string block)
    {
        Dictionary<string, Tensor> found = PatchSweep.Capture(model, input,
            [block + "hook_q", block + "hook_k", block + "hook_attn_scores"]);
        Tensor scores = found[block + "hook_attn_scores"];
        (int heads, int t) = (scores.Shape[1], scores.Shape[2]);
        if (t < 3 || scores.Shape[3] != t)
        {
            return null;
        }
        float[] Without(params Span<string> hooks)
        {
            using var scopes = new Scopes();
            foreach (string hook in hooks)
            {
                scopes.Add(model.Intervene(block + hook, x => x.Scale(0)));
            }
            return PatchSweep.Capture(model, input, [block + "hook_attn_scores"])[block + "hook_attn_scores"].ToArray();
        }
        float[] values = scores.ToArray(), products = Products(found[block + "hook_q"], found[block + "hook_k"]).ToArray(),
            noKeys = Without("hook_k"), noQueries = Without("hook_q"), neither = Without("hook_q", "hook_k");
        double up = 0, down = 0;
        for (int i = 0; i < values.Length; i++)
        {
            double content = (double)values[i] - noKeys[i] - noQueries[i] + neither[i];
            (up, down) = IsSeen(values[i]) ? (up + (content * products[i]), down + ((double)products[i] * products[i])) : (up, down);
        }
        return (down > 0 ? up / down : 0, heads, t, values, products);
    }

    // q·k of all heads, [rows, head, query, key]; a key head may serve several query heads.
    private static Tensor Products(Tensor q, Tensor k)
    {
        (int rows, int t, int heads, int keyHeads, int d) = (k.Shape[0], k.Shape[1], q.Shape[2], k.Shape[2], k.Shape[3]);
        k = k.Reshape([rows, t, keyHeads, 1, d]).Expand([rows, t, keyHeads, heads / keyHeads, d]).Reshape([rows, t, heads, d]);
        return q.Permute(0, 2, 1, 3).MatMul(k.Permute(0, 2, 1, 3), transposeB: true);
    }

    private static bool IsSeen(float score) => float.IsFinite(score) && score > -1e8f;
}
