namespace Vitrine.Transformers;

/// <summary>Which class a checkpoint is of when its <c>config.json</c> names none, or one without a head: the head that the weights
/// have.</summary>
internal static class Architectures
{
    private const string Causal = "ForCausalLM", Sequence = "ForSequenceClassification", Token = "ForTokenClassification",
        Masked = "ForMaskedLM", Question = "ForQuestionAnswering", Conditional = "ForConditionalGeneration";

    /// <summary>How transformers begins the class names of a family.</summary>
    private static readonly Dictionary<string, string> s_prefixes = new(StringComparer.Ordinal)
    {
        ["bert"] = "Bert", ["distilbert"] = "DistilBert", ["roberta"] = "Roberta", ["xlm-roberta"] = "XLMRoberta",
            ["camembert"] = "Camembert",
        ["electra"] = "Electra", ["albert"] = "Albert", ["deberta-v2"] = "DebertaV2", ["modernbert"] = "ModernBert",
        ["gpt2"] = "GPT2", ["llama"] = "Llama", ["mistral"] = "Mistral", ["qwen2"] = "Qwen2", ["qwen3"] = "Qwen3", ["gemma"] = "Gemma",
            ["gemma2"] = "Gemma2",
        ["gemma3_text"] = "Gemma3", ["gpt_neox"] = "GPTNeoX", ["gpt_neo"] = "GPTNeo", ["gptj"] = "GPTJ", ["bloom"] = "Bloom",
            ["opt"] = "OPT",
        ["phi"] = "Phi", ["phi3"] = "Phi3", ["t5"] = "T5", ["mt5"] = "MT5", ["bart"] = "Bart", ["mbart"] = "MBart", ["m2m_100"] = "M2M100",
    };

    private static readonly string[] s_decoders =
        ["gpt2", "llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text", "gpt_neox", "gpt_neo", "gptj", "bloom", "opt",
            "phi", "phi3"];

    private static readonly string[] s_encoderDecoders = ["t5", "mt5", "bart", "mbart", "m2m_100"];

    /// <summary>A tensor that only one kind of head has, in the order of asking.</summary>
    private static readonly (string Tensor, string Head)[] s_encoderHeads =
    [
        ("qa_outputs.weight", Question), ("pre_classifier.weight", Sequence), ("classifier.out_proj.weight", Sequence),
            ("classifier.weight", Token),
        ("cls.predictions.transform.dense.weight", Masked), ("lm_head.dense.weight", Masked), ("vocab_transform.weight", Masked),
        ("generator_predictions.dense.weight", Masked), ("discriminator_predictions.dense.weight", "ForPreTraining"),
        ("predictions.dense.weight", Masked), ("decoder.bias", Masked),
    ];

    /// <summary>The class to read a checkpoint as, and why; null where the one it names is to be taken.</summary>
    /// <param name="family">Its <c>model_type</c>.</param>
    /// <param name="named">The class in <c>config.json</c>; empty where there is none.</param>
    /// <param name="names">The tensors that are there.</param>
    /// <param name="notice">Why, for the user.</param>
    public static string? Decide(string family, string named, IReadOnlyCollection<string> names, out string? notice)
    {
        notice = null;
        if (!s_prefixes.TryGetValue(family, out string? prefix)
            || (named != "" && named != $"{prefix}Model" && named != $"{prefix}WithLMHeadModel"))
        {
            return null;
        }
        bool has(string tensor) => names.Any(name => name == tensor || name.EndsWith($".{tensor}", StringComparison.Ordinal));
        string? head = s_encoderDecoders.Contains(family) ? (has("classification_head.dense.weight") ? Sequence : Conditional)
            : s_decoders.Contains(family) ? (has("score.weight") ? Sequence : named == "" || has("lm_head.weight")
                || has("embed_out.weight") ? Causal : null)
            : s_encoderHeads.FirstOrDefault(head => has(head.Tensor)).Head;
        if (head == Token && (has("pooler.dense.weight") || has("pooler.weight") || has("head.dense.weight")))
        {
            head = Sequence; // a classifier over tokens has no use for a pooler
        }
        if (head is null)
        {
            return null;
        }
        string chosen = family == "gpt2" && head == Causal ? "GPT2LMHeadModel" : prefix + head;
        if (named == "" || !s_encoderDecoders.Contains(family))
        {
            notice = $"config.json names {(named == "" ? "no architecture" : named)}: read as {chosen}, whose weights are there. \"architectures\": [\"{chosen}\"] in config.json says it.";
        }
        return chosen;
    }
}
