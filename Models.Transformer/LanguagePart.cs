namespace Vitrine.Transformers;

/// <summary>
/// Models that read images and text, of which the text part is a decoder known here: its settings lie under <c>text_config</c>, its weights
/// under <c>language_model.</c>. Without an image they compute what the decoder alone computes.
/// </summary>
internal static class LanguagePart
{
    /// <summary>What Gemma 3's class has where the inner settings are silent, as those of the published checkpoints are.</summary>
    private static readonly Dictionary<string, int> s_gemma3 = new(StringComparer.Ordinal)
    {
        ["vocab_size"] = 262208,
        ["num_attention_heads"] = 8,
        ["num_key_value_heads"] = 4,
        ["head_dim"] = 256,
        ["max_position_embeddings"] = 131072,
        ["bos_token_id"] = 2,
        ["eos_token_id"] = 1,
        ["pad_token_id"] = 0,
    };

    private static readonly Dictionary<string, Dictionary<string, int>> s_outer = new(StringComparer.Ordinal)
    {
        ["gemma3"] = s_gemma3,
        ["llava"] = [],
        ["llava_next"] = [],
        ["mistral3"] = [],
    };

    /// <summary>The values of <c>model_type</c> that have a text part.</summary>
    public static IReadOnlyCollection<string> ModelTypes => s_outer.Keys;

    /// <summary>The settings of the text part as those of a language model; null where the model is not one of these.</summary>
    /// <exception cref="ModelException">The text part is missing, or of a family that is not known.</exception>
    public static ModelConfig? Of(ModelConfig config)
    {
        if (!s_outer.TryGetValue(config.Text("model_type", ""), out Dictionary<string, int>? defaults))
        {
            return null;
        }
        ModelConfig inner = config.Inner("text_config")
            ?? throw config.Wrong("text_config", "is missing", "nothing", "the settings of the part that reads text");
        string type = inner.Text("model_type", config.Text("model_type", "") == "gemma3" ? "gemma3_text" : "llama");
        return ModelFamilies.Find(type) is { IsDecoder: true } family
            ? inner.Over(config, defaults, type).As($"{family.Prefix}ForCausalLM")
            : throw inner.Wrong("model_type", "is not supported", $"'{type}'",
                string.Join(", ", ModelFamilies.All.Where(known => known.IsDecoder).Select(known => known.ModelType)));
    }

    /// <summary>What to say of the weights of the other parts.</summary>
    /// <param name="type">The model's type.</param>
    /// <param name="names">All weights.</param>
    public static string Notice(string type, IEnumerable<string> names)
    {
        string[] others = [.. names.Select(name => name.StartsWith("model.", StringComparison.Ordinal) ? name["model.".Length..] : name)
            .Where(name => !name.StartsWith("language_model.", StringComparison.Ordinal)
                && !name.StartsWith("lm_head.", StringComparison.Ordinal))];
        string parts = string.Join(", ", others.Select(name => name.Split('.')[0]).Distinct().Order(StringComparer.Ordinal));
        return $"This {type} model reads images and text; its text part alone is loaded"
            + (others.Length > 0 ? FormattableString.Invariant($", {others.Length} weights of {parts} are left out.") : ".");
    }
}
