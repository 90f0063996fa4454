// Qwen3: Llama's plan with a norm of queries and keys before they are rotated. Yang et al. 2025.
// Sizes: d_model 1024, 16 heads (8 for keys) of 128, 28 layers, 151936 words in Qwen3 0.6B. Read next: Decoders/Llama.cs.
namespace Vitrine.Transformers;

/// <summary>Qwen3, the dense models.</summary>
internal static class Qwen3
{
    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        bool bias = json.Flag("attention_bias", false);
        return new Llama(json, "Qwen3", dHead: 128)
        {
            Bias = bias,
            OutputBias = bias,
            QueryKeyNorm = true,
            Window = Qwen2.Windows(json),
        }.Build(folder, generation);
    }
}
