using Vitrine.Transformers;

namespace Vitrine;

/// <summary>What a folder's <c>config.json</c> says of its model, without loading it.</summary>
/// <param name="Family"><c>model_type</c>: <c>bert</c>; empty where it is not said.</param>
/// <param name="Task">What it does: <c>sequence classification</c>; the class's own name where it is not known.</param>
public sealed record ModelSummary(string Family, string Task)
{
    private static readonly (string Ending, ModelTask Task)[] s_tasks =
    [
        ("ForSequenceClassification", ModelTask.SequenceClassification), ("ForTokenClassification", ModelTask.TokenClassification),
        ("ForQuestionAnswering", ModelTask.QuestionAnswering), ("ForMultipleChoice", ModelTask.MultipleChoice),
        ("ForMaskedLM", ModelTask.MaskedLanguageModel), ("ForPreTraining", ModelTask.MaskedLanguageModel),
        ("ForCausalLM", ModelTask.CausalLanguageModel), ("LMHeadModel", ModelTask.CausalLanguageModel),
        ("ForConditionalGeneration", ModelTask.SequenceToSequence), ("MTModel", ModelTask.SequenceToSequence), ("Model", ModelTask.None),
    ];

    /// <summary>Reads it; what is missing or malformed is empty, since a list must not end at one bad folder.</summary>
    /// <param name="folder">A model's folder.</param>
    public static ModelSummary Of(string folder)
    {
        try
        {
            if (File.Exists(Path.Combine(folder, "adapter_config.json")) && !File.Exists(Path.Combine(folder, "config.json")))
            {
                return new("", "LoRA adapter");
            }
            var config = ModelConfig.Read(folder);
            string name = config.Architecture("");
            int at = Array.FindIndex(s_tasks, task => name.EndsWith(task.Ending, StringComparison.Ordinal));
            return new(config.Text("model_type", ""), at < 0 ? name : LoadedModel.Named(s_tasks[at].Task));
        }
        catch (ModelException)
        {
            return new("", "");
        }
    }

    /// <summary>For example <c>bert, sequence classification</c>.</summary>
    public override string ToString() => $"{Family}, {Task}";
}
