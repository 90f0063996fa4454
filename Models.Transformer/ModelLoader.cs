using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>From a folder with <c>config.json</c> and <c>model.safetensors</c> to a model that runs.</summary>
public static class ModelLoader
{
    /// <summary>The families by the name <c>model_type</c> gives them.</summary>
    private static readonly SortedDictionary<string, Func<ModelConfig, WeightsFolder, GenerationOptions, Transformer>> s_families = new(StringComparer.Ordinal)
    {
        ["bert"] = (config, weights, _) => Bert.Load(config, weights),
        ["gpt2"] = Gpt2.Load,
        ["llama"] = Llama.Load,
        ["marian"] = Marian.Load,
    };

    /// <summary>The values of <c>model_type</c> that can be loaded.</summary>
    public static IReadOnlyCollection<string> ModelTypes => s_families.Keys;

    /// <summary>Loads a model, and its tokenizer when the folder holds one. Float32 weights are mapped, not copied.</summary>
    /// <param name="folder">A folder as Hugging Face's <c>save_pretrained</c> writes it.</param>
    /// <exception cref="ModelException">Not a model folder, an unsupported <c>model_type</c>, class or setting.</exception>
    /// <exception cref="TokenizerException">A tokenizer that is there but malformed.</exception>
    /// <exception cref="WeightException">Weights that are missing, misshapen or not safetensors.</exception>
    public static ITransformer Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ModelConfig config = ModelConfig.Read(folder);
        string type = config.Text("model_type", "");
        if (!s_families.TryGetValue(type, out Func<ModelConfig, WeightsFolder, GenerationOptions, Transformer>? load))
        {
            throw config.Wrong("model_type", type == "" ? "is missing" : "is not supported", $"'{type}'", string.Join(", ", ModelTypes));
        }
        using Recorder.Pause pause = Recorder.Suspend(); // views of weights are no part of anybody's computation
        using WeightsFolder weights = WeightsFolder.Open(folder);
        Transformer model = load(config, weights, GenerationConfig.Read(folder, config));
        model.Tokenizer = TokenizerLoader.IsIn(folder) ? TokenizerLoader.Load(folder) : null;
        return model;
    }
}
