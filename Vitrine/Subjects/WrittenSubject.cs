using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Transformers;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>A text that a model writes, or is made to write: every token of it is a target, explained in one teacher-forced pass.</summary>
internal static class WrittenSubject
{
    /// <summary>Reads the text, lets the model write unless the request says what, and builds the subject.</summary>
    public static Subject Find(LoadedModel loaded, ExplainRequest request, ScoreChoice score, IProgress<WorkProgress>? progress,
        CancellationToken cancellation)
    {
        IGenerator model = Writing.Generator(loaded);
        bool isTranslation = model.Info.Task == ModelTask.SequenceToSequence;
        int[]? forced = Forced(loaded, request);
        GenerationOptions writing = Languages.Options(loaded, request, Writing.Options(request, model));
        ExplainedText given = Read(null);
        int[] ids = forced ?? [.. Writing.By(loaded, given, writing, progress, cancellation).Tokens];
        if (ids.Length == 0)
        {
            throw new RequestException(Fault.Text,
                "text: the model wrote nothing; got the end of the text at once. Give the text to explain as Forced (--forced).");
        }
        int[] numbers = Numbers(request.Targets, ids.Length);
        int[]? foils = null;
        if (score.Contrast is { } contrast)
        {
            foils = score.AreIds ? InputReader.ParseIds(contrast, loaded.Model)
                : Tokens(loaded, Apart(contrast, ids, model), request.Notes);
            int?[] against = ContrastAlignment.Parse(score.Alignment, ids, foils);
            numbers = [.. numbers.Where(n => against[n] is { } at && foils[at] != ids[n])];
            foils = numbers.Length > 0 ? [.. numbers.Select(n => foils[against[n]!.Value])] : throw new RequestException(
                Fault.Text, "contrast: no token differs; got the text that is explained; expected another continuation.");
        }
        WrittenText written = WrittenText.Of(ids, loaded.Written);
        IReadOnlyList<string> surfaces = written.Surfaces;
        return new()
        {
            Function = score.Build(
                "probability", step => After(given, step), foils, (other, step) => After(Read(other), step)),
            Written = [.. ids.Select((id, i) => new WrittenPiece(id, surfaces[i]))],
            Facts = written.Text.Length > 0 ? [new(isTranslation ? "translation" : "continuation", written.Text.Trim())] : [],
            Labels = score.IsSequence ? (written.Text.Length > 0 ? [written.Text.Trim()] : [])
                : foils is null ? [] : [.. numbers.Select((n, i) =>
                    Subject.Against(surfaces[n], Spelling.Of(foils[i], loaded.Written)))],
        };

        ScoreFunction After(ExplainedText text, StepOptions step) =>
            written.Score(model, text, numbers, step, score.Sides ?? TranslationSides.Both, start: writing.DecoderStartId);

        ExplainedText Read(string? instead) =>
            Languages.Read(loaded, request, isTranslation ? 0 : forced?.Length - 1 ?? writing.MaxNewTokens, instead);
    }

    // The other continuation begins with a space where the text does, however it is typed.
    private static string Apart(string text, int[] ids, IGenerator model) =>
        model.Info.Task == ModelTask.CausalLanguageModel && model.Tokenizer?.Decode(ids) is [' ', ..] && text is not [' ', ..] ? " " + text
            : text;

    /// <summary>What the model is made to write; null when it may choose.</summary>
    public static int[]? Forced(LoadedModel loaded, ExplainRequest request) =>
        request.ForcedIds is { } ids ? InputReader.Known(ids, loaded.Model)
            : request.Forced is { } text ? Tokens(loaded, text, request.Notes) : null;

    /// <summary>The tokens of a text that the model shall write.</summary>
    /// <exception cref="RequestException">There are none.</exception>
    public static int[] Tokens(LoadedModel loaded, string text, ReadNotes? notes = null)
    {
        bool isTranslation = loaded.Model.Info.Task == ModelTask.SequenceToSequence;
        ITokenizer tokenizer = loaded.Written ?? loaded.Tokenizer;
        Encoding encoding = tokenizer.Encode(text, special: isTranslation);
        notes?.Add(encoding);
        return encoding.Count > 0 ? encoding.Ids : throw new RequestException(Fault.Text,
            "forced: empty; got no token; expected the text that the model shall write.");
    }

    // Which of the written tokens are targets: all, or the numbers that were named.
    private static int[] Numbers(IReadOnlyList<string> targets, int count) =>
        targets is [] or ["all"] ? [.. Enumerable.Range(0, count)] : [.. targets.Select(target =>
        int.TryParse(target, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n < count ? n : throw new RequestException(
            Fault.Request, string.Create(CultureInfo.InvariantCulture,
                $"target: not a written token; got '{target}'; expected 0 to {count - 1}, or 'all'.")))];
}
