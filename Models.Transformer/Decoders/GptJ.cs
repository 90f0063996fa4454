// GPT-J: one norm feeds attention and MLP in parallel, and neighbouring dimensions of each head are rotated in pairs. Wang and Komatsuzaki
// 2021. CodeGen: the same with queries, values and keys in one stored tensor. Nijkamp et al. 2023. Read next: Decoders/Decoder.cs.
// Sizes: d_model 4096, 16 heads of 256 (64 dimensions rotated), 28 layers, 50400 words in GPT-J 6B; 1024, 16 of 64 (32), 20, 51200 in
// CodeGen 350M.
namespace Vitrine.Transformers;

/// <summary>GPT-J and CodeGen.</summary>
internal static class GptJ
{
    private static readonly Dictionary<string, string> s_names = new()
    {
        ["embed.W_E"] = "transformer.wte.weight",
        ["blocks.{i}.ln1"] = "transformer.h.{i}.ln_1",
        ["blocks.{i}.attn"] = "transformer.h.{i}.attn",
        ["blocks.{i}.mlp"] = "transformer.h.{i}.mlp",
        ["ln_final.w"] = "transformer.ln_f.weight",
        ["ln_final.b"] = "transformer.ln_f.bias",
        ["unembed.W_U"] = "lm_head.weight",
        ["unembed.b_U"] = "lm_head.bias",
        ["head.W_score"] = "score.weight^T",
        ["W_Q"] = "q_proj.weight^T",
        ["W_K"] = "k_proj.weight^T",
        ["W_V"] = "v_proj.weight^T",
        ["W_O"] = "out_proj.weight^T",
        ["W_in"] = "fc_in.weight^T",
        ["b_in"] = "fc_in.bias",
        ["W_out"] = "fc_out.weight^T",
        ["b_out"] = "fc_out.bias",
        ["w"] = "weight",
        ["b"] = "bias",
    };

    private static readonly Dictionary<string, string> s_codeGenNames = new(s_names)
    {
        ["W_Q"] = "qkv_proj.weight^T",
        ["W_K"] = "qkv_proj.weight^T",
        ["W_V"] = "qkv_proj.weight^T",
    };

    /// <summary>GPT-J.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation) =>
        Load(json, folder, generation, "GPTJ", s_names, Projections.Apart);

    /// <summary>CodeGen.</summary>
    public static Transformer LoadCodeGen(ModelConfig json, WeightsFolder folder, GenerationOptions generation) =>
        Load(json, folder, generation, "CodeGen", s_codeGenNames, Projections.ByQuarter);

    private static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation, string name,
        Dictionary<string, string> names, Projections projections)
    {
        int dModel = json.Int("n_embd", 4096), nHeads = json.Int("n_head", 16), dMlp = json.Int("n_inner", 4 * dModel);
        json.Divides("n_head", nHeads, "n_embd", dModel);
        if (projections == Projections.ByQuarter)
        {
            json.Divides("4", 4, "n_head", nHeads);
        }
        int dims = json.Int("rotary_dim", dModel / nHeads);
        if (dims % 2 != 0 || dims > dModel / nHeads)
        {
            throw json.Wrong("rotary_dim", "does not give pairs to turn", $"{dims} of {dModel / nHeads} dimensions",
                "an even number, at most a head's width");
        }
        bool tied = json.Flag("tie_word_embeddings", false);
        string activation = json.Text("activation_function", "gelu_new");
        float epsilon = (float)json.Number("layer_norm_epsilon", 1e-5);
        Norm Norm(ModulePath path) => Transformers.Norm.Layer(path, dModel, epsilon);
        return Decoder.Load(json, folder, generation, new()
        {
            Class = name,
            Names = names,
            Style = new("transformer.")
            {
                Ignorable = new Dictionary<string, string>
                {
                    [".attn.bias"] = "the causal mask",
                    [".attn.causal_mask"] = "the causal mask",
                    [".attn.masked_bias"] = "the mask's value",
                    [".embed_positions"] = "the rotary angles",
                },
                Tied = [[s_names["embed.W_E"], s_names["unembed.W_U"]]],
            },
            DModel = dModel,
            NLayers = json.Int("n_layer", 28),
            NHeads = nHeads,
            VocabSize = json.Int("vocab_size", 50400),
            MaxPositions = json.Int("n_positions", 2048),
            Block = _ => new()
            {
                Order = BlockOrder.Parallel,
                SharedNorm = true,
                Norm = Norm,
                Rotary = new(dims, 10000) { Interleaved = true },
                Attention = path => new(path, new()
                {
                    DModel = dModel,
                    NHeads = nHeads,
                    Causal = true,
                    Rotary = true,
                    Projections = projections,
                    Bias = false,
                    OutputBias = false,
                }),
                Mlp = path => new(path, dModel, dMlp, activation),
            },
            FinalNorm = Norm,
            Tied = tied,
            HeadBias = true,
        });
    }
}
