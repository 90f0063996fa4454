// Qwen2 and 2.5: Llama's plan with biases on queries, keys and values. Yang et al. 2024.
// Sizes: d_model 896, 14 heads (2 for keys) of 64, 24 layers, 151936 words in Qwen2.5 0.5B. Read next: Decoders/Llama.cs.
namespace Vitrine.Transformers;

/// <summary>Qwen2. No released checkpoint has sliding windows, but the configuration allows them in the upper layers.</summary>
internal static class Qwen2
{
    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation) => new Llama(json, "Qwen2")
    {
        Bias = true,
        Window = Windows(json),
    }.Build(folder, generation);

    /// <summary>
    /// Where <c>use_sliding_window</c> is set, the layers from <c>max_window_layers</c> on have one, or those that <c>layer_types</c>
    /// names.
    /// </summary>
    public static Func<int, int> Windows(ModelConfig json)
    {
        if (!json.Flag("use_sliding_window", false) || !json.Has("sliding_window"))
        {
            return _ => 0;
        }
        int first = json.Int("max_window_layers", 28, least: 0);
        return LayerTypes.Windows(json, json.Int("sliding_window"), layer => layer >= first);
    }
}
