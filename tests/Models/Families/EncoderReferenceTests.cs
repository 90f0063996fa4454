using Xunit;

namespace Vitrine.Tests.Models;

/// <summary>Encoders and encoder–decoders without recorded numbers, against a forward pass of their own in float64.</summary>
public sealed class EncoderReferenceTests : ReferenceForward
{
    [Theory]
    [InlineData("mpnet", null)]
    [InlineData("mpnet", "MPNetForSequenceClassification")]
    [InlineData("data2vec-text", null)]
    [InlineData("data2vec-text", "Data2VecTextForSequenceClassification")]
    [InlineData("roformer", null)]
    [InlineData("roformer", "RoFormerForSequenceClassification")]
    public void Encoder_Logits(string family, string? architecture) => Check(family, [], ids =>
    {
        string body = family.Replace('-', '_');
        bool mpnet = family == "mpnet", roformer = family == "roformer";
        double[][] x = Rows($"{body}.embeddings.word_embeddings", ids);
        x = mpnet ? x : Sum(x, Rows($"{body}.embeddings.token_type_embeddings", [.. ids.Select(_ => 0)]));
        x = roformer ? x : Sum(x, Rows($"{body}.embeddings.position_embeddings", [.. ids.Select((_, i) => i + 2)]));
        x = LayerNorm(x, $"{body}.embeddings.LayerNorm");
        x = roformer ? Linear(x, $"{body}.embeddings_project") : x;
        for (int layer = 0; layer < 2; layer++)
        {
            string at = $"{body}.encoder.layer.{layer}", attention = mpnet ? $"{at}.attention.attn" : $"{at}.attention.self";
            string[] names = mpnet ? ["q", "k", "v"] : ["query", "key", "value"];
            (double[][] q, double[][] k, double[][] v) =
                (Linear(x, $"{attention}.{names[0]}"), Linear(x, $"{attention}.{names[1]}"), Linear(x, $"{attention}.{names[2]}"));
            (q, k) = roformer ? (Twisted(q, 4, 4), Twisted(k, 4, 4)) : (q, k);
            // seven tokens are nearer than eight, so that each distance has a bucket of its own, sixteen further where the key comes after
            double[][] biases = mpnet ? Rows("mpnet.encoder.relative_attention_bias", [.. Enumerable.Range(0, 32)]) : [];
            double[][] z = Attention(q, k, v, 4, 4, causal: false,
                bias: (h, i, j) => mpnet ? biases[j > i ? 16 + j - i : i - j][h] : 0);
            x = LayerNorm(Sum(x, Linear(z, mpnet ? $"{attention}.o" : $"{at}.attention.output.dense")),
                mpnet ? $"{at}.attention.LayerNorm" : $"{at}.attention.output.LayerNorm");
            double[][] m = Linear(Each(Linear(x, $"{at}.intermediate.dense"), Gelu), $"{at}.output.dense");
            x = LayerNorm(Sum(x, m), $"{at}.output.LayerNorm");
        }
        if (architecture is not null)
        {
            return Linear(Each(Linear([x[0]], "classifier.dense"), v => roformer ? Gelu(v) : Math.Tanh(v)), "classifier.out_proj");
        }
        (string dense, string norm, string bias) = roformer
            ? ("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.bias")
            : ("lm_head.dense", "lm_head.layer_norm", "lm_head.bias");
        double[][] words = Linear(LayerNorm(Each(Linear(x, dense), Gelu), norm), $"{body}.embeddings.word_embeddings", bias: false);
        return [.. words.Select(row => row.Select((v, word) => v + Stored(bias)[word]).ToArray())];
    }, architecture, epsilon: 1e-12);

    [Theory]
    [InlineData("pegasus")]
    [InlineData("blenderbot")]
    public void EncoderDecoder_Logits(string family) => Check(family, new() { ["activation_function"] = "relu" }, ids =>
    {
        double[][] source = Stack("encoder", ids, null), target = Stack("decoder", [2, 7, 11, 5], source);
        double[][] logits = Linear(target, "model.shared", bias: false);
        return [.. logits.Select(row => row.Select((v, word) => v + Stored("final_logits_bias")[word]).ToArray())];

        double[][] Stack(string side, int[] tokens, double[][]? encoded)
        {
            double[][] x = Each(Rows("model.shared", tokens), v => family == "pegasus" ? 4 * v : v);
            double[][] positions = family == "pegasus"
                ? [.. tokens.Select((_, p) => Enumerable.Range(0, 16).Select(i => i < 8
                    ? Math.Sin(p / Math.Pow(10000, 2.0 * i / 16)) : Math.Cos(p / Math.Pow(10000, 2.0 * (i - 8) / 16))).ToArray())]
                : Rows($"model.{side}.embed_positions", [.. tokens.Select((_, p) => p)]);
            x = Sum(x, positions);
            for (int layer = 0; layer < 2; layer++)
            {
                string at = $"model.{side}.layers.{layer}";
                double[][] a = LayerNorm(x, $"{at}.self_attn_layer_norm");
                x = Sum(x, Attended(a, a, $"{at}.self_attn", causal: encoded is not null));
                x = encoded is null ? x
                    : Sum(x, Attended(LayerNorm(x, $"{at}.encoder_attn_layer_norm"), encoded, $"{at}.encoder_attn", causal: false));
                double[][] m = Each(Linear(LayerNorm(x, $"{at}.final_layer_norm"), $"{at}.fc1"), v => Math.Max(0, v));
                x = Sum(x, Linear(m, $"{at}.fc2"));
            }
            return LayerNorm(x, $"model.{side}.layer_norm");
        }

        double[][] Attended(double[][] x, double[][] s, string at, bool causal) => Linear(Attention(Linear(x, $"{at}.q_proj"),
            Linear(s, $"{at}.k_proj"), Linear(s, $"{at}.v_proj"), 4, 4, causal: causal), $"{at}.out_proj");
    }, target: [2, 7, 11, 5]);
}
