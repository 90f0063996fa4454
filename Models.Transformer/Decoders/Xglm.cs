// XGLM: GPT-2's plan in many languages, with fairseq's waves for positions and scaled embeddings. Lin et al. 2022.
// Sizes: d_model 1024, 16 heads of 64, 24 layers, 256008 words in XGLM 564M. Read next: Decoders/Decoder.cs.
namespace Vitrine.Transformers;

/// <summary>XGLM.</summary>
internal static class Xglm
{
    private static readonly Dictionary<string, string> s_names = new(Fairseq.Parts)
    {
        ["embed.W_E"] = "model.embed_tokens.weight",
        ["blocks.{i}.ln1"] = "model.layers.{i}.self_attn_layer_norm",
        ["blocks.{i}.attn"] = "model.layers.{i}.self_attn",
        ["blocks.{i}.ln2"] = "model.layers.{i}.final_layer_norm",
        ["blocks.{i}.mlp"] = "model.layers.{i}",
        ["ln_final.w"] = "model.layer_norm.weight",
        ["ln_final.b"] = "model.layer_norm.bias",
        ["unembed.W_U"] = "lm_head.weight",
        ["head.W_score"] = "score.weight^T",
    };

    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        json.Expect("add_cross_attention", "false");
        int dModel = json.Int("d_model", 1024), nHeads = json.Int("attention_heads", 16), dMlp = json.Int("ffn_dim", 4096);
        json.Divides("attention_heads", nHeads, "d_model", dModel);
        bool tied = json.Flag("tie_word_embeddings", true);
        string activation = json.Text("activation_function", "gelu");
        int pad = json.OptionalInt("pad_token_id") ?? 1, positions = json.Int("max_position_embeddings", 2048);
        if (pad >= positions)
        {
            throw json.Wrong("pad_token_id", "has no row in the table of positions", $"{pad}", $"less than {positions}");
        }
        Norm Norm(ModulePath path) => Transformers.Norm.Layer(path, dModel, 1e-5f); // torch's default; the config has none
        return Decoder.Load(json, folder, generation, new()
        {
            Class = "XGLM",
            Names = s_names,
            Style = new("model.")
            {
                Ignorable = new Dictionary<string, string> { [".embed_positions.weights"] = "sines and cosines of the position" },
                Tied = [[s_names["embed.W_E"], s_names["unembed.W_U"]]],
            },
            DModel = dModel,
            NLayers = json.Int("num_layers", 24),
            NHeads = nHeads,
            VocabSize = json.Int("vocab_size", 256008),
            MaxPositions = positions,
            Positions = new(Offset: 2) { Fixed = (rows, width) => M2m100.Sinusoids(rows, width, pad) },
            EmbeddingScale = json.Flag("scale_embedding", true) ? MathF.Sqrt(dModel) : 1,
            Block = _ => new()
            {
                Norm = Norm,
                Attention = path => new(path, new() { DModel = dModel, NHeads = nHeads, Causal = true }),
                Mlp = path => new(path, dModel, dMlp, activation),
            },
            FinalNorm = Norm,
            Tied = tied,
        });
    }
}
