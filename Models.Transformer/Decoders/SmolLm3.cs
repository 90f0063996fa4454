// SmolLM3: Llama's plan, where every fourth layer knows no positions. Bakouch et al. 2025; Yang et al. 2025 (“Rope to Nope and back
// again”).
// Sizes: d_model 2048, 16 heads (4 for keys) of 128, 36 layers, 128256 words in SmolLM3 3B. Read next: Decoders/Llama.cs.
namespace Vitrine.Transformers;

/// <summary>SmolLM3.</summary>
internal static class SmolLm3
{
    /// <summary>Builds the model with the head that the config names.</summary>
    public static Transformer Load(ModelConfig json, WeightsFolder folder, GenerationOptions generation)
    {
        json.Expect("use_sliding_window", "false");
        bool bias = json.Flag("attention_bias", false);
        var llama = new Llama(json, "SmolLM3")
        {
            Bias = bias,
            OutputBias = bias,
            MlpBias = json.Flag("mlp_bias", false),
            Tied = true,
        };
        RotaryOptions rotary = RotaryOptions.Read(json, llama.DHead, theta: 2_000_000);
        Func<int, bool> turns = Turns(json);
        return (llama with { Rotary = layer => turns(layer) ? rotary : null }).Build(folder, generation);
    }

    /// <summary>
    /// Whether a layer rotates: <c>no_rope_layers</c> says 1 where it does; else all but every <c>no_rope_layer_interval</c>th.
    /// </summary>
    private static Func<int, bool> Turns(ModelConfig json)
    {
        int interval = json.Int("no_rope_layer_interval", 4), layers = json.Int("num_hidden_layers", 36);
        IReadOnlyList<int> listed = json.Ints("no_rope_layers");
        return listed.Count == 0 ? layer => (layer + 1) % interval != 0
            : listed.Count == layers ? layer => listed[layer] != 0
            : throw json.Wrong("no_rope_layers", "has another length than the model", $"{listed.Count}", $"{layers}, one per layer");
    }
}
