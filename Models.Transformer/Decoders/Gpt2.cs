// GPT-2: a stack of blocks that read from and add to one residual stream, left to right. Radford et al. 2019.
// Read this file top to bottom: names, settings. Read next: Decoders/Decoder.cs, which runs them; Layers/Attention.cs.
// Sizes: d_model 768, 12 heads of 64, 12 layers, 50257 words, 1024 positions in the smallest published one.
namespace Vitrine.Transformers;

/// <summary>GPT-2: learned positions, LayerNorm, a plain MLP.</summary>
internal static class Gpt2
{
    /// <summary>Canonical paths to checkpoint names. Its Conv1D stores [d_in, d_out], and Q, K and V side by side in c_attn.</summary>
    private static readonly Dictionary<string, string> s_names = new()
    {
        ["embed.W_E"] = "transformer.wte.weight",
        ["pos_embed.W_pos"] = "transformer.wpe.weight",
        ["blocks.{i}.ln1.w"] = "transformer.h.{i}.ln_1.weight",
        ["blocks.{i}.ln1.b"] = "transformer.h.{i}.ln_1.bias",
        ["blocks.{i}.attn.W_Q"] = "transformer.h.{i}.attn.c_attn.weight",
        ["blocks.{i}.attn.W_K"] = "transformer.h.{i}.attn.c_attn.weight",
        ["blocks.{i}.attn.W_V"] = "transformer.h.{i}.attn.c_attn.weight",
        ["blocks.{i}.attn.b_Q"] = "transformer.h.{i}.attn.c_attn.bias",
        ["blocks.{i}.attn.b_K"] = "transformer.h.{i}.attn.c_attn.bias",
        ["blocks.{i}.attn.b_V"] = "transformer.h.{i}.attn.c_attn.bias",
        ["blocks.{i}.attn.W_O"] = "transformer.h.{i}.attn.c_proj.weight",
        ["blocks.{i}.attn.b_O"] = "transformer.h.{i}.attn.c_proj.bias",
        ["blocks.{i}.ln2.w"] = "transformer.h.{i}.ln_2.weight",
        ["blocks.{i}.ln2.b"] = "transformer.h.{i}.ln_2.bias",
        ["blocks.{i}.mlp.W_in"] = "transformer.h.{i}.mlp.c_fc.weight",
        ["blocks.{i}.mlp.b_in"] = "transformer.h.{i}.mlp.c_fc.bias",
        ["blocks.{i}.mlp.W_out"] = "transformer.h.{i}.mlp.c_proj.weight",
        ["blocks.{i}.mlp.b_out"] = "transformer.h.{i}.mlp.c_proj.bias",
        ["ln_final.w"] = "transformer.ln_f.weight",
        ["ln_final.b"] = "transformer.ln_f.bias",
        ["unembed.W_U"] = "lm_head.weight",
        ["head.W_score"] = "score.weight^T",
    };

    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        json.Expect("add_cross_attention", "false");
        json.Expect("pruned_heads", "{}");
        int dModel = json.Int("n_embd", 768), nHeads = json.Int("n_head", 12), dMlp = json.Int("n_inner", 4 * dModel);
        json.Divides("n_head", nHeads, "n_embd", dModel);
        float epsilon = (float)json.Number("layer_norm_epsilon", 1e-5);
        float scale = json.Flag("scale_attn_weights", true) ? 1 / MathF.Sqrt(dModel / nHeads) : 1;
        bool scaleByLayer = json.Flag("scale_attn_by_inverse_layer_idx", false);
        bool tied = json.Flag("tie_word_embeddings", true);
        string activation = json.Text("activation_function", "gelu_new");
        Norm Norm(ModulePath path) => Transformers.Norm.Layer(path, dModel, epsilon);
        return Decoder.Load(json, folder, generation, new()
        {
            Class = "GPT2",
            LanguageModel = "GPT2LMHeadModel",
            Names = s_names,
            Style = CheckpointStyle.Gpt2,
            DModel = dModel,
            NLayers = json.Int("n_layer", 12),
            NHeads = nHeads,
            VocabSize = json.Int("vocab_size", 50257),
            MaxPositions = json.Int("n_positions", 1024),
            Positions = new(),
            Block = layer => new()
            {
                Norm = Norm,
                Attention = path => new(path, new()
                {
                    DModel = dModel,
                    NHeads = nHeads,
                    Causal = true,
                    Projections = Projections.Stacked,
                    Bias = path.HasBias("b_Q"), // nanoGPT can train without
                    Scale = scaleByLayer ? scale / (layer + 1) : scale,
                }),
                Mlp = path => new(path, dModel, dMlp, activation),
            },
            FinalNorm = Norm,
            Tied = tied,
        });
    }
}
