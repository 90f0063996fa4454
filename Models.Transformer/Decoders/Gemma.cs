// Gemma 1, 2 and 3: Llama's plan with scaled embeddings, norms stored less 1 and a tanh GELU as gate; from 2 on with four norms a block,
// caps or norms of queries and keys, and windows in most layers. Gemma Team 2024a, 2024b, 2025. Read next: Decoders/Llama.cs.
// Sizes: d_model 2304, 8 heads (4 for keys) of 256, 26 layers, 256000 words in Gemma 2 2B; 640, 4 (1) of 256, 18, 262144 in Gemma 3 270M.
namespace Vitrine.Transformers;

/// <summary>The three generations of Gemma, text only.</summary>
internal static class Gemma
{
    private static readonly Dictionary<string, string> s_fourNorms = new(Llama.Names)
    {
        ["blocks.{i}.ln1_post.w"] = "model.layers.{i}.post_attention_layernorm.weight",
        ["blocks.{i}.ln2.w"] = "model.layers.{i}.pre_feedforward_layernorm.weight",
        ["blocks.{i}.ln2_post.w"] = "model.layers.{i}.post_feedforward_layernorm.weight",
    };

    /// <summary>Gemma 1.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation) =>
        Common(json, "Gemma").Build(folder, generation);

    /// <summary>Gemma 2: scores and logits are capped; every other layer, beginning with the first, has a window.</summary>
    public static Transformer Load2(ModelConfig json, WeightsFolder folder, GenerationOptions generation) => (Common(json, "Gemma2") with
    {
        Paths = s_fourNorms,
        OutputNorms = true,
        Scale = Scale(json),
        ScoreCap = Cap(json, "attn_logit_softcapping", 50),
        LogitCap = Cap(json, "final_logit_softcapping", 30),
        Window = LayerTypes.Windows(json, json.Int("sliding_window", 4096), layer => layer % 2 == 0),
    }).Build(folder, generation);

    /// <summary>
    /// Gemma 3: queries and keys are normalised; every sixth layer sees all keys and has slower angles, which long contexts divide.
    /// </summary>
    public static Transformer Load3(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        int pattern = json.Int("sliding_window_pattern", json.Int("_sliding_window_pattern", 6));
        Func<int, int> window = LayerTypes.Windows(json, json.Int("sliding_window", 4096), layer => (layer + 1) % pattern != 0);
        Llama gemma = Common(json, "Gemma3");
        RotaryOptions full = RotaryOptions.Read(json, gemma.DHead, theta: 1e6, layerType: "full_attention");
        RotaryOptions sliding = json.Inner("rope_parameters") is { } parameters && parameters.Has("sliding_attention")
            ? RotaryOptions.Read(json, gemma.DHead, layerType: "sliding_attention")
            : new(full.Dims, json.Positive("rope_local_base_freq", 10000));
        return (gemma with
        {
            Paths = s_fourNorms,
            OutputNorms = true,
            QueryKeyNorm = true,
            Scale = Scale(json),
            ScoreCap = Cap(json, "attn_logit_softcapping", 0),
            LogitCap = Cap(json, "final_logit_softcapping", 0),
            Window = window,
            Rotary = layer => window(layer) > 0 ? sliding : full,
        }).Build(folder, generation);
    }

    private static Llama Common(ModelConfig json, string name)
    {
        json.Expect("use_bidirectional_attention", "false");
        bool bias = json.Flag("attention_bias", false);
        // The first configurations say "gelu", but the weights were trained with the tanh form.
        string activation = json.Text("hidden_activation", json.Text("hidden_act", "gelu_pytorch_tanh"));
        return new(json, name, dHead: 256)
        {
            PlusOne = true,
            Bias = bias,
            OutputBias = bias,
            Tied = true,
            Activation = activation == "gelu" ? "gelu_pytorch_tanh" : activation,
            EmbeddingScale = MathF.Sqrt(json.Int("hidden_size", 3072)),
        };
    }

    private static float Scale(ModelConfig json) => (float)(1 / Math.Sqrt(json.Positive("query_pre_attn_scalar", 256)));

    // Null means none; only where the key is absent does the family's own value count.
    private static float Cap(ModelConfig json, string key, float usual) =>
        json.Has(key) ? (float)json.Positive(key, usual) : json.IsGiven(key) ? 0 : usual;
}
