using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>Labelling texts with labels given at run time, by a model of natural language inference. Yin et al. 2019.</summary>
public static class ZeroShot
{
    /// <summary>The hypothesis that stands for a label where none is given; <c>{}</c> is the label's place.</summary>
    public const string Template = "This example is {}.";

    /// <summary>What the model reads for each label: the text, and the hypothesis that the label makes.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="text">The premise.</param>
    /// <param name="labels">Names of labels, as they stand in a sentence.</param>
    /// <param name="template">The hypothesis, with <c>{}</c> where the label goes.</param>
    /// <exception cref="VitrineException">The template has no place for a label.</exception>
    public static IReadOnlyList<ExplainedText> Pairs(
        ITokenizer tokenizer, string text, IReadOnlyList<string> labels, string template = Template)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return [.. Hypotheses(labels, template).Select(hypothesis => ExplainedText.Of(tokenizer.Encode(text, hypothesis)))];
    }

    /// <summary>The sentences that labels make.</summary>
    /// <param name="labels">Names of labels, as they stand in a sentence.</param>
    /// <param name="template">The hypothesis, with <c>{}</c> where the label goes.</param>
    /// <exception cref="VitrineException">The template has no place for a label.</exception>
    public static IReadOnlyList<string> Hypotheses(IReadOnlyList<string> labels, string template = Template)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(template);
        if (!template.Contains("{}", StringComparison.Ordinal))
        {
            throw new VitrineException(
                $"zero-shot: the hypothesis has no place for a label; got '{template}'; expected a sentence with {{}} in it.");
        }
        return [.. labels.Select(label => template.Replace("{}", label, StringComparison.Ordinal))];
    }

    /// <summary>
    /// The probability of each label: a softmax over all entailments or, where labels do not compete, entailment against contradiction.
    /// </summary>
    /// <param name="model">A classifier of text pairs, one of whose labels begins with “entail”.</param>
    /// <param name="pairs">What it reads for each label (<see cref="Pairs"/>).</param>
    /// <param name="isMultiLabel">Whether labels do not compete.</param>
    /// <exception cref="VitrineException">Another kind of model, or too few labels.</exception>
    public static IReadOnlyList<double> Predict(ITransformer model, IReadOnlyList<ExplainedText> pairs, bool isMultiLabel = false)
    {
        (int entailment, int contradiction) = Classes(model);
        CheckLabels([.. pairs.Select((_, i) => FormattableString.Invariant($"{i}"))], pairs.Count, isMultiLabel);
        float[][] logits = [.. pairs.Select(pair => model.Forward(pair.Input()).ToArray())];
        if (isMultiLabel)
        {
            return [.. logits.Select(row => 1 / (1 + Math.Exp(row[contradiction] - (double)row[entailment])))];
        }
        double most = logits.Max(row => row[entailment]), total = logits.Sum(row => Math.Exp(row[entailment] - most));
        return [.. logits.Select(row => Math.Exp(row[entailment] - most) / total)];
    }

    /// <summary>Whether a model can do this.</summary>
    /// <param name="info">Its facts.</param>
    public static bool IsPossible(ModelInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        return info.Task == ModelTask.SequenceClassification && Entailment(info) >= 0 && info.Labels.Count > 1;
    }

    /// <summary>
    /// The label that says “follows from the text”, and the one against it: what begins with “contradict” or “not”, else the first other.
    /// </summary>
    internal static (int Entailment, int Contradiction) Classes(ITransformer model)
    {
        if (!IsPossible(model.Info))
        {
            string got = model.Info.Labels.Count == 0 ? $"a model for {model.Info.Task}" : $"labels {string.Join(", ", model.Info.Labels)}";
            throw new VitrineException($"zero-shot: not a model of natural language inference; got {got}; "
                + "expected a sequence classifier with a label that begins with 'entail'.");
        }
        int entailment = Entailment(model.Info);
        string[] labels = [.. model.Info.Labels.Select(label => label.ToLowerInvariant())];
        string[] contrary = ["contradict", "not"];
        int against = Array.FindIndex(labels, label => contrary.Any(start => label.StartsWith(start, StringComparison.Ordinal)));
        return (entailment, against >= 0 ? against : entailment == 0 ? labels.Length - 1 : 0);
    }

    internal static void CheckLabels(IReadOnlyList<string> labels, int pairs, bool isMultiLabel)
    {
        int least = isMultiLabel ? 1 : 2;
        if (labels.Count < least || labels.Count != pairs)
        {
            throw new VitrineException(
                $"zero-shot: labels do not fit; got {labels.Count} for {pairs} pairs; expected at least {least}, one for each pair.");
        }
        int bad = labels.ToList().FindIndex(string.IsNullOrWhiteSpace);
        if (bad >= 0 || labels.Distinct().Count() != labels.Count)
        {
            string got = string.Join(", ", labels);
            throw new VitrineException($"zero-shot: a label is empty or stands twice; got '{got}'; expected different names.");
        }
    }

    private static int Entailment(ModelInfo info) =>
        info.Labels.ToList().FindIndex(label => label.StartsWith("entail", StringComparison.OrdinalIgnoreCase));
}
