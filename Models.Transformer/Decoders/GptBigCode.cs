// GPTBigCode: GPT-2's plan in which one key head serves all query heads; StarCoder and SantaCoder. Li et al. 2023; Shazeer 2019.
// Sizes: d_model 6144, 48 heads (1 for keys) of 128, 40 layers, 49152 words, 8192 positions in StarCoder 15B. Read next: Decoders/Gpt2.cs.
namespace Vitrine.Transformers;

/// <summary>GPTBigCode.</summary>
internal static class GptBigCode
{
    private static readonly Dictionary<string, string> s_names = new()
    {
        ["embed.W_E"] = "transformer.wte.weight",
        ["pos_embed.W_pos"] = "transformer.wpe.weight",
        ["blocks.{i}.ln1"] = "transformer.h.{i}.ln_1",
        ["blocks.{i}.attn"] = "transformer.h.{i}.attn",
        ["blocks.{i}.attn.W_O"] = "transformer.h.{i}.attn.c_proj.weight^T",
        ["blocks.{i}.attn.b_O"] = "transformer.h.{i}.attn.c_proj.bias",
        ["blocks.{i}.ln2"] = "transformer.h.{i}.ln_2",
        ["blocks.{i}.mlp"] = "transformer.h.{i}.mlp",
        ["ln_final.w"] = "transformer.ln_f.weight",
        ["ln_final.b"] = "transformer.ln_f.bias",
        ["unembed.W_U"] = "lm_head.weight",
        ["head.W_score"] = "score.weight^T",
        ["W_Q"] = "c_attn.weight^T",
        ["b_Q"] = "c_attn.bias",
        ["W_K"] = "c_attn.weight^T",
        ["b_K"] = "c_attn.bias",
        ["W_V"] = "c_attn.weight^T",
        ["b_V"] = "c_attn.bias",
        ["W_in"] = "c_fc.weight^T",
        ["b_in"] = "c_fc.bias",
        ["W_out"] = "c_proj.weight^T",
        ["b_out"] = "c_proj.bias",
        ["w"] = "weight",
        ["b"] = "bias",
    };

    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        json.Expect("add_cross_attention", "false");
        int dModel = json.Int("n_embd", 768), nHeads = json.Int("n_head", 12), dMlp = json.Int("n_inner", 4 * dModel);
        json.Divides("n_head", nHeads, "n_embd", dModel);
        bool tied = json.Flag("tie_word_embeddings", true), one = json.Flag("multi_query", true);
        string activation = json.Text("activation_function", "gelu_pytorch_tanh");
        float epsilon = (float)json.Number("layer_norm_epsilon", 1e-5);
        float scale = json.Flag("scale_attn_weights", true) ? 1 / MathF.Sqrt(dModel / nHeads) : 1;
        Norm Norm(ModulePath path) => Transformers.Norm.Layer(path, dModel, epsilon);
        return Decoder.Load(json, folder, generation, new()
        {
            Class = "GPTBigCode",
            Names = s_names,
            Style = CheckpointStyle.Gpt2,
            DModel = dModel,
            NLayers = json.Int("n_layer", 12),
            NHeads = nHeads,
            VocabSize = json.Int("vocab_size", 50257),
            MaxPositions = json.Int("n_positions", 1024),
            Positions = new(),
            Block = _ => new()
            {
                Norm = Norm,
                Attention = path => new(path, new()
                {
                    DModel = dModel,
                    NHeads = nHeads,
                    NKeyValueHeads = one ? 1 : nHeads,
                    Causal = true,
                    Projections = one ? Projections.Stacked : Projections.ByHead,
                    Scale = scale,
                }),
                Mlp = path => new(path, dModel, dMlp, activation),
            },
            FinalNorm = Norm,
            Tied = tied,
        });
    }
}
