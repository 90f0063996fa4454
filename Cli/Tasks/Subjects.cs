using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Transformers;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary>From a model and a text to what is explained: one builder per task that reads a text and writes none.</summary>
internal static class Subjects
{
    /// <summary>Labels of a whole text.</summary>
    public static Subject Labels(LoadedModel loaded, ExplainedText text, string[] targets, string? step)
    {
        Choice[] ranking = Choices.Labels(loaded, text);
        IReadOnlyList<string> names = loaded.Model.Info.Labels;
        int[] ids = targets switch
        {
            [] => [ranking[0].Id],
            ["all"] => [.. Enumerable.Range(0, names.Count)],
            _ => [.. targets.Select(target => Label(target, names))],
        };
        return new()
        {
            Function = Targets.Labels(loaded.Model, text, ids, step ?? "logit"),
            Predictions = [.. ranking.Select(c => new Prediction(c.Label, c.Probability, ids.Contains(c.Id)))],
        };
    }

    /// <summary>Start and end of an answer.</summary>
    public static Subject Answer(LoadedModel loaded, ExplainedText text, string[] targets, string? step)
    {
        AnswerSpan answer = targets switch
        {
            [] => Choices.Answers(loaded, text, 1) is [var best] ? best : throw new CommandException(ExitCode.Input, "context: no token of it is left; expected some text that may hold the answer."),
            [var given] => Find(text, given),
            _ => throw new CommandException(ExitCode.Usage, $"target: too many; got {Number(targets.Length)}; expected one answer of the context."),
        };
        (InputToken first, InputToken last) = (text.Tokens[answer.Start], text.Tokens[answer.End]);
        return new()
        {
            Function = Targets.Answer(loaded.Model, text, answer.Start, answer.End, step ?? "logit"),
            Facts = [new("answer", answer.Text), .. double.IsNaN(answer.Probability) ? (Fact[])[] : [new Fact("probability", Numbers.Percent(answer.Probability))]],
            Marks = first.Text >= 0 ? [new(first.Text, first.Start, last.End)] : [],
        };
    }

    /// <summary>Words behind masks.</summary>
    public static Subject Masked(LoadedModel loaded, ExplainedText text, string[] targets, string? step)
    {
        int[] masks = PredictCommand.Masks(loaded, text);
        Choice[][] rankings = Choices.Words(loaded, text, masks, 5);
        TokenTarget[] words = targets.Length == 0
            ? [.. masks.Select((position, i) => new TokenTarget(position, rankings[i][0].Id))]
            : [.. masks.SelectMany(position => targets.Select(target => new TokenTarget(position, Word(target, loaded.Tokenizer))))];
        return new()
        {
            Function = Targets.Words((ILanguageModel)loaded.Model, text, words, step ?? "logit"),
            Predictions = [.. rankings[0].Select(c => new Prediction(c.Label, c.Probability, words.Any(w => w.Id == c.Id)))],
        };
    }

    /// <summary>Labels of tokens: those that stand out from the most common one, or those asked for.</summary>
    public static Subject TokenLabels(LoadedModel loaded, ExplainedText text, string[] targets, string? step)
    {
        Choice[][] rankings = Choices.TokenLabels(loaded, text);
        int[] asked = [.. targets.Select(target => Label(target, loaded.Model.Info.Labels))];
        TokenTarget[] tokens = [.. Enumerable.Range(0, text.Tokens.Count).Where(i => !text.Tokens[i].IsSpecial)
            .Select(i => new TokenTarget(i, rankings[i][0].Id))
            .Where(t => asked.Length > 0 ? asked.Contains(t.Id) : loaded.Model.Info.Labels[t.Id] is not ("O" or "LABEL_0"))];
        return tokens.Length == 0
            ? throw new CommandException(ExitCode.Usage, $"target: no token got {(asked.Length > 0 ? "that label" : "a label besides O")}. 'vitrine predict' shows the labels of all tokens; name one with --target.")
            : new()
            {
                Function = Targets.TokenLabels(loaded.Model, text, tokens, step ?? "logit"),
                Labels = [.. tokens.Select(t => $"{Choices.TextBetween(text, t.Position, t.Position)}: {loaded.Model.Info.Labels[t.Id]}")],
            };
    }

    private static int Label(string target, IReadOnlyList<string> names)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (string.Equals(names[i], target, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }
        if (int.TryParse(target, NumberStyles.None, CultureInfo.InvariantCulture, out int id) && id < names.Count)
        {
            return id;
        }
        string hint = Nearest.To(target, names) is { } near ? $" Did you mean '{near}'?" : "";
        throw new CommandException(ExitCode.Usage, $"target: no such label; got '{target}'; expected one of {string.Join(", ", names)}, or 0 to {Number(names.Count - 1)}.{hint}");
    }

    private static int Word(string target, ITokenizer tokenizer) =>
        tokenizer.Vocabulary.IdOf(target) ?? tokenizer.Vocabulary.IdOf(target.ToLowerInvariant())
        ?? throw new CommandException(ExitCode.Usage, $"target: not one piece of the vocabulary; got '{target}', which is {string.Join(" + ", tokenizer.Encode(target, special: false).Pieces)}; expected a single piece.");

    private static AnswerSpan Find(ExplainedText text, string answer)
    {
        int at = text.Texts.Count > 1 ? text.Texts[1].IndexOf(answer, StringComparison.OrdinalIgnoreCase) : -1;
        int[] inside = [.. Enumerable.Range(0, text.Tokens.Count).Where(i => at >= 0 && text.Tokens[i] is { Text: 1 } t && t.Start < at + answer.Length && at < t.End)];
        return inside is [var first, ..]
            ? new(first, inside[^1], Choices.TextBetween(text, first, inside[^1]), double.NaN)
            : throw new CommandException(ExitCode.Usage, $"target: the context does not contain it; got '{answer}'; expected words of the context.");
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
