using Vitrine.Autograd;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// Which token wrote how much of a logit. With the last norm's scale given, a logit is a sum over everything that was added to the
/// residual stream at the position it is read from: the embedding, every token's value in every attention layer, every MLP.
/// </summary>
/// <remarks>
/// What layer l reads at position j is traced to the tokens by <see cref="Alti"/> over the layers below, Mˡ⁻¹; so a token's score
/// is <c>Σₗ Σⱼ Δlogit[l, j] · Mˡ⁻¹[j, token]</c>, exact in sum. The paper traces attention; here the MLP's part goes to the tokens its
/// position holds, Mˡ, and the embedding's to the position itself, so that nothing is lost but the biases, reported as the baseline's
/// score. Raw scores are
/// <c>[target, pos, component]</c>: embedding, then attention and MLP of each layer.
/// </remarks>
public sealed class AltiLogit : IAttributionMethod
{
    private static readonly string[] s_linear = ["logit", "contrast_logits", "contrast_logits_diff"];

    /// <inheritdoc/>
    public string Name => "alti_logit";

    /// <inheritdoc/>
    public string Citation => "Ferrando et al. 2023, Explaining how transformers use context to build predictions";

    /// <inheritdoc/>
    public string Cost => "1 forward, and per layer tokens² vectors of d_model";

    /// <inheritdoc/>
    public string SumsTo => "the logit without the biases' part (the baseline's score)";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        string[] stack = [.. f.HookPoints.Select(point => point.Name)
            .Where(name => name.EndsWith(".hook_mlp_out", StringComparison.Ordinal)).Select(name => name[..^".hook_mlp_out".Length])];
        bool isBent = f.Transformer is { Info.ModelType: "modernbert" }; // its heads are no sums of what the stream holds
        if (isBent || !f.HookPoints.Any(point => point.Name == "ln_final.hook_scale"))
        {
            throw new VitrineException($"{Name}: no stream that blocks only add to; "
                + $"got {f.Model ?? "a function without a model"}; expected a model with a last norm (GPT-2, Llama). Use alti.");
        }
        if (!s_linear.Contains(f.StepName) || f.Targets.Any(target => target.Position is null))
        {
            throw new VitrineException($"{Name}: only logits are sums of what layers write; got step '{f.StepName}'; "
                + $"expected one of {string.Join(", ", s_linear)}.");
        }
        AttentionBlocks blocks = AttentionBlock.Of(f, request, ["ln_final.hook_scale", .. stack.Select(block => $"{block}.hook_mlp_out")]);
        Mixing mixing = Alti.Mix(blocks, request);
        int length = f.Sides[0].Length, components = 1 + (2 * stack.Length);
        double[] raw = new double[f.Targets.Count * length * components], biases = new double[f.Targets.Count];
        double[][] directions = Directions(f, blocks, biases);
        for (int t = 0; t < f.Targets.Count; t++)
        {
            int read = f.Targets[t].Position ?? 0;
            double[] direction = directions[t];
            Put(0, [.. Enumerable.Range(0, length).Select(pos => pos == read
                ? Dot(blocks.Activation($"{stack[0]}.hook_resid_pre"), read, direction) : 0)]);
            for (int layer = 0; layer < stack.Length; layer++)
            {
                double[] written = blocks.Self[layer].Logits(read, direction);
                Put(1 + (2 * layer), mixing.Down(written, layer));
                double mlp = Dot(blocks.Activation($"{stack[layer]}.hook_mlp_out"), read, direction);
                // parallel: it reads next to attention
                int below = f.HookPoints.Any(point => point.Name == $"{stack[layer]}.hook_resid_mid") ? layer + 1 : layer;
                Put(2 + (2 * layer), [.. mixing.Follow(read, below).Self.Select(share => share * mlp)]);
                biases[t] += blocks.Self[layer].Logit(read, blocks.Weight($"{stack[layer]}.attn.b_O"), direction);
            }

            void Put(int component, double[] scores)
            {
                for (int pos = 0; pos < length; pos++)
                {
                    raw[(((t * length) + pos) * components) + component] = scores[pos];
                }
            }
        }
        return new Report(this, f, request)
        {
            Raw = [raw],
            Axes = [("component", components)],
            Scores = blocks.Scores,
            BaselineScores = biases,
            Complete = true,
        }.Make();
    }

    /// <summary>
    /// What one unit written to the residual stream does to each target's logit, <c>[target][d_model]</c>: the head's row after the
    /// last norm. Constants are added to <paramref name="biases"/>.
    /// </summary>
    private static double[][] Directions(ScoreFunction f, AttentionBlocks blocks, double[] biases)
    {
        using var tape = new Tape();
        Tensor features = blocks.Features.Scale(1);
        float[] heads = tape.Gradient(f.Head(features), features)[features].ToArray(), hidden = features.ToArray();
        float[] scale = blocks.Activation("ln_final.hook_scale").ToArray(), gain = blocks.Weight("ln_final.w")?.ToArray() ?? [];
        float[]? shift = blocks.Weight("ln_final.b")?.ToArray(); // none in RMSNorm, nor in Cohere's LayerNorm
        bool isCentred = f.Transformer?.Find("ln_final.w")?.IsCentred ?? false;
        int width = blocks.Features.Shape[^1];
        if (!IsLinear(f, blocks.Features, heads))
        {
            throw new VitrineException($"alti_logit: the logits are capped and no sums of what layers write; "
                + $"got {f.Model}; expected a model without final_logit_softcapping. Use alti.");
        }
        // what leads from the last norm to what the head reads: labels of a classifier, or narrower embeddings
        Tensor[] after = [.. new[] { blocks.Weight("head.W_score"), blocks.Weight("unembed.W_out") }.OfType<Tensor>()];
        return [.. f.Targets.Select((target, t) =>
        {
            float[] read = heads[(t * width)..((t + 1) * width)];
            double[] row = Array.ConvertAll(after.Aggregate(read, Back), w => (double)w);
            biases[t] = blocks.Scores[t] - read.Zip(hidden.Skip(t * width), (w, h) => (double)w * h)
                .Sum() + (shift?.Zip(row, (b, w) => b * w).Sum() ?? 0);
            double[] direction = [.. row.Select((w, i) => w * gain[i] / scale[target.Position ?? 0])];
            double mean = isCentred ? direction.Average() : 0;
            return Array.ConvertAll(direction, w => w - mean);
        })];

        static float[] Back(float[] row, Tensor weight) => weight.MatMul(Tensor.From(row, [row.Length, 1])).ToArray();
    }

    /// <summary>Whether the head's change over a step along the features is what its slope says.</summary>
    private static bool IsLinear(ScoreFunction f, Tensor features, float[] slopes)
    {
        float[] once = f.Head(features).ToArray(), twice = f.Head(features.Scale(2)).ToArray(), hidden = features.ToArray();
        int width = hidden.Length / once.Length;
        return once.Select((score, t) =>
        {
            double predicted = Enumerable.Range(t * width, width).Sum(i => (double)slopes[i] * hidden[i]);
            return Math.Abs(twice[t] - score - predicted) <= 1e-3 * (Math.Abs(score) + Math.Abs(predicted) + 1e-3);
        }).All(isLinear => isLinear);
    }

    private static double Dot(Tensor stream, int position, double[] direction)
    {
        float[] row = stream.Select(0, 0).Select(0, position).ToArray();
        return row.Zip(direction, (x, w) => x * w).Sum();
    }
}
