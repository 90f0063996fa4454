namespace Vitrine.Transformers;

/// <summary>Which class a checkpoint is of when its <c>config.json</c> names none, or one without a head: the head that the weights
/// have.</summary>
internal static class Architectures
{
    private const string Causal = "ForCausalLM", Sequence = "ForSequenceClassification", Token = "ForTokenClassification",
        Masked = "ForMaskedLM", Question = "ForQuestionAnswering", Conditional = "ForConditionalGeneration";

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
    /// <param name="modelType">Its family, as <see cref="ModelFamilies"/> lists them.</param>
    /// <param name="named">The class in <c>config.json</c>; empty where there is none.</param>
    /// <param name="names">The tensors that are there.</param>
    /// <param name="notice">Why, for the user.</param>
    public static string? Decide(string modelType, string named, IReadOnlyCollection<string> names, out string? notice)
    {
        notice = null;
        if (ModelFamilies.Find(modelType) is not { } family
            || modelType == "marian" // it has one class
            || (named != "" && named != $"{family.Prefix}Model" && named != $"{family.Prefix}WithLMHeadModel"))
        {
            return null;
        }
        bool has(string tensor) => names.Any(name => name == tensor || name.EndsWith($".{tensor}", StringComparison.Ordinal));
        string? head = family.IsEncoderDecoder ? (has("classification_head.dense.weight") ? Sequence : Conditional)
            : family.IsDecoder ? (has("score.weight") ? Sequence : named == "" || has("lm_head.weight")
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
        string chosen = modelType == "gpt2" && head == Causal ? "GPT2LMHeadModel" : family.Prefix + head;
        if (named == "" || !family.IsEncoderDecoder)
        {
            notice = $"config.json names {(named == "" ? "no architecture" : named)}: read as {chosen}, whose weights are there. "
                + $"\"architectures\": [\"{chosen}\"] in config.json says it.";
        }
        return chosen;
    }
}
