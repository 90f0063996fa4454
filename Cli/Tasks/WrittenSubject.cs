using System.CommandLine;
using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary>A text that a model writes, or is made to write: every token of it is a target, explained in one teacher-forced pass.</summary>
internal static class WrittenSubject
{
    /// <summary>Reads the text, lets the model write unless the command line says what, and builds the subject.</summary>
    public static Subject Find(ParseResult parsed, LoadedModel loaded, InputOptions input, SubjectOptions options, Terminal terminal, CancellationToken cancellation)
    {
        IGenerator model = Written.Generator(loaded);
        bool isTranslation = model.Info.Task == ModelTask.SequenceToSequence;
        int[]? forced = Forced(parsed, loaded, options);
        GenerationOptions writing = options.Writing.Options(parsed, model);
        ExplainedText given = input.Read(parsed, loaded, terminal, reserve: isTranslation ? 0 : forced?.Length - 1 ?? writing.MaxNewTokens);
        return Of(loaded, given, forced, parsed.GetValue(options.Targets) ?? [], parsed.GetValue(options.Step), writing, terminal, cancellation);
    }

    /// <summary>Lets the model write unless it is told what, and builds the subject.</summary>
    public static Subject Of(
        LoadedModel loaded, ExplainedText given, int[]? forced, string[] targets, string? step, GenerationOptions writing, Terminal terminal, CancellationToken cancellation)
    {
        IGenerator model = Written.Generator(loaded);
        int[] ids = forced ?? [.. Written.By(loaded, given, writing, terminal, cancellation).Tokens];
        if (ids.Length == 0)
        {
            throw new CommandException(ExitCode.Input, "text: the model wrote nothing; got the end of the text at once. Give the text to explain with --forced.");
        }
        int[] numbers = Numbers(targets, ids.Length);
        step ??= "probability";
        return model.Info.Task == ModelTask.SequenceToSequence ? Translation(model, given, ids, numbers, step) : Continuation(model, given, ids, numbers, step);
    }

    private static Subject Continuation(IGenerator model, ExplainedText prompt, int[] ids, int[] numbers, string step)
    {
        InputToken[] written = Spelling.Place(ids, Written.Tokenizer(model), prompt.Texts.Count, out string whole);
        string[] surfaces = Spelling.Surfaces(written, whole);
        ExplainedText text = prompt with
        {
            Tokens = [.. prompt.Tokens, .. written.SkipLast(1)], // nobody reads the last token
            Texts = whole.Length > 0 ? [.. prompt.Texts, whole] : prompt.Texts,
            Types = null,
        };
        int given = prompt.Tokens.Count;
        return new()
        {
            Function = Targets.Words(model, text, [.. numbers.Select(n => new TokenTarget(given - 1 + n, ids[n]))], step, given),
            Facts = whole.Length > 0 ? [new("continuation", whole.Trim())] : [],
            Labels = [.. numbers.Select(n => surfaces[n])],
        };
    }

    private static Subject Translation(IGenerator model, ExplainedText source, int[] ids, int[] numbers, string step)
    {
        int start = model.Info.DecoderStartId ?? throw new CommandException(ExitCode.Model, "model: config.json names no decoder_start_token_id; expected one in an encoder–decoder.");
        InputToken[] written = Spelling.Place(ids, Written.Tokenizer(model), 0, out string whole);
        string[] surfaces = Spelling.Surfaces(written, whole);
        var prefix = new ExplainedText
        {
            Tokens = [Spelling.Special(start, model.Tokenizer), .. written.SkipLast(1)],
            Texts = whole.Length > 0 ? [whole] : [],
        };
        return new()
        {
            Function = Targets.Translation(model, source, prefix, [.. numbers.Select(n => new TokenTarget(n, ids[n]))], step, TranslationSides.Both),
            Facts = whole.Length > 0 ? [new("translation", whole.Trim())] : [],
            Labels = [.. numbers.Select(n => surfaces[n])],
        };
    }

    private static int[]? Forced(ParseResult parsed, LoadedModel loaded, SubjectOptions options)
    {
        if (parsed.GetValue(options.ForcedIds) is { } ids)
        {
            return InputOptions.ParseIds(ids, loaded.Model);
        }
        return parsed.GetValue(options.Forced) is { } text ? Tokens(loaded, TextSource.Argued(text)) : null;
    }

    /// <summary>The tokens of a text that the model shall write.</summary>
    /// <exception cref="CommandException">There are none.</exception>
    public static int[] Tokens(LoadedModel loaded, string text)
    {
        bool isTranslation = loaded.Model.Info.Task == ModelTask.SequenceToSequence;
        ITokenizer tokenizer = Written.Tokenizer(loaded.Model) ?? loaded.Tokenizer;
        int[] tokens = tokenizer.Encode(text, special: isTranslation).Ids;
        return tokens.Length > 0 ? tokens : throw new CommandException(ExitCode.Input, "forced: empty; got no token; expected the text that the model shall write.");
    }

    // Which of the written tokens are targets: all, or the numbers that were named.
    private static int[] Numbers(string[] targets, int count) => targets is [] or ["all"] ? [.. Enumerable.Range(0, count)] : [.. targets.Select(target =>
        int.TryParse(target, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n < count ? n : throw new CommandException(
            ExitCode.Usage, string.Create(CultureInfo.InvariantCulture, $"target: not a written token; got '{target}'; expected 0 to {count - 1}, or 'all'.")))];
}
