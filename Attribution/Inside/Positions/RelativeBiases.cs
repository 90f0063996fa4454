using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// What the distance of two tokens adds to an attention score: T5's learned biases, ALiBi's slopes, DeBERTa's positions, as one curve a
/// head.
/// </summary>
/// <remarks>
/// It is measured, so that it is the same for every family: score = scale · q·k + bias(distance). Scores and products are taken relative
/// to those of a query with its own key, which softmax cannot tell apart; the scale is the slope within equal distances; what remains,
/// averaged over a distance, is the bias. Where it depends on words too (DeBERTa), this is its mean over the text.
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
        Dictionary<string, Tensor> found = PatchSweep.Capture(model, input,
            [block + "hook_q", block + "hook_k", block + "hook_attn_scores"]);
        Tensor q = found[block + "hook_q"], k = found[block + "hook_k"], scores = found[block + "hook_attn_scores"];
        (int heads, int t) = (scores.Shape[1], scores.Shape[2]);
        if (t < 3 || scores.Shape[3] != t)
        {
            return null;
        }
        int group = heads / k.Shape[2];
        k = k.Reshape([1, t, k.Shape[2], 1, k.Shape[3]]).Expand([1, t, k.Shape[2], group, k.Shape[3]]).Reshape([1, t, heads, k.Shape[3]]);
        float[] dots = q.Permute(0, 2, 1, 3).MatMul(k.Permute(0, 2, 1, 3), transposeB: true).ToArray(), all = scores.ToArray();
        // Number of entries, Σ product, Σ score of every head and distance.
        int distances = (2 * t) - 1;
        double[] count = new double[heads * distances], x = new double[count.Length], y = new double[count.Length];
        void Each(Action<int, double, double> visit)
        {
            for (int i = 0; i < all.Length; i++)
            {
                int row = i / t, query = row % t, key = i % t, own = (row * t) + query;
                if (float.IsFinite(all[i]) && all[i] > -1e8f && float.IsFinite(all[own]))
                {
                    visit((row / t * distances) + query - key + t - 1, (double)dots[i] - dots[own], (double)all[i] - all[own]);
                }
            }
        }
        Each((at, dot, score) => (count[at], x[at], y[at]) = (count[at] + 1, x[at] + dot, y[at] + score));
        double up = 0, down = 0;
        Each((at, dot, score) =>
        {
            double off = dot - (x[at] / count[at]);
            (up, down) = (up + (off * (score - (y[at] / count[at]))), down + (off * off));
        });
        double scale = down > 0 ? up / down : 0;
        double[] bias = [.. count.Select((n, at) => n > 0 ? (y[at] - (scale * x[at])) / n : double.NaN)];
        int[] shown = [.. Enumerable.Range(0, distances).Where(d => count[d] > 0)];
        double largest = bias.Where(double.IsFinite).Max(Math.Abs), size = y.Select((v, at) => count[at] > 0 ? Math.Abs(v / count[at]) : 0)
            .Max();
        return largest <= 1e-4 * Math.Max(1, size) ? null
            : InsideTable.Of(stack == "blocks" ? "relative_bias" : $"relative_bias_{stack}",
                "what being so many tokens back (negative: ahead) adds to a score, less that of the token itself; measured in the first "
                    + "block",
                [.. Enumerable.Range(0, heads).SelectMany(h => shown.Select(d => bias[(h * distances) + d]))],
                InsideAxis.Numbered("head", heads),
                new InsideAxis("distance", [.. shown.Select(d => (d - t + 1).ToString(CultureInfo.InvariantCulture))]));
    }
}
