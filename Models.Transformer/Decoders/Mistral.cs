// Mistral: Llama's plan, where a query sees only the last few thousand keys. Jiang et al. 2023.
// Sizes: d_model 4096, 32 heads (8 for keys) of 128, 32 layers, 32000 words, a window of 4096 in Mistral 7B v0.1. Read next:
// Decoders/Llama.cs.
namespace Vitrine.Transformers;

/// <summary>Mistral. From v0.2 on there is no window: <c>sliding_window</c> is null.</summary>
internal static class Mistral
{
    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        int window = json.Has("sliding_window") || !json.IsGiven("sliding_window") ? json.Int("sliding_window", 4096) : 0;
        return new Llama(json, "Mistral") { Window = LayerTypes.Windows(json, window, _ => true) }.Build(folder, generation);
    }
}
