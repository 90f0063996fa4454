// Phi-1, 1.5 and 2: one norm feeds attention and MLP in parallel, part of each head is rotated, and everything has a bias. Gunasekar et al.
// 2023. Sizes: d_model 2560, 32 heads of 80 (32 dimensions rotated), 32 layers, 51200 words in Phi-2. Read next: Decoders/Decoder.cs.
namespace Vitrine.Transformers;

/// <summary>Phi, the first models of that name.</summary>
internal static class Phi
{
    private static readonly Dictionary<string, string> s_names = new()
    {
        ["embed.W_E"] = "model.embed_tokens.weight",
        ["blocks.{i}.ln1"] = "model.layers.{i}.input_layernorm",
        ["blocks.{i}.attn"] = "model.layers.{i}.self_attn",
        ["blocks.{i}.mlp"] = "model.layers.{i}.mlp",
        ["ln_final.w"] = "model.final_layernorm.weight",
        ["ln_final.b"] = "model.final_layernorm.bias",
        ["unembed.W_U"] = "lm_head.weight",
        ["unembed.b_U"] = "lm_head.bias",
        ["head.W_score"] = "score.weight^T",
        ["W_Q"] = "q_proj.weight^T",
        ["b_Q"] = "q_proj.bias",
        ["W_K"] = "k_proj.weight^T",
        ["b_K"] = "k_proj.bias",
        ["W_V"] = "v_proj.weight^T",
        ["b_V"] = "v_proj.bias",
        ["W_O"] = "dense.weight^T",
        ["b_O"] = "dense.bias",
        ["W_in"] = "fc1.weight^T",
        ["b_in"] = "fc1.bias",
        ["W_out"] = "fc2.weight^T",
        ["b_out"] = "fc2.bias",
        ["w"] = "weight",
        ["b"] = "bias",
    };

    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        json.Expect("qk_layernorm", "false");
        int dModel = json.Int("hidden_size", 2048), nHeads = json.Int("num_attention_heads", 32),
            dMlp = json.Int("intermediate_size", 8192);
        json.Divides("num_attention_heads", nHeads, "hidden_size", dModel);
        int nKeyValueHeads = json.Int("num_key_value_heads", nHeads);
        json.Divides("num_key_value_heads", nKeyValueHeads, "num_attention_heads", nHeads);
        bool tied = json.Flag("tie_word_embeddings", false);
        string activation = json.Text("hidden_act", "gelu_new");
        float epsilon = (float)json.Number("layer_norm_eps", 1e-5);
        RotaryOptions rotary = RotaryOptions.Read(json, dModel / nHeads, share: 0.5);
        Norm Norm(ModulePath path) => Transformers.Norm.Layer(path, dModel, epsilon);
        return Decoder.Load(json, folder, generation, new()
        {
            Class = "Phi",
            Names = s_names,
            Style = CheckpointStyle.Llama,
            DModel = dModel,
            NLayers = json.Int("num_hidden_layers", 24),
            NHeads = nHeads,
            VocabSize = json.Int("vocab_size", 51200),
            MaxPositions = json.Int("max_position_embeddings", 2048),
            Block = _ => new()
            {
                Order = BlockOrder.Parallel,
                SharedNorm = true,
                Norm = Norm,
                Rotary = rotary,
                Attention = path => new(path, new()
                {
                    DModel = dModel,
                    NHeads = nHeads,
                    NKeyValueHeads = nKeyValueHeads,
                    Causal = true,
                    Rotary = true
                }),
                Mlp = path => new(path, dModel, dMlp, activation),
            },
            FinalNorm = Norm,
            Tied = tied,
            HeadBias = true,
        });
    }
}
