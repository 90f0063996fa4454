using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models;

/// <summary>Decoders without recorded numbers, against a forward pass of their own in float64.</summary>
public sealed class DecoderReferenceTests : ReferenceForward
{
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Starcoder2_Logits(int window) => Check("starcoder2", new() { ["sliding_window"] = window == 0 ? null : window },
        ids => Decoded(ids, "model.embed_tokens", layer => x =>
        {
            string at = $"model.layers.{layer}";
            double[][] a = LayerNorm(x, $"{at}.input_layernorm");
            double[][] q = Rotated(Linear(a, $"{at}.self_attn.q_proj"), 4, 4, 10000);
            double[][] k = Rotated(Linear(a, $"{at}.self_attn.k_proj"), 2, 4, 10000);
            x = Sum(x, Linear(Attention(q, k, Linear(a, $"{at}.self_attn.v_proj"), 4, 2, window), $"{at}.self_attn.o_proj"));
            double[][] m = LayerNorm(x, $"{at}.post_attention_layernorm");
            return Sum(x, Linear(Each(Linear(m, $"{at}.mlp.c_fc"), GeluTanh), $"{at}.mlp.c_proj"));
        }, x => LayerNorm(x, "model.norm"), "model.embed_tokens"));

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void StableLm_Logits(bool parallel, bool bias) => Check("stablelm", new()
    {
        ["use_parallel_residual"] = parallel,
        ["use_qkv_bias"] = bias,
        ["partial_rotary_factor"] = 0.5,
    }, ids => Decoded(ids, "model.embed_tokens", layer => x =>
    {
        string at = $"model.layers.{layer}";
        double[][] a = LayerNorm(x, $"{at}.input_layernorm");
        double[][] q = Rotated(Linear(a, $"{at}.self_attn.q_proj"), 4, 2, 10000);
        double[][] k = Rotated(Linear(a, $"{at}.self_attn.k_proj"), 2, 2, 10000);
        double[][] attended = Linear(Attention(q, k, Linear(a, $"{at}.self_attn.v_proj"), 4, 2, 0), $"{at}.self_attn.o_proj");
        double[][] middle = Sum(x, attended), m = parallel ? a : LayerNorm(middle, $"{at}.post_attention_layernorm");
        return Sum(middle, Gated(m, $"{at}.mlp"));
    }, x => LayerNorm(x, "model.norm"), "lm_head"));

    [Fact]
    public void SmolLm3_Logits() => Check("smollm3", [], ids => Decoded(ids, "model.embed_tokens", layer => x =>
    {
        string at = $"model.layers.{layer}";
        double[][] a = RmsNorm(x, $"{at}.input_layernorm");
        double[][] q = Linear(a, $"{at}.self_attn.q_proj"), k = Linear(a, $"{at}.self_attn.k_proj");
        (q, k) = layer % 2 == 0 ? (Rotated(q, 4, 4, 2e6), Rotated(k, 2, 4, 2e6)) : (q, k);
        x = Sum(x, Linear(Attention(q, k, Linear(a, $"{at}.self_attn.v_proj"), 4, 2, 0), $"{at}.self_attn.o_proj"));
        return Sum(x, Gated(RmsNorm(x, $"{at}.post_attention_layernorm"), $"{at}.mlp"));
    }, x => RmsNorm(x, "model.norm"), "model.embed_tokens"));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void GptBigCode_Logits(bool multiQuery) => Check("gpt_bigcode", new() { ["multi_query"] = multiQuery }, ids =>
    {
        double[][] positions = Rows("transformer.wpe", [.. Enumerable.Range(0, ids.Length)]);
        return Decoded(ids, "transformer.wte", layer => x =>
        {
            string at = $"transformer.h.{layer}";
            double[][] all = Linear(LayerNorm(x, $"{at}.ln_1"), $"{at}.attn.c_attn");
            // of one key head: all queries, the key, the value; else query, key and value of each head in turn
            double[][] part(int which) => [.. all.Select(row => multiQuery
                ? which == 0 ? row[..16] : row.AsSpan(16 + ((which - 1) * 4), 4).ToArray()
                : [.. Enumerable.Range(0, 16).Select(i => row[(i / 4 * 12) + (which * 4) + (i % 4)])])];
            x = Sum(x, Linear(Attention(part(0), part(1), part(2), 4, multiQuery ? 1 : 4, 0), $"{at}.attn.c_proj"));
            return Sum(x, Linear(Each(Linear(LayerNorm(x, $"{at}.ln_2"), $"{at}.mlp.c_fc"), GeluTanh), $"{at}.mlp.c_proj"));
        }, x => LayerNorm(x, "transformer.ln_f"), "transformer.wte", x => Sum(x, positions));
    });

    [Fact]
    public void Granite_Logits() => Check("granite", [], ids => Each(Decoded(ids, "model.embed_tokens", layer => x =>
    {
        string at = $"model.layers.{layer}";
        double[][] a = RmsNorm(x, $"{at}.input_layernorm");
        double[][] q = Rotated(Linear(a, $"{at}.self_attn.q_proj"), 4, 4, 10000);
        double[][] k = Rotated(Linear(a, $"{at}.self_attn.k_proj"), 2, 4, 10000);
        double[][] z = Attention(q, k, Linear(a, $"{at}.self_attn.v_proj"), 4, 2, scale: 0.3);
        x = Sum(x, Each(Linear(z, $"{at}.self_attn.o_proj"), v => 0.7 * v));
        return Sum(x, Each(Gated(RmsNorm(x, $"{at}.post_attention_layernorm"), $"{at}.mlp"), v => 0.7 * v));
    }, x => RmsNorm(x, "model.norm"), "lm_head", x => Each(x, v => 3 * v)), v => v / 4), epsilon: 1e-6);

    [Fact]
    public void Olmo2_Logits() => Check("olmo2", [], ids => Decoded(ids, "model.embed_tokens", layer => x =>
    {
        string at = $"model.layers.{layer}";
        double[][] q = Rotated(RmsNorm(Linear(x, $"{at}.self_attn.q_proj"), $"{at}.self_attn.q_norm"), 4, 4, 10000);
        double[][] k = Rotated(RmsNorm(Linear(x, $"{at}.self_attn.k_proj"), $"{at}.self_attn.k_norm"), 2, 4, 10000);
        double[][] written = Linear(Attention(q, k, Linear(x, $"{at}.self_attn.v_proj"), 4, 2, 0), $"{at}.self_attn.o_proj");
        x = Sum(x, RmsNorm(written, $"{at}.post_attention_layernorm"));
        return Sum(x, RmsNorm(Gated(x, $"{at}.mlp"), $"{at}.post_feedforward_layernorm"));
    }, x => RmsNorm(x, "model.norm"), "lm_head"));

    [Theory]
    [InlineData("cohere")]
    [InlineData("cohere2")]
    public void Cohere_Logits(string family) => Check(family, [], ids => Each(Decoded(ids, "model.embed_tokens", layer => x =>
    {
        bool slides = family == "cohere2" && layer == 0, turns = family == "cohere" || slides;
        string at = $"model.layers.{layer}";
        double[][] a = LayerNorm(x, $"{at}.input_layernorm");
        double[][] q = Linear(a, $"{at}.self_attn.q_proj"), k = Linear(a, $"{at}.self_attn.k_proj");
        (q, k) = turns ? (Twisted(q, 4, 4), Twisted(k, 2, 4)) : (q, k);
        double[][] z = Attention(q, k, Linear(a, $"{at}.self_attn.v_proj"), 4, 2, slides ? 3 : 0);
        return Sum(Sum(x, Linear(z, $"{at}.self_attn.o_proj")), Gated(a, $"{at}.mlp"));
    }, x => LayerNorm(x, "model.norm"), "model.embed_tokens"), v => v * (family == "cohere" ? 0.25 : 0.0625)));

    [Fact]
    public void CodeGen_Logits() => Check("codegen", [], ids => Decoded(ids, "transformer.wte", layer => x =>
    {
        string at = $"transformer.h.{layer}";
        double[][] a = LayerNorm(x, $"{at}.ln_1"), all = Linear(a, $"{at}.attn.qkv_proj");
        // four groups of heads, here of one head each, and of each its queries, its values, its keys
        double[][] part(int which) => [.. all.Select(row => Enumerable.Range(0, 16).Select(i => row[(i / 4 * 12) + (which * 4) + (i % 4)])
            .ToArray())];
        double[][] z = Attention(Twisted(part(0), 4, 2), Twisted(part(2), 4, 2), part(1), 4, 4, 0);
        double[][] m = Linear(Each(Linear(a, $"{at}.mlp.fc_in"), GeluTanh), $"{at}.mlp.fc_out");
        return Sum(Sum(x, Linear(z, $"{at}.attn.out_proj")), m);
    }, x => LayerNorm(x, "transformer.ln_f"), "lm_head", headBias: true));

    [Fact]
    public void Nemotron_Logits() => Check("nemotron", [], ids => Decoded(ids, "model.embed_tokens", layer => x =>
    {
        string at = $"model.layers.{layer}";
        double[][] a = LayerNorm(x, $"{at}.input_layernorm", shift: 1);
        double[][] q = Rotated(Linear(a, $"{at}.self_attn.q_proj"), 4, 2, 10000);
        double[][] k = Rotated(Linear(a, $"{at}.self_attn.k_proj"), 2, 2, 10000);
        x = Sum(x, Linear(Attention(q, k, Linear(a, $"{at}.self_attn.v_proj"), 4, 2, 0), $"{at}.self_attn.o_proj"));
        double[][] m = Linear(LayerNorm(x, $"{at}.post_attention_layernorm", shift: 1), $"{at}.mlp.up_proj");
        return Sum(x, Linear(Each(m, v => v > 0 ? v * v : 0), $"{at}.mlp.down_proj"));
    }, x => LayerNorm(x, "model.norm", shift: 1), "lm_head"));

    [Fact]
    public void Xglm_Logits() => Check("xglm", [], ids => Decoded(ids, "model.embed_tokens", layer => x =>
    {
        string at = $"model.layers.{layer}";
        double[][] a = LayerNorm(x, $"{at}.self_attn_layer_norm");
        double[][] q = Linear(a, $"{at}.self_attn.q_proj"), k = Linear(a, $"{at}.self_attn.k_proj");
        x = Sum(x, Linear(Attention(q, k, Linear(a, $"{at}.self_attn.v_proj"), 4, 4, 0), $"{at}.self_attn.out_proj"));
        double[][] m = Each(Linear(LayerNorm(x, $"{at}.final_layer_norm"), $"{at}.fc1"), Gelu);
        return Sum(x, Linear(m, $"{at}.fc2"));
    }, x => LayerNorm(x, "model.layer_norm"), "model.embed_tokens", x => [.. x.Select((row, position) => row.Select((v, i) =>
    {
        double angle = (position + 2) * Math.Exp(-(i % 8) * Math.Log(10000) / 7); // the first half sines, the second cosines
        return (4 * v) + (i < 8 ? Math.Sin(angle) : Math.Cos(angle));
    }).ToArray())]));

    [Theory]
    [InlineData(4)]
    [InlineData(2)]
    public void Mpt_Logits(int heads) => Check("mpt", new() { ["n_heads"] = heads }, ids => Decoded(ids, "transformer.wte", layer => x =>
    {
        string at = $"transformer.blocks.{layer}";
        double[][] all = Linear(LayerNorm(x, $"{at}.norm_1"), $"{at}.attn.Wqkv");
        double[][] part(int which) => [.. all.Select(row => row.AsSpan(which * 16, 16).ToArray())];
        double[][] z = Attention(part(0), part(1), part(2), heads, heads, bias: (h, i, j) => (j - i) * Math.Pow(2, -8.0 * (h + 1) / heads));
        x = Sum(x, Linear(z, $"{at}.attn.out_proj"));
        return Sum(x, Linear(Each(Linear(LayerNorm(x, $"{at}.norm_2"), $"{at}.ffn.up_proj"), Gelu), $"{at}.ffn.down_proj"));
    }, x => LayerNorm(x, "transformer.norm_f"), "transformer.wte"));

    /// <summary>Of six heads, slopes of eight: every second, then the others.</summary>
    [Fact]
    public void Mpt_Slopes_OfHeadsThatAreNoPowerOfTwo() => TensorAssert.Close(Mpt.Slopes(6, 8),
        [.. new[] { 2, 4, 6, 8, 1, 3 }.Select(i => Math.Pow(2, -i))], 1e-6, 0);
}
