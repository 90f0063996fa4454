// Phi-3, 3.5 and 4-mini: Llama's plan with q, k and v in one stored tensor, and gate and up in another. Abdin et al. 2024.
// Sizes: d_model 3072, 32 heads of 96, 32 layers, 32064 words in Phi-3-mini. Read next: Decoders/Llama.cs.
namespace Vitrine.Transformers;

/// <summary>Phi-3 with short contexts; those of 128k positions have a rotation (longrope) that is refused.</summary>
internal static class Phi3
{
    private static readonly Dictionary<string, string> s_names = new(Llama.Names)
    {
        ["W_Q"] = "qkv_proj.weight^T",
        ["W_K"] = "qkv_proj.weight^T",
        ["W_V"] = "qkv_proj.weight^T",
        ["W_gate"] = "gate_up_proj.weight^T",
        ["W_in"] = "gate_up_proj.weight^T",
    };

    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        json.Expect("attention_bias", "false");
        int window = json.Has("sliding_window") ? json.Int("sliding_window") : 0;
        return new Llama(json, "Phi3")
        {
            Paths = s_names,
            Stacked = true,
            Window = LayerTypes.Windows(json, window, _ => true)
        }.Build(folder, generation);
    }
}
