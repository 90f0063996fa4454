// MPT: GPT-2's plan without biases or a table of positions: ALiBi's bias on the scores grows with the key's position. MosaicML 2023.
// Sizes: d_model 4096, 32 heads of 128, 32 layers, 50432 words in MPT 7B. Read next: Decoders/Decoder.cs, Decoders/Bloom.cs.
namespace Vitrine.Transformers;

/// <summary>MPT.</summary>
internal static class Mpt
{
    private static readonly Dictionary<string, string> s_names = new()
    {
        ["embed.W_E"] = "transformer.wte.weight",
        ["blocks.{i}.ln1.w"] = "transformer.blocks.{i}.norm_1.weight",
        ["blocks.{i}.attn"] = "transformer.blocks.{i}.attn",
        ["blocks.{i}.ln2.w"] = "transformer.blocks.{i}.norm_2.weight",
        ["blocks.{i}.mlp"] = "transformer.blocks.{i}.ffn",
        ["ln_final.w"] = "transformer.norm_f.weight",
        ["unembed.W_U"] = "lm_head.weight",
        ["head.W_score"] = "score.weight^T",
        ["W_Q"] = "Wqkv.weight^T",
        ["W_K"] = "Wqkv.weight^T",
        ["W_V"] = "Wqkv.weight^T",
        ["W_O"] = "out_proj.weight^T",
        ["W_in"] = "up_proj.weight^T",
        ["W_out"] = "down_proj.weight^T",
    };

    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        json.Expect("no_bias", "true");
        json.Expect("learned_pos_emb", "true"); // of no effect next to ALiBi
        json.Expect("logit_scale");
        json.Expect("expansion_ratio", "4");
        ModelConfig? attention = json.Inner("attn_config");
        attention?.Expect("attn_type", "\"multihead_attention\"");
        attention?.Expect("alibi", "true");
        attention?.Expect("qk_ln", "false");
        attention?.Expect("clip_qkv");
        attention?.Expect("prefix_lm", "false");
        int dModel = json.Int("d_model", 2048), nHeads = json.Int("n_heads", 16);
        json.Divides("n_heads", nHeads, "d_model", dModel);
        float epsilon = (float)json.Number("layer_norm_epsilon", 1e-5),
            scale = (float?)attention?.Number("softmax_scale", 0) ?? 0;
        Norm Norm(ModulePath path) => Transformers.Norm.Layer(path, dModel, epsilon, bias: false);
        return Decoder.Load(json, folder, generation, new()
        {
            Class = "Mpt",
            Names = s_names,
            Style = new("transformer.") { Tied = [[s_names["embed.W_E"], s_names["unembed.W_U"]]] },
            DModel = dModel,
            NLayers = json.Int("n_layers", 24),
            NHeads = nHeads,
            VocabSize = json.Int("vocab_size", 50368),
            MaxPositions = json.Int("max_seq_len", 2048),
            Slopes = Slopes(nHeads, attention?.Int("alibi_bias_max", 8) ?? 8),
            Block = _ => new()
            {
                Norm = Norm,
                Attention = path => new(path, new()
                {
                    DModel = dModel,
                    NHeads = nHeads,
                    Causal = true,
                    Projections = Projections.Stacked,
                    Bias = false,
                    OutputBias = false,
                    Scale = scale,
                }),
                Mlp = path => new(path, dModel, 4 * dModel, "gelu", bias: false),
            },
            FinalNorm = Norm,
            Tied = json.Flag("tie_word_embeddings", true),
        });
    }

    /// <summary>
    /// ALiBi's slopes: of 2^(−most·i/n), i from 1 to n, the least power of two that is not below the number of heads, every second and then
    /// the others, as many as there are heads; all in order where it is that number.
    /// </summary>
    public static float[] Slopes(int heads, int most)
    {
        int n = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)heads);
        float[] all = [.. Enumerable.Range(1, n).Select(i => (float)Math.Pow(2, -(double)most * i / n))];
        return n == heads ? all : [.. all.Where((_, i) => i % 2 == 1).Concat(all.Where((_, i) => i % 2 == 0)).Take(heads)];
    }
}
