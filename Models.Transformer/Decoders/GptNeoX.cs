// GPT-NeoX and Pythia: attention and MLP read the same stream in parallel, each through its own norm, and a quarter of each head is
// rotated. Black et al. 2022; Biderman et al. 2023 (Pythia). Sizes: d_model 768, 12 heads of 64, 12 layers, 50304 words in Pythia 160M.
// Read next: Decoders/Decoder.cs.
namespace Vitrine.Transformers;

/// <summary>GPT-NeoX.</summary>
internal static class GptNeoX
{
    private static readonly Dictionary<string, string> s_names = new()
    {
        ["embed.W_E"] = "gpt_neox.embed_in.weight",
        ["blocks.{i}.ln1"] = "gpt_neox.layers.{i}.input_layernorm",
        ["blocks.{i}.attn"] = "gpt_neox.layers.{i}.attention",
        ["blocks.{i}.ln2"] = "gpt_neox.layers.{i}.post_attention_layernorm",
        ["blocks.{i}.mlp"] = "gpt_neox.layers.{i}.mlp",
        ["ln_final.w"] = "gpt_neox.final_layer_norm.weight",
        ["ln_final.b"] = "gpt_neox.final_layer_norm.bias",
        ["unembed.W_U"] = "embed_out.weight",
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
        int dModel = json.Int("hidden_size", 6144), nHeads = json.Int("num_attention_heads", 64),
            dMlp = json.Int("intermediate_size", 24576);
        json.Divides("num_attention_heads", nHeads, "hidden_size", dModel);
        bool tied = json.Flag("tie_word_embeddings", false), bias = json.Flag("attention_bias", true);
        string activation = json.Text("hidden_act", "gelu");
        float epsilon = (float)json.Number("layer_norm_eps", 1e-5);
        RotaryOptions rotary = RotaryOptions.Read(json, dModel / nHeads, json.Positive("rotary_emb_base", 10000),
            share: json.Number("rotary_pct", 0.25));
        BlockOrder order = json.Flag("use_parallel_residual", true) ? BlockOrder.Parallel : BlockOrder.PreNorm;
        Norm Norm(ModulePath path) => Transformers.Norm.Layer(path, dModel, epsilon);
        return Decoder.Load(json, folder, generation, new()
        {
            Class = "GPTNeoX",
            Names = s_names,
            Style = new("gpt_neox.")
            {
                Ignorable = new Dictionary<string, string>
                {
                    [".attention.bias"] = "the causal mask",
                    [".attention.masked_bias"] = "the mask's value",
                    [".rotary_emb.inv_freq"] = "the rotary frequencies",
                },
                // transformers 5.13 calls the unembedding by the other families' name
                Tied = [[s_names["embed.W_E"], "embed_out.weight", "lm_head.weight"]],
            },
            DModel = dModel,
            NLayers = json.Int("num_hidden_layers", 44),
            NHeads = nHeads,
            VocabSize = json.Int("vocab_size", 50432),
            MaxPositions = json.Int("max_position_embeddings", 2048),
            Block = _ => new()
            {
                Order = order,
                Norm = Norm,
                Rotary = rotary,
                Attention = path => new(path, new()
                {
                    DModel = dModel,
                    NHeads = nHeads,
                    Causal = true,
                    Rotary = true,
                    Projections = Projections.ByHead,
                    Bias = bias,
                    OutputBias = bias,
                }),
                Mlp = path => new(path, dModel, dMlp, activation),
            },
            FinalNorm = Norm,
            Tied = tied,
        });
    }
}
