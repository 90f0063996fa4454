using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>A text that a model writes, or is made to write: every token of it is a target, explained in one teacher-forced pass.</summary>
internal static class WrittenSubject
{
    /// <summary>Reads the text, lets the model write unless the request says what, and builds the subject.</summary>
    public static Subject Find(LoadedModel loaded, ExplainRequest request, ScoreChoice score, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        IGenerator model = Writing.Generator(loaded);
        bool isTranslation = model.Info.Task == ModelTask.SequenceToSequence;
        int[]? forced = Forced(loaded, request);
        GenerationOptions writing = Languages.Options(loaded, request, Writing.Options(request, model));
        ExplainedText given = Read(null);
        int[] ids = forced ?? [.. Writing.By(loaded, given, writing, progress, cancellation).Tokens];
        if (ids.Length == 0)
        {
            throw new RequestException(Fault.Text, "text: the model wrote nothing; got the end of the text at once. Give the text to explain as Forced (--forced).");
        }
        int[] numbers = Numbers(request.Targets, ids.Length);
        int[]? foils = null;
        if (score.Contrast is { } contrast)
        {
            foils = score.AreIds ? InputReader.ParseIds(contrast, loaded.Model) : Tokens(loaded, Apart(contrast, ids, model));
            int?[] against = ContrastAlignment.Parse(score.Alignment, ids, foils);
            numbers = [.. numbers.Where(n => against[n] is { } at && foils[at] != ids[n])];
            foils = numbers.Length > 0 ? [.. numbers.Select(n => foils[against[n]!.Value])] : throw new RequestException(
                Fault.Text, "contrast: no token differs; got the text that is explained; expected another continuation.");
        }
        return isTranslation
            ? Translation(model, writing.DecoderStartId, given, ids, numbers, foils, score, Read)
            : Continuation(model, given, ids, numbers, foils, score, Read);

        ExplainedText Read(string? instead) =>
            Languages.Read(loaded, request, isTranslation ? 0 : forced?.Length - 1 ?? writing.MaxNewTokens, instead);
    }

    private static Subject Continuation(IGenerator model, ExplainedText prompt, int[] ids, int[] numbers, int[]? foils, ScoreChoice score, Func<string, ExplainedText> read)
    {
        InputToken[] written = Spelling.Place(ids, LoadedModel.TokenizerOfWritten(model), prompt.Texts.Count, out string whole);
        return new()
        {
            Function = score.Build("probability", step => After(prompt, step), foils, (other, step) => After(read(other), step)),
            Facts = whole.Length > 0 ? [new("continuation", whole.Trim())] : [],
            Labels = Labels(model, written, whole, numbers, foils, score),
        };

        ScoreFunction After(ExplainedText given, StepOptions step) => Targets.Words(
            model,
            given with
            {
                Tokens = [.. given.Tokens, .. written.SkipLast(1).Select(token => token with { Text = token.Text < 0 ? -1 : given.Texts.Count })], // nobody reads the last token
                Texts = whole.Length > 0 ? [.. given.Texts, whole] : given.Texts,
                Types = null,
            },
            [.. numbers.Select(n => new TokenTarget(given.Tokens.Count - 1 + n, ids[n]))],
            step,
            given.Tokens.Count);
    }

    private static Subject Translation(
        IGenerator model, int? first, ExplainedText source,
        int[] ids, int[] numbers, int[]? foils, ScoreChoice score, Func<string, ExplainedText> read)
    {
        int start = first ?? model.Info.DecoderStartId ?? throw new RequestException(
            Fault.Model, "model: config.json names no decoder_start_token_id; expected one in an encoder–decoder.");
        InputToken[] written = Spelling.Place(ids, LoadedModel.TokenizerOfWritten(model), 0, out string whole);
        var prefix = new ExplainedText
        {
            Tokens = [Spelling.Special(start, model.Tokenizer), .. written.SkipLast(1)],
            Texts = whole.Length > 0 ? [whole] : [],
        };
        return new()
        {
            Function = score.Build("probability", step => Of(source, step), foils, (other, step) => Of(read(other), step)),
            Facts = whole.Length > 0 ? [new("translation", whole.Trim())] : [],
            Labels = Labels(model, written, whole, numbers, foils, score),
        };

        ScoreFunction Of(ExplainedText from, StepOptions step) => Targets.Translation(model, from, prefix, [.. numbers.Select(n => new TokenTarget(n, ids[n]))], step, score.Sides ?? TranslationSides.Both);
    }

    private static string[] Labels(IGenerator model, InputToken[] written, string whole, int[] numbers, int[]? foils, ScoreChoice score)
    {
        if (score.IsSequence)
        {
            return whole.Length > 0 ? [whole.Trim()] : [];
        }
        string[] surfaces = Spelling.Surfaces(written, whole);
        string[] names = [.. numbers.Select(n => surfaces[n])];
        return foils is null ? names : [.. names.Select((name, i) => Subject.Against(name, Spelling.Of(foils[i], LoadedModel.TokenizerOfWritten(model))))];
    }

    // The other continuation begins with a space where the text does, whoever types it.
    private static string Apart(string text, int[] ids, IGenerator model) =>
        model.Info.Task == ModelTask.CausalLanguageModel && model.Tokenizer?.Decode(ids) is [' ', ..] && text is not [' ', ..] ? " " + text : text;

    /// <summary>What the model is made to write; null when it may choose.</summary>
    public static int[]? Forced(LoadedModel loaded, ExplainRequest request) =>
        request.ForcedIds is { } ids ? InputReader.Known(ids, loaded.Model) : request.Forced is { } text ? Tokens(loaded, text) : null;

    /// <summary>The tokens of a text that the model shall write.</summary>
    /// <exception cref="RequestException">There are none.</exception>
    public static int[] Tokens(LoadedModel loaded, string text)
    {
        bool isTranslation = loaded.Model.Info.Task == ModelTask.SequenceToSequence;
        ITokenizer tokenizer = loaded.Written ?? loaded.Tokenizer;
        int[] tokens = tokenizer.Encode(text, special: isTranslation).Ids;
        return tokens.Length > 0 ? tokens : throw new RequestException(Fault.Text, "forced: empty; got no token; expected the text that the model shall write.");
    }

    // Which of the written tokens are targets: all, or the numbers that were named.
    private static int[] Numbers(IReadOnlyList<string> targets, int count) => targets is [] or ["all"] ? [.. Enumerable.Range(0, count)] : [.. targets.Select(target =>
        int.TryParse(target, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n < count ? n : throw new RequestException(
            Fault.Request, string.Create(CultureInfo.InvariantCulture, $"target: not a written token; got '{target}'; expected 0 to {count - 1}, or 'all'.")))];
}
