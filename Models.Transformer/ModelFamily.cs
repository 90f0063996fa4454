namespace Vitrine.Transformers;

/// <summary>A family of models that can be loaded: one row of <see cref="ModelFamilies.All"/>, and one of docs/MODELS.md.</summary>
public sealed record ModelFamily
{
    internal ModelFamily(
        string modelType, string prefix, string models, string classes, string tokenizer,
        Func<ModelConfig, WeightsFolder, GenerationOptions, Transformer> load, string refused = "") =>
        (ModelType, Prefix, Models, Classes, Tokenizer, Load, Refused) = (modelType, prefix, models, classes, tokenizer, load, refused);

    /// <summary>What <c>config.json</c> calls it, under <c>model_type</c>.</summary>
    public string ModelType { get; }

    /// <summary>How Hugging Face begins the names of its classes: <c>Bert</c> of <c>BertForMaskedLM</c>.</summary>
    public string Prefix { get; }

    /// <summary>The models that are of it.</summary>
    public string Models { get; }

    /// <summary>Which of Hugging Face's classes are read, without the family's name.</summary>
    public string Classes { get; }

    /// <summary>The kind of tokenizer its checkpoints have.</summary>
    public string Tokenizer { get; }

    /// <summary>What is refused by name though checkpoints of the family may have it; empty: nothing in particular.</summary>
    public string Refused { get; }

    /// <summary>Whether the head is the embeddings where <c>config.json</c> does not say so.</summary>
    public bool IsTied { get; internal init; }

    /// <summary>Whether it continues a text.</summary>
    internal bool IsDecoder => Classes.Contains("ForCausalLM", StringComparison.Ordinal)
        || Classes.Contains("LMHeadModel", StringComparison.Ordinal);

    /// <summary>Whether it reads one text and writes another.</summary>
    internal bool IsEncoderDecoder => Classes.Contains("ForConditionalGeneration", StringComparison.Ordinal);

    /// <summary>Whether it has the class of that name after <see cref="Prefix"/>, or had it once.</summary>
    internal bool IsClass(string end) => end is "Model" or "WithLMHeadModel" or "LMHeadModel" || Classes.Split(", ").Contains(end)
        || Classes == Prefix + end;

    /// <summary>Builds a model of the family.</summary>
    internal Func<ModelConfig, WeightsFolder, GenerationOptions, Transformer> Load { get; }
}
