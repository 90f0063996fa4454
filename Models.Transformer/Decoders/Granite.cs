// Granite 3: Llama's plan with four factors, on embeddings, scores, what blocks add, and logits. Granite Team, IBM 2024.
// Sizes: d_model 2048, 32 heads (8 for keys) of 64, 40 layers, 49155 words in Granite 3.0 2B. Read next: Decoders/Llama.cs.
namespace Vitrine.Transformers;

/// <summary>Granite, the dense models of the third generation.</summary>
internal static class Granite
{
    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        bool bias = json.Flag("attention_bias", false);
        float Factor(string key) => (float)json.Positive(key, 1);
        return new Llama(json, "Granite")
        {
            Bias = bias,
            OutputBias = bias,
            MlpBias = json.Flag("mlp_bias", false),
            Scale = Factor("attention_multiplier"),
            EmbeddingScale = Factor("embedding_multiplier"),
            ResidualFactor = Factor("residual_multiplier"),
            LogitFactor = 1 / Factor("logits_scaling"),
        }.Build(folder, generation);
    }
}
