using System.Globalization;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// Direct logit attribution: the logit (or difference) at a position as a sum of what every part wrote to the stream, each read through the
/// last
/// norm with the scale of the whole stream. Elhage et al. 2021, “A mathematical framework for transformer circuits”.
/// </summary>
/// <remarks>
/// share(x) = ((x − mean x)/scale ∘ w)·u with u = W_U[a] − W_U[w]; RMSNorm: without the mean. The shares sum to the metric
/// exactly: biases have rows of their own, and what no part accounts for is the row <c>rest</c>. It says what is written, not what for:
/// later parts read the same stream.
/// </remarks>
public static class DirectLogitAttribution
{
    private static readonly string[] s_positions = ["hook_pos_embed"];

    /// <summary>Takes a logit or a logit difference apart.</summary>
    /// <param name="model">A decoder whose blocks add to one stream before a final norm.</param>
    /// <param name="input">One text.</param>
    /// <param name="metric">A logit or logit difference.</param>
    /// <param name="folded">Whether b_V is counted with the output biases, as TransformerLens' folded weights do, instead of with the
    /// heads.</param>
    /// <param name="tokens">What positions are called; empty: by number.</param>
    /// <returns>
    /// Tables <c>parts</c> (they sum to the metric), <c>heads</c> <c>[layer, head]</c>, <c>head_by_source</c> <c>[layer, head, key]</c>,
    /// <c>neurons</c>
    /// <c>[layer, neuron]</c>, <c>attn_out</c>, <c>attn_bias</c>, <c>mlp_out</c>, <c>mlp_bias</c> <c>[layer]</c>; numbers <c>metric</c> and
    /// <c>gap</c>.
    /// </returns>
    /// <exception cref="VitrineException">The model's parts do not add up in one stream, or the metric is not linear in the
    /// logits.</exception>
    public static InsideResult Run(ITransformer model, ModelInput input, InsideMetric metric, bool folded = false,
        IReadOnlyList<string>? tokens = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(metric);
        if (metric.Name is not ("logit" or "logit_diff"))
        {
            throw new VitrineException(
                $"direct logit attribution: the metric is not linear in the logits; got {metric.Name}; expected logit or logit_diff.");
        }
        EdgeGraph graph = EdgeGraph.Of(model);
        int layers = graph.Layers;
        HashSet<string> names = [.. model.HookPoints.Select(p => p.Name)];
        string[] each = ["attn.hook_z", "attn.hook_v", "attn.hook_pattern", "hook_attn_out", "mlp.hook_post", "hook_mlp_out"];
        string[] hooks = [graph.Input, .. names.Contains("hook_pos_embed") ? s_positions : [], $"blocks.{layers - 1}.hook_resid_post",
            "ln_final.hook_scale", "ln_final.hook_normalized",
            .. Enumerable.Range(0, layers).SelectMany(l => each.Select(e => $"blocks.{l}.{e}"))];
        var run = new MetricRun(model, input, metric);
        using ActivationCache cache = model.Cache(hooks);
        double value;
        float[] direction;
        using (var tape = new Tape())
        {
            Tensor m = run.Value();
            Tensor normalised = cache["ln_final.hook_normalized"];
            direction = tape.Gradient(m, normalised)[normalised].Select(0, 0).Select(0, run.At).ToArray();
            value = m.ToArray()[0];
        }
        using Recorder.Pause pause = Recorder.Suspend();
        var stream = new Stream(model, cache, run.At, direction);
        return Parts(model, graph, cache, stream, run.At, value, metric, folded, tokens, names.Contains("hook_pos_embed"));
    }

    private static InsideResult Parts(
        ITransformer model, EdgeGraph graph, ActivationCache cache, Stream stream, int at, double value, InsideMetric metric, bool folded,
            IReadOnlyList<string>? tokens, bool hasPositions)
    {
        (int layers, int heads) = (graph.Layers, graph.Heads);
        double[] headShares = new double[layers * heads], attnOut = new double[layers], attnBias = new double[layers],
            mlpOut = new double[layers], mlpBias = new double[layers];
        List<double> bySource = [], neurons = [];
        int neuronCount = 0;
        for (int l = 0; l < layers; l++)
        {
            string b = $"blocks.{l}.";
            double[,] w = stream.Rows(InsideWeights.Get(model, b + "attn.W_O"), heads);       // share of a unit of z: [head, d_head]
            float[] z = cache[b + "attn.hook_z"].Select(0, 0).Select(0, at).ToArray();
            // [head, key]; [key, kv_head, d_head]
            Tensor pattern = cache[b + "attn.hook_pattern"].Select(0, 0).Select(1, at), v = cache[b + "attn.hook_v"].Select(0, 0);
            (float[] p, float[] values) = (pattern.ToArray(), v.ToArray());
            (int keys, int kvHeads, int dHead) = (v.Shape[0], v.Shape[1], v.Shape[2]);
            float[]? bV = folded ? InsideWeights.Find(model, b + "attn.b_V")?.ToArray() : null;
            for (int h = 0; h < heads; h++)
            {
                int kv = h / (heads / kvHeads);
                double own = 0, moved = 0;
                for (int i = 0; i < dHead; i++)
                {
                    own += z[(h * dHead) + i] * w[h, i];
                    moved += bV is null ? 0 : bV[(kv * dHead) + i] * w[h, i];
                }
                headShares[(l * heads) + h] = own - moved;
                attnBias[l] += moved;
                for (int key = 0; key < keys; key++)
                {
                    double sum = 0;
                    for (int i = 0; i < dHead; i++)
                    {
                        sum += (values[(((key * kvHeads) + kv) * dHead) + i] - (bV is null ? 0 : bV[(kv * dHead) + i])) * w[h, i];
                    }
                    bySource.Add(sum * p[(h * keys) + key]);
                }
            }
            attnBias[l] += InsideWeights.Find(model, b + "attn.b_O") is { } bO ? stream.Share(bO.ToArray()) : 0;
            attnOut[l] = stream.Share(stream.At(cache[b + "hook_attn_out"]));
            mlpOut[l] = stream.Share(stream.At(cache[b + "hook_mlp_out"]));
            mlpBias[l] = InsideWeights.Find(model, b + "mlp.b_out") is { } bOut ? stream.Share(bOut.ToArray()) : 0;
            float[] post = stream.At(cache[b + "mlp.hook_post"]);
            double[,] wOut = stream.Rows(InsideWeights.Get(model, b + "mlp.W_out"), post.Length);
            neuronCount = post.Length;
            neurons.AddRange(post.Select((a, n) => a * wOut[n, 0]));
        }
        double embed = stream.Share(stream.At(cache[graph.Input])), positions = hasPositions
            ? stream.Share(stream.At(cache["hook_pos_embed"])) : 0, bias = stream.Bias;
        double unembedBias = value - stream.Total;
        double sum0 = embed + positions + headShares.Sum() + attnBias.Sum() + mlpOut.Sum() + bias + unembedBias, rest = value - sum0;
        List<(string, double)> parts = [("embed", embed)];
        parts.AddRange(hasPositions ? [("pos_embed", positions)] : []);
        for (int l = 0; l < layers; l++)
        {
            parts.AddRange(Enumerable.Range(0, heads)
                .Select(h => (string.Create(CultureInfo.InvariantCulture, $"a{l}.h{h}"), headShares[(l * heads) + h])));
            parts.Add((string.Create(CultureInfo.InvariantCulture, $"a{l}.bias"), attnBias[l]));
            parts.Add((string.Create(CultureInfo.InvariantCulture, $"m{l}"), mlpOut[l]));
        }
        parts.AddRange([("final_norm_bias", bias), ("unembed_bias", unembedBias), ("rest", rest)]);
        InsideAxis layer = InsideAxis.Numbered("layer", layers), head = InsideAxis.Numbered("head", heads);
        int sources = bySource.Count / (layers * heads);
        string meaning = $"share of {metric.Meaning}";
        return new()
        {
            Method = "direct_logit_attribution",
            Metric = metric.Name,
            Numbers = new Dictionary<string,
                double>
            {
                ["metric"] = value,
                ["final_norm_bias"] = bias,
                ["unembed_bias"] = unembedBias,
                ["embed"] = embed,
                ["pos_embed"] = positions,
                ["rest"] = rest
            },
            Tables =
            [
                InsideTable.Of("parts", meaning + "; all of them sum to it", [.. parts.Select(p => p.Item2)],
                    new InsideAxis("part", [.. parts.Select(p => p.Item1)])),
                InsideTable.Of("heads", meaning + ", without b_O", headShares, layer, head),
                InsideTable.Of("attn_out", meaning, attnOut, layer),
                InsideTable.Of("attn_bias", meaning + (folded ? ": b_O and b_V·W_O" : ": b_O"), attnBias, layer),
                InsideTable.Of("mlp_out", meaning, mlpOut, layer),
                InsideTable.Of("mlp_bias", meaning, mlpBias, layer),
                InsideTable.Of("neurons", meaning + ": activation · what the neuron writes", [.. neurons], layer,
                    InsideAxis.Numbered("neuron", neuronCount)),
                InsideTable.Of("head_by_source", meaning + ": attention · what the head moves from the position", [.. bySource], layer,
                    head,
                    new InsideAxis("key",
                        [.. Enumerable.Range(0, sources)
                        .Select(k => tokens is { Count: > 0 } && k < tokens.Count ? $"{k} {tokens[k]}"
                        : k.ToString(CultureInfo.InvariantCulture))])),
            ],
            Parameters = new Dictionary<string,
                string>
            {
                ["weights"] = folded ? "folded" : "raw",
                ["norm"] = "scale of the whole stream",
                ["position"] = at.ToString(CultureInfo.InvariantCulture)
            },
            Warnings = Math.Abs(rest) > 1e-3 * Math.Max(1, Math.Abs(value))
                ? [string.Create(CultureInfo.InvariantCulture,
                $"The row 'rest' is {rest:0.###}: this family writes to the stream what no listed part does.")] : [],
        };
    }

    /// <summary>The stream at the position: its scale, and what a vector in it is worth.</summary>
    private sealed class Stream
    {
        private readonly double[] _direction; // of x/scale
        private readonly int _at, _positions;

        public Stream(ITransformer model, ActivationCache cache, int at, float[] direction)
        {
            _at = at;
            Tensor scales = cache["ln_final.hook_scale"];
            _positions = scales.Shape[1];
            double scale = scales.ToArray()[at];
            float[] normalised = cache["ln_final.hook_normalized"].Select(0, 0).Select(0, at).ToArray();
            Total = direction.Select((u, i) => (double)u * normalised[i]).Sum();
            // LayerNorm's hook is after w and b, RMSNorm's before w: the gradient there has w in it already.
            if (!InsideWeights.IsLayerNorm(model, "ln_final"))
            {
                _direction = [.. direction.Select(u => u / scale)];
                return;
            }
            float[] w = InsideWeights.Get(model, "ln_final.w").ToArray();
            Bias = InsideWeights.Find(model, "ln_final.b")?.ToArray() is { } beta ? direction.Zip(beta, (u, b) => (double)u * b).Sum() : 0;
            double[] full = [.. direction.Select((u, i) => u * w[i] / scale)];
            double mean = full.Average();
            _direction = [.. full.Select(f => f - mean)]; // the centring of x, moved to the direction
        }

        /// <summary>What the normalised stream says in all.</summary>
        public double Total { get; }

        /// <summary>The final norm's bias.</summary>
        public double Bias { get; }

        public float[] At(Tensor x) => x.Select(0, 0).Select(0, _at).ToArray();

        public double Share(ReadOnlySpan<float> x)
        {
            double sum = 0;
            for (int i = 0; i < x.Length; i++)
            {
                sum += x[i] * _direction[i];
            }
            return sum;
        }

        /// <summary>The share of every row of a matrix, <c>[groups, rows / groups]</c>.</summary>
        public double[,] Rows(Tensor matrix, int groups)
        {
            (int rows, int d) = (matrix.Shape[0], matrix.Shape[1]);
            float[] values = matrix.ToArray();
            double[,] shares = new double[groups, rows / groups];
            for (int r = 0; r < rows; r++)
            {
                shares[r / (rows / groups), r % (rows / groups)] = Share(values.AsSpan(r * d, d));
            }
            return shares;
        }
    }
}
