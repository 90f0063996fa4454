using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// Every hidden state kept as a sum of one vector per token, carried through the whole encoder and the classifier, down to one logit
/// part per token: nothing is lost, so the parts sum to the logit.
/// </summary>
/// <remarks>
/// Attention patterns and the scales of norms are given; an activation multiplies by act(a)/a of the whole; a bias b is shared out by |b ·
/// x_k|. These are the paper's zero-origin slopes and “absdot” biases. For BERT classifiers, as in the paper.
/// </remarks>
public sealed class DecompX : IAttributionMethod
{
    /// <inheritdoc/>
    public string Name => "decompx";

    /// <inheritdoc/>
    public string Citation => "Modarressi et al. 2023, DecompX: explaining transformers decisions by propagating token decomposition";

    /// <inheritdoc/>
    public string Cost => "1 forward, and tokens × 1 forward for the parts; memory tokens² × d_model";

    /// <inheritdoc/>
    public string SumsTo => "f(x), biases included";

    private const string PoolerOut = "pooler.hook_pooler_out";

    private static readonly string[] s_families =
    [
        "bert", "distilbert", "roberta", "xlm-roberta", "camembert", "data2vec-text", "electra", "albert", "deberta-v2", "mpnet",
        "roformer",
    ];

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        if (f.Transformer is not { Info.Task: ModelTask.SequenceClassification } model || !s_families.Contains(model.Info.ModelType))
        {
            throw new VitrineException($"{Name}: follows one architecture; got {f.Model ?? "a function without a model"}; "
                + $"expected a BERT sequence classifier, or one with its blocks ({string.Join(", ", s_families.Skip(1))}). "
                + "Use alti, or deeplift for exact sums.");
        }
        if (f.StepName is not ("logit" or "contrast_logits" or "contrast_logits_diff"))
        {
            throw new VitrineException($"{Name}: only logits are sums of parts; got step '{f.StepName}'; expected logit or "
                + "contrast_logits_diff.");
        }
        Tensor Weight(string name) => model.Find(name)?.Value ?? throw new InvalidOperationException($"{name}: no such weight.");
        string[] hooks = ["blocks.0.hook_resid_pre", "*.hook_pattern", "*.hook_scale", "*.mlp.hook_pre", "*.mlp.hook_post", PoolerOut];
        using ActivationCache cache = f.Cache(hooks);
        double[] scores = Array.ConvertAll(f.Score(Sweep.Input(f)).ToArray(), score => (double)score);
        var work = new Work(request, model.Info.NLayers);
        Tensor parts = Diagonal(cache["blocks.0.hook_resid_pre"].Select(0, 0)); // [token, pos, d_model]
        for (int layer = 0; layer < model.Info.NLayers; layer++)
        {
            work.Check();
            parts = Layer(parts, $"blocks.{layer}", Weight, name => cache[name], request.ByteBudget);
            work.Advance(1);
        }
        Tensor pooled = Shared(parts.Slice(1, 0, 1).MatMul(Weight("pooler.W")), Weight("pooler.b")); // [token, 1, d_model]
        Tensor whole = pooled.Sum([0], keepAxes: true);
        pooled *= cache[PoolerOut].Reshape(whole.Shape) / whole.Scale(1, 1e-12f); // the activation as a line through 0
        Tensor logits = Shared(pooled.MatMul(Weight("classifier.W")), Weight("classifier.b")); // [token, 1, label]
        Tensor raw = f.Head(logits.Expand(logits.Shape.With(1, f.Targets.Count)));               // [token, target]
        return new Report(this, f, request)
        {
            Raw = [Array.ConvertAll(raw.Transpose().ToArray(), value => (double)value)],
            Scores = scores,
            BaselineScores = new double[scores.Length],
            Complete = true,
        }.Make();
    }

    /// <summary>One block: attention, norm, MLP, norm. <c>[token, pos, d_model]</c> → the same.</summary>
    private static Tensor Layer(Tensor parts, string block, Func<string, Tensor> weight, Func<string, Tensor> activation, long byteBudget)
    {
        Tensor mixed = Attention(parts, block, weight, activation($"{block}.attn.hook_pattern").Select(0, 0));
        int positions = parts.Shape[1], wide = weight($"{block}.mlp.W_in").Shape[1];
        int atOnce = (int)Math.Clamp(byteBudget / (3L * parts.Shape[0] * wide * sizeof(float)), 1, positions);
        return TensorOps.Concat(1, [.. Enumerable.Range(0, positions).Where(first => first % atOnce == 0).Select(first =>
        {
            int count = Math.Min(atOnce, positions - first);
            Tensor At(string name) => activation($"{block}.{name}").Slice(1, first, count); // [1, pos, …]
            Tensor x = Norm(mixed.Slice(1, first, count), At("ln1.hook_scale"), weight, $"{block}.ln1");
            Tensor inner = Shared(x.MatMul(weight($"{block}.mlp.W_in")), weight($"{block}.mlp.b_in"));
            inner *= At("mlp.hook_post") / At("mlp.hook_pre").Scale(1, 1e-12f);
            Tensor outer = Shared(inner.MatMul(weight($"{block}.mlp.W_out")), weight($"{block}.mlp.b_out"));
            return Norm(x + outer, At("ln2.hook_scale"), weight, $"{block}.ln2");
        })]);
    }

    /// <summary>Σ_head A·(x_k·W_V)·W_O + x_k. In the first block b_V goes to the token that is looked at, later it is shared out, as the
    /// authors do it.</summary>
    private static Tensor Attention(Tensor parts, string block, Func<string, Tensor> weight, Tensor pattern)
    {
        (int tokens, int positions, int heads) = (parts.Shape[0], parts.Shape[1], pattern.Shape[0]);
        Tensor bV = weight($"{block}.attn.b_V"), bO = weight($"{block}.attn.b_O"), wO = weight($"{block}.attn.W_O");
        bool first = block == "blocks.0";
        Tensor v = parts.MatMul(weight($"{block}.attn.W_V"));
        v = first ? v + Diagonal(bV.Reshape([1, bV.Shape[0]]).Expand([positions, bV.Shape[0]])) : v;
        // [token, head, key, d_head]
        v = v.Reshape([tokens, positions, heads, v.Shape[2] / heads]).Permute(0, 2, 1, 3);
        Tensor z = pattern.Reshape(pattern.Shape.Prepend(1)).Expand(pattern.Shape.Prepend(tokens)).MatMul(v).Permute(0, 2, 1, 3);
        Tensor written = z.Reshape([tokens, positions, wO.Shape[0]]).MatMul(wO);
        return Shared(written + parts, first ? bO : bV.Reshape([1, bV.Shape[0]]).MatMul(wO).Reshape([wO.Shape[1]]) + bO);
    }

    /// <summary>γ ∘ (x_k − mean x_k)/s, and β shared out.</summary>
    private static Tensor Norm(Tensor parts, Tensor scale, Func<string, Tensor> weight, string norm) =>
        Shared((parts - parts.Mean([-1], keepAxes: true)) / scale * weight($"{norm}.w"), weight($"{norm}.b"));

    /// <summary>x_k + ω_k·b with ω_k = |b · x_k| / Σ |b · x|, at every position.</summary>
    private static Tensor Shared(Tensor parts, Tensor bias)
    {
        Tensor dots = parts.MatMul(bias.Reshape([bias.Shape[0], 1])).Abs(); // [token, pos, 1]
        return parts + (dots / dots.Sum([0], keepAxes: true).Scale(1, 1e-12f) * bias);
    }

    /// <summary>Row i at [i, i, …], 0 elsewhere: <c>[pos, d]</c> → <c>[pos, pos, d]</c>.</summary>
    private static Tensor Diagonal(Tensor rows)
    {
        (int size, int width) = (rows.Shape[0], rows.Shape[1]);
        float[] from = rows.ToArray(), values = new float[size * size * width];
        for (int i = 0; i < size; i++)
        {
            from.AsSpan(i * width, width).CopyTo(values.AsSpan(((i * size) + i) * width));
        }
        return Tensor.From(values, [size, size, width]);
    }
}
