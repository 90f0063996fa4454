// OPT: GPT-2's plan with relu and a table of positions that counts tokens; the 350M model normalises after adding, and has narrower
// embeddings. Zhang et al. 2022. Sizes: d_model 768, 12 heads of 64, 12 layers, 50272 words in OPT 125M. Read next: Decoders/Decoder.cs.
namespace Vitrine.Transformers;

/// <summary>OPT.</summary>
internal static class Opt
{
    private static readonly Dictionary<string, string> s_names = new(Fairseq.Parts)
    {
        ["embed.W_E"] = "model.decoder.embed_tokens.weight",
        ["embed.W_in"] = "model.decoder.project_in.weight^T",
        ["pos_embed.W_pos"] = "model.decoder.embed_positions.weight",
        ["blocks.{i}.ln1"] = "model.decoder.layers.{i}.self_attn_layer_norm",
        ["blocks.{i}.attn"] = "model.decoder.layers.{i}.self_attn",
        ["blocks.{i}.ln2"] = "model.decoder.layers.{i}.final_layer_norm",
        ["blocks.{i}.mlp"] = "model.decoder.layers.{i}",
        ["ln_final.w"] = "model.decoder.final_layer_norm.weight",
        ["ln_final.b"] = "model.decoder.final_layer_norm.bias",
        ["unembed.W_out"] = "model.decoder.project_out.weight^T",
        ["unembed.W_U"] = "lm_head.weight",
        ["head.W_score"] = "score.weight^T",
    };

    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        json.Expect("layer_norm_elementwise_affine", "true");
        int dModel = json.Int("hidden_size", 768), nHeads = json.Int("num_attention_heads", 12), dMlp = json.Int("ffn_dim", 3072);
        json.Divides("num_attention_heads", nHeads, "hidden_size", dModel);
        bool tied = json.Flag("tie_word_embeddings", true), bias = json.Flag("enable_bias", true),
            before = json.Flag("do_layer_norm_before", true);
        string activation = json.Text("activation_function", "relu");
        Norm Norm(ModulePath path) => Transformers.Norm.Layer(path, dModel, 1e-5f); // torch's default; the config has none
        return Decoder.Load(json, folder, generation, new()
        {
            Class = "OPT",
            Names = s_names,
            Style = new("model.") { Tied = [[s_names["embed.W_E"], s_names["unembed.W_U"]]] },
            DModel = dModel,
            EmbeddingWidth = json.Int("word_embed_proj_dim", dModel),
            NLayers = json.Int("num_hidden_layers", 12),
            NHeads = nHeads,
            VocabSize = json.Int("vocab_size", 50272),
            MaxPositions = json.Int("max_position_embeddings", 2048),
            Positions = new(Offset: 2, Counted: true),
            Block = _ => new()
            {
                Order = before ? BlockOrder.PreNorm : BlockOrder.PostNorm,
                Norm = Norm,
                Attention = path => new(path, new() { DModel = dModel, NHeads = nHeads, Causal = true, Bias = bias, OutputBias = bias }),
                Mlp = path => new(path, dModel, dMlp, activation, bias: bias),
            },
            FinalNorm = before && !json.Flag("_remove_final_layer_norm", false) ? Norm : null,
            Tied = tied,
        });
    }
}
