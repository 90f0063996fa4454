// Command R and R7B, Aya: Llama's parts in parallel after one LayerNorm without biases, neighbouring dimensions rotated, logits scaled;
// three of four layers of R7B have a window, and the fourth, which sees all keys, knows no positions. Cohere 2024; Dang et al. 2024 (Aya).
// Sizes: d_model 4096, 32 heads (8 for keys) of 128, 32 layers, 256000 words in Aya 8B and R7B. Read next: Decoders/Llama.cs.
namespace Vitrine.Transformers;

/// <summary>Cohere's two generations, without Command R+, whose queries and keys are normalised.</summary>
internal static class Cohere
{
    /// <summary>Command R, Aya 8B and 35B.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        json.Expect("use_qk_norm", "false");
        Llama cohere = Common(json, "Cohere");
        RotaryOptions rotary = Rotary(json, cohere);
        return (cohere with { Rotary = _ => rotary }).Build(folder, generation);
    }

    /// <summary>Command R7B, Command A.</summary>
    public static Transformer Load2(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        int pattern = json.Int("sliding_window_pattern", json.Int("_sliding_window_pattern", 4));
        Func<int, int> window = LayerTypes.Windows(json, json.Int("sliding_window", 4096), layer => (layer + 1) % pattern != 0);
        Llama cohere = Common(json, "Cohere2");
        RotaryOptions rotary = Rotary(json, cohere);
        return (cohere with { Window = window, Rotary = layer => window(layer) > 0 ? rotary : null }).Build(folder, generation);
    }

    private static RotaryOptions Rotary(ModelConfig json, Llama cohere) =>
        RotaryOptions.Read(json, cohere.DHead) with { Interleaved = true };

    private static Llama Common(ModelConfig json, string name)
    {
        bool bias = json.Flag("attention_bias", false);
        int dModel = json.Int("hidden_size", 8192);
        float epsilon = (float)json.Number("layer_norm_eps", 1e-5);
        return new(json, name)
        {
            Order = BlockOrder.Parallel,
            Norms = path => Norm.Layer(path, dModel, epsilon, bias: false),
            Bias = bias,
            OutputBias = bias,
            LogitFactor = (float)json.Positive("logit_scale", 0.0625),
            Tied = true,
        };
    }
}
