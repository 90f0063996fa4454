using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>From a model and a text to what is explained: one builder per task that reads a text and writes none.</summary>
internal static class Subjects
{
    /// <summary>Labels of a whole text.</summary>
    public static Subject Labels(LoadedModel loaded, ExplainedText text, IReadOnlyList<string> targets, ScoreChoice score, Func<string?,
        ExplainedText> read)
    {
        Choice[] ranking = Choices.Labels(loaded, text);
        IReadOnlyList<string> names = loaded.Model.Info.Labels;
        int[] ids = targets switch
        {
            [] when loaded.Model.Info.IsNumber => [.. ranking.Select(c => c.Id)],
            [] when loaded.Model.Info.IsMultiLabel && ranking.Count(c => c.Probability > 0.5) is > 0 and var certain =>
                [.. ranking.Take(certain).Select(c => c.Id)],
            [] => [ranking[0].Id],
            ["all"] => [.. Enumerable.Range(0, names.Count)],
            _ => [.. targets.Select(target => Label(target, names))],
        };
        int[]? foils = score.Contrast is { } contrast ? [.. ids.Select(_ => Label(contrast, names))] : null;
        return new()
        {
            Function = score.Build(
                "logit", step => Targets.Labels(loaded.Model, text, ids, step), foils, (other, step) =>
                    Targets.Labels(loaded.Model, read(other), ids, step)),
            Labels = foils is null ? [] : [.. ids.Select((id, i) => Subject.Against(names[id], names[foils[i]]))],
            Predictions = [.. ranking.Select(c => new Prediction(c.Label, c.Probability, ids.Contains(c.Id)) { Value = c.Value })],
        };
    }

    /// <summary>An option of a multiple choice: what makes it win over the best other, or over a named one.</summary>
    public static Subject Options(LoadedModel loaded, ExplainedText[] options, IReadOnlyList<string> targets, ScoreChoice score)
    {
        string[] names = [.. options.Select((option, i) => option.Texts.Count > 1 ? option.Texts[1] : Number(i))];
        Choice[] ranking = Choices.Options(loaded, options, names);
        int[] ids = targets switch
        {
            [] => [ranking[0].Id],
            ["all"] => [.. Enumerable.Range(0, names.Length)],
            _ => [.. targets.Select(target => Label(target, names))],
        };
        int[]? foils = score.Contrast is { } contrast ? [.. ids.Select(_ => Label(contrast, names))] : null;
        return new()
        {
            Function = score.Build(foils is null ? "margin" : "logit", step =>
                Targets.Options(loaded.Model, options, ids, step), foils, null),
            Labels = [.. ids.Select((id, i) => foils is null ? names[id] : Subject.Against(names[id], names[foils[i]]))],
            Predictions = [.. ranking.Select(c => new Prediction(c.Label, c.Probability, ids.Contains(c.Id)))],
        };
    }

    /// <summary>A label of the request's own: how far the text entails its hypothesis.</summary>
    public static Subject ZeroShotLabels(LoadedModel loaded, ExplainedText[] pairs, ExplainRequest request, ScoreChoice score)
    {
        Choice[] ranking = Choices.ZeroShotLabels(loaded, pairs, request);
        int[] ids = request.Targets switch
        {
            [] => [ranking[0].Id],
            ["all"] => [.. Enumerable.Range(0, pairs.Length)],
            _ => [.. request.Targets.Select(target => Label(target, request.Labels))],
        };
        int[]? foils = score.Contrast is { } contrast ? [.. ids.Select(_ => Label(contrast, request.Labels))] : null;
        return new()
        {
            Function = score.Build(
                "logit", step => Targets.ZeroShotLabels(loaded.Model, pairs, request.Labels, ids, request.AnyLabels, step), foils, null),
            Labels = [.. ids.Select((id, i) => foils is null
                ? request.Labels[id]
                : Subject.Against(request.Labels[id], request.Labels[foils[i]]))],
            Predictions = [.. ranking.Select(c => new Prediction(c.Label, c.Probability, ids.Contains(c.Id)))],
        };
    }

    /// <summary>Masked words.</summary>
    public static Subject Masked(LoadedModel loaded, ExplainedText text, IReadOnlyList<string> targets, ScoreChoice score, Func<string?,
        ExplainedText> read)
    {
        int[] masks = Choices.Masks(loaded, text);
        Choice[][] rankings = Choices.Words(loaded, text, masks, 5);
        TokenTarget[] words = targets.Count == 0
            ? [.. masks.Select((position, i) => new TokenTarget(position, rankings[i][0].Id))]
            : [.. masks.SelectMany(position => targets.Select(target => new TokenTarget(position, Word(target, loaded.Tokenizer))))];
        int[]? foils = score.Contrast is { } contrast ? [.. words.Select(_ => Word(contrast, loaded.Tokenizer))] : null;
        var model = (ILanguageModel)loaded.Model;
        return new()
        {
            Function = score.Build("logit", step => Targets.Words(model, text, words, step), foils, (other, step) =>
                Elsewhere(loaded, read(other), masks, words, step)),
            Labels = foils is null ? []
                : [.. words.Select((word, i) => Subject.Against(Spelling.Of(word.Id, loaded.Tokenizer),
                    Spelling.Of(foils[i], loaded.Tokenizer)))],
            Predictions = [.. rankings[0].Select(c => new Prediction(c.Label, c.Probability, words.Any(w => w.Id == c.Id)))],
        };
    }

    /// <summary>Labels of tokens: those that stand out from the most common one, or those asked for.</summary>
    public static Subject TokenLabels(LoadedModel loaded, ExplainedText text, IReadOnlyList<string> targets, ScoreChoice score,
        Func<string?, ExplainedText> read)
    {
        Choice[][] rankings = Choices.TokenLabels(loaded, text);
        int[] asked = [.. targets.Select(target => Label(target, loaded.Model.Info.Labels))];
        TokenTarget[] tokens = [.. Enumerable.Range(0, text.Tokens.Count).Where(i => !text.Tokens[i].IsSpecial)
            .Select(i => new TokenTarget(i, rankings[i][0].Id))
            .Where(t => asked.Length > 0 ? asked.Contains(t.Id) : loaded.Model.Info.Labels[t.Id] is not ("O" or "LABEL_0"))];
        IReadOnlyList<string> names = loaded.Model.Info.Labels;
        int[]? foils = score.Contrast is { } contrast ? [.. tokens.Select(_ => Label(contrast, names))] : null;
        return tokens.Length == 0
            ? throw new RequestException(Fault.Request,
                $"target: no token got {(asked.Length > 0 ? "that label" : "a label other than O")}. 'vitrine predict' shows the labels of "
                    + $"all tokens; name one with --target.")
            : new()
            {
                Function = score.Build(
                    "logit", step => Targets.TokenLabels(loaded.Model, text, tokens, step), foils, (other, step) =>
                        Targets.TokenLabels(loaded.Model, SameLength(read(other), text), tokens, step)),
                Labels = [.. tokens.Select((token, i) =>
                    $"{Choices.TextBetween(text, token.Position, token.Position)}: "
                        + $"{(foils is null ? names[token.Id] : Subject.Against(names[token.Id], names[foils[i]]))}")],
            };
    }

    /// <summary>The same words at the masks of another text.</summary>
    private static ScoreFunction Elsewhere(LoadedModel loaded, ExplainedText other, int[] masks, TokenTarget[] words, StepOptions step)
    {
        int[] theirs = Choices.Masks(loaded, other);
        return theirs.Length == masks.Length
            ? Targets.Words((ILanguageModel)loaded.Model, other,
                [.. words.Select(word => word with { Position = theirs[Array.IndexOf(masks, word.Position)] })], step)
            : throw new RequestException(Fault.Text,
                $"contrast-input: other masks; got {Number(theirs.Length)}; expected {Number(masks.Length)}, as in the text.");
    }

    private static ExplainedText SameLength(ExplainedText other, ExplainedText text) =>
        other.Tokens.Count == text.Tokens.Count ? other : throw new RequestException(
        Fault.Text, $"contrast-input: its tokens do not stand at the same places; got {Number(other.Tokens.Count)} tokens; expected "
            + $"{Number(text.Tokens.Count)}.");

    private static int Label(string target, IReadOnlyList<string> names)
    {
        // labels may differ in case alone
        foreach (StringComparison comparison in (StringComparison[])[StringComparison.Ordinal, StringComparison.OrdinalIgnoreCase])
        {
            int found = names.Index().FirstOrDefault(name => string.Equals(name.Item, target, comparison), (Index: -1, Item: "")).Index;
            if (found >= 0)
            {
                return found;
            }
        }
        if (int.TryParse(target, NumberStyles.None, CultureInfo.InvariantCulture, out int id) && id < names.Count)
        {
            return id;
        }
        throw new RequestException(Fault.Request,
            $"target: no such label; got '{target}'; expected one of {string.Join(", ", names)}, or 0 to "
                + $"{Number(names.Count - 1)}.{Nearest.Hint(target, names)}");
    }

    private static int Word(string target, ITokenizer tokenizer) =>
        tokenizer.Vocabulary.IdOf(target) ?? tokenizer.Vocabulary.IdOf(target.ToLowerInvariant())
        ?? throw new RequestException(Fault.Request,
            $"target: not one piece of the vocabulary; got '{target}', which is "
                + $"{string.Join(" + ", tokenizer.Encode(target, special: false).Pieces)}; expected a single piece.");

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
