// GPT-Neo and TinyStories: GPT-2's plan, but scores are not divided by √d_head and every other layer sees only the last 256 keys.
// Black et al. 2021; Eldan and Li 2023 (TinyStories). Sizes: d_model 768, 12 heads of 64, 12 layers, 50257 words in GPT-Neo 125M.
// Read next: Decoders/Decoder.cs.
namespace Vitrine.Transformers;

/// <summary>GPT-Neo.</summary>
internal static class GptNeo
{
    private static readonly Dictionary<string, string> s_names = new()
    {
        ["embed.W_E"] = "transformer.wte.weight",
        ["pos_embed.W_pos"] = "transformer.wpe.weight",
        ["blocks.{i}.ln1"] = "transformer.h.{i}.ln_1",
        ["blocks.{i}.attn"] = "transformer.h.{i}.attn.attention",
        ["blocks.{i}.ln2"] = "transformer.h.{i}.ln_2",
        ["blocks.{i}.mlp"] = "transformer.h.{i}.mlp",
        ["ln_final.w"] = "transformer.ln_f.weight",
        ["ln_final.b"] = "transformer.ln_f.bias",
        ["unembed.W_U"] = "lm_head.weight",
        ["head.W_score"] = "score.weight^T",
        ["W_Q"] = "q_proj.weight^T",
        ["W_K"] = "k_proj.weight^T",
        ["W_V"] = "v_proj.weight^T",
        ["W_O"] = "out_proj.weight^T",
        ["b_O"] = "out_proj.bias",
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
        int dModel = json.Int("hidden_size", 2048), nHeads = json.Int("num_heads", 16), nLayers = json.Int("num_layers", 24);
        int dMlp = json.Int("intermediate_size", 4 * dModel), window = json.Int("window_size", 256);
        json.Divides("num_heads", nHeads, "hidden_size", dModel);
        bool tied = json.Flag("tie_word_embeddings", true);
        string activation = json.Text("activation_function", "gelu_new");
        float epsilon = (float)json.Number("layer_norm_epsilon", 1e-5);
        IReadOnlyList<string> kinds = Kinds(json, nLayers);
        Norm Norm(ModulePath path) => Transformers.Norm.Layer(path, dModel, epsilon);
        return Decoder.Load(json, folder, generation, new()
        {
            Class = "GPTNeo",
            Names = s_names,
            Style = new("transformer.")
            {
                Ignorable = new Dictionary<string, string>
                {
                    [".attention.bias"] = "the causal mask",
                    [".attention.masked_bias"] = "the mask's value"
                },
                Tied = [[s_names["embed.W_E"], s_names["unembed.W_U"]]],
            },
            DModel = dModel,
            NLayers = nLayers,
            NHeads = nHeads,
            VocabSize = json.Int("vocab_size", 50257),
            MaxPositions = json.Int("max_position_embeddings", 2048),
            Positions = new(),
            Block = layer => new()
            {
                Norm = Norm,
                Window = kinds[layer] == "local" ? window : 0,
                Attention = path => new(path, new() { DModel = dModel, NHeads = nHeads, Causal = true, Bias = false, Scale = 1 }),
                Mlp = path => new(path, dModel, dMlp, activation),
            },
            FinalNorm = Norm,
            Tied = tied,
        });
    }

    /// <summary>
    /// <c>global</c> or <c>local</c> per layer: <c>attention_layers</c>, else <c>attention_types</c> written out, [[["global", "local"],
    /// 12]] by default.
    /// </summary>
    private static IReadOnlyList<string> Kinds(ModelConfig json, int nLayers)
    {
        string key = json.Has("attention_layers") ? "attention_layers" : "attention_types";
        IReadOnlyList<string> kinds = json.Has(key)
            ? key == "attention_layers" ? json.Texts(key) : json.RepeatedTexts(key)
            : [.. Enumerable.Range(0, nLayers).Select(layer => layer % 2 == 0 ? "global" : "local")];
        if (kinds.FirstOrDefault(kind => kind is not ("global" or "local")) is { } other)
        {
            throw json.Wrong(key, "names a kind of layer that is not supported", $"'{other}'", "global or local");
        }
        return kinds.Count == nLayers ? kinds : throw json.Wrong(key, "has another length than the model", $"{kinds.Count}",
            $"{nLayers}, one per layer");
    }
}
