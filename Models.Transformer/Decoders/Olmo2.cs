// OLMo 2: Llama's plan, where what each half of a block writes is normalised instead of what it reads; and queries and keys are, over all
// heads together. OLMo Team 2025. Sizes: d_model 2048, 16 heads of 128, 16 layers, 100352 words in OLMo 2 1B. Read next: Decoders/Llama.cs.
namespace Vitrine.Transformers;

/// <summary>OLMo 2.</summary>
internal static class Olmo2
{
    private static readonly Dictionary<string, string> s_names = new(Llama.Names)
    {
        ["blocks.{i}.ln1_post.w"] = "model.layers.{i}.post_attention_layernorm.weight",
        ["blocks.{i}.ln2_post.w"] = "model.layers.{i}.post_feedforward_layernorm.weight",
    };

    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        bool bias = json.Flag("attention_bias", false);
        return new Llama(json, "Olmo2")
        {
            Paths = s_names,
            Order = BlockOrder.OutputNorm,
            QueryKeyNorm = true,
            JointNorm = true,
            Bias = bias,
            OutputBias = bias,
            Epsilon = (float)json.Number("rms_norm_eps", 1e-5),
        }.Build(folder, generation);
    }
}
