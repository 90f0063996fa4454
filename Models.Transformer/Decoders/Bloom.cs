// BLOOM: GPT-2's plan without a table of positions: a bias on the scores grows with the key's position instead (ALiBi, Press et al. 2022).
// Le Scao et al. 2022. Sizes: d_model 1024, 16 heads of 64, 24 layers, 250880 words in BLOOM 560M. Read next: Decoders/Decoder.cs,
// Layers/Placement.cs.
namespace Vitrine.Transformers;

/// <summary>BLOOM.</summary>
internal static class Bloom
{
    private static readonly Dictionary<string, string> s_names = new()
    {
        ["embed.W_E"] = "transformer.word_embeddings.weight",
        ["embed.ln"] = "transformer.word_embeddings_layernorm",
        ["blocks.{i}.ln1"] = "transformer.h.{i}.input_layernorm",
        ["blocks.{i}.attn"] = "transformer.h.{i}.self_attention",
        ["blocks.{i}.ln2"] = "transformer.h.{i}.post_attention_layernorm",
        ["blocks.{i}.mlp"] = "transformer.h.{i}.mlp",
        ["ln_final.w"] = "transformer.ln_f.weight",
        ["ln_final.b"] = "transformer.ln_f.bias",
        ["unembed.W_U"] = "lm_head.weight",
        ["head.W_score"] = "score.weight^T",
        ["W_Q"] = "query_key_value.weight^T",
        ["b_Q"] = "query_key_value.bias",
        ["W_K"] = "query_key_value.weight^T",
        ["b_K"] = "query_key_value.bias",
        ["W_V"] = "query_key_value.weight^T",
        ["b_V"] = "query_key_value.bias",
        ["W_O"] = "dense.weight^T",
        ["b_O"] = "dense.bias",
        ["W_in"] = "dense_h_to_4h.weight^T",
        ["b_in"] = "dense_h_to_4h.bias",
        ["W_out"] = "dense_4h_to_h.weight^T",
        ["b_out"] = "dense_4h_to_h.bias",
        ["w"] = "weight",
        ["b"] = "bias",
    };

    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        json.Expect("apply_residual_connection_post_layernorm", "false");
        int dModel = json.Int("n_embed", json.Int("hidden_size", 64)), nHeads = json.Int("n_head", json.Int("num_attention_heads", 8));
        json.Divides("n_head", nHeads, "hidden_size", dModel);
        bool tied = json.Flag("tie_word_embeddings", true);
        float epsilon = (float)json.Number("layer_norm_epsilon", 1e-5);
        Norm Norm(ModulePath path) => Transformers.Norm.Layer(path, dModel, epsilon);
        return Decoder.Load(json, folder, generation, new()
        {
            Class = "Bloom",
            BareIsLanguageModel = true, // so the first checkpoints call themselves
            Names = s_names,
            Style = new("transformer.") { Tied = [[s_names["embed.W_E"], s_names["unembed.W_U"]]] },
            DModel = dModel,
            NLayers = json.Int("n_layer", json.Int("num_hidden_layers", 2)),
            NHeads = nHeads,
            VocabSize = json.Int("vocab_size", 250880),
            MaxPositions = json.Int("seq_length", 2048),
            Slopes = Slopes(nHeads),
            EmbeddingNorm = Norm,
            Block = _ => new()
            {
                Norm = Norm,
                Attention = path => new(path, new() { DModel = dModel, NHeads = nHeads, Causal = true, Projections = Projections.ByHead }),
                Mlp = path => new(path, dModel, 4 * dModel, "gelu_new"),
            },
            FinalNorm = Norm,
            Tied = tied,
        });
    }

    /// <summary>
    /// ALiBi's slopes, 2^(−8(i + 1)/n) for the first n heads, n the largest power of two; the heads beyond take every other step between
    /// them.
    /// </summary>
    public static float[] Slopes(int heads)
    {
        int n = 1 << (int)Math.Log2(heads);
        return [.. Enumerable.Range(0, heads).Select(i => (float)Math.Pow(2, i < n ? -8.0 * (i + 1) / n : -4.0 * ((2 * (i - n)) + 1) / n))];
    }
}
