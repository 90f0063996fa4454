using System.CommandLine;
using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary>What a model reads: a text, a pair of texts, or bare token ids, within the model's limits.</summary>
internal sealed class InputOptions
{
    /// <summary>The text.</summary>
    public TextSource Text { get; } = new();

    /// <summary>A second text.</summary>
    public Option<string?> Context { get; } = new("--context") { Description = "A second text: the context of a question, the second sentence of a pair. Of a model that writes: what its input is shown with and without, to see what depends on it.", HelpName = "text" };

    /// <summary>The second text in a file.</summary>
    public Option<string?> ContextFile { get; } = new("--context-file") { Description = "Read the second text from a UTF-8 file.", HelpName = "path" };

    /// <summary>Token ids instead of a text.</summary>
    public Option<string?> Ids { get; } = new("--ids") { Description = "Token ids instead of a text, for models without a tokenizer: \"5 17 3\".", HelpName = "ids" };

    /// <summary>Whether a text may be cut.</summary>
    public Option<bool> Truncate { get; } = new("--truncate") { Description = "Cut a text that is longer than the model can read, instead of refusing it." };

    /// <summary>How much is read at most.</summary>
    public Option<int?> MaxLength { get; } = new("--max-length") { Description = "Read at most so many tokens; a longer text is refused, cut with --truncate, or, the context of a question, read in windows. Default: as many as the model can.", HelpName = "n" };

    /// <summary>When a reader's answer is none.</summary>
    public Option<double?> NullThreshold { get; } = new("--null-threshold") { Description = "Of a reader: say that there is no answer where its score (start + end at [CLS]) is above that of the best span by more than this, e.g. 0. Default: always answer.", HelpName = "x" };

    /// <summary>The options of a multiple choice.</summary>
    public Option<string[]> Choice { get; } = new("--choice") { Description = "An option of a multiple choice; give it once per option.", HelpName = "text", Arity = ArgumentArity.ZeroOrMore };

    /// <summary>How windows of a long context overlap.</summary>
    public Option<int?> Stride { get; } = new("--doc-stride") { Description = "A context too long for a reader is read in windows that share so many tokens. Default: 128.", HelpName = "n" };

    /// <summary>All of them, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { Text.Text, Text.File, Context, ContextFile, Choice, Ids, Truncate, MaxLength, Stride, NullThreshold };

    /// <summary>What the model reads for each option of a multiple choice: the text and the option.</summary>
    /// <exception cref="CommandException">There are fewer than two options, or a text cannot be used.</exception>
    public ExplainedText[] ReadChoices(ParseResult parsed, LoadedModel loaded, Terminal terminal)
    {
        string[] choices = parsed.GetValue(Choice) ?? [];
        if (choices.Length < 2)
        {
            throw new CommandException(ExitCode.Input, $"choice: nothing to choose from; got {Number(choices.Length)} options; expected --choice at least twice.");
        }
        string text = Text.Read(parsed, terminal);
        return [.. choices.Select(choice => Prepare(loaded, text, choice, Limit(parsed)))];
    }

    /// <summary>Reads and tokenizes what a command line means.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="loaded">The model.</param>
    /// <param name="terminal">Where paths start, and standard input.</param>
    /// <param name="reserve">Positions to keep free for tokens that follow.</param>
    /// <param name="instead">Stands for the text, or the ids, of the command line.</param>
    /// <exception cref="CommandException">The text cannot be used; the message says why.</exception>
    public ExplainedText Read(ParseResult parsed, LoadedModel loaded, Terminal terminal, int reserve = 0, string? instead = null)
    {
        return parsed.GetValue(Ids) is { } ids
            ? OfIds(instead ?? ids, loaded, Limit(parsed), reserve)
            : Prepare(loaded, instead is null ? Text.Read(parsed, terminal) : TextSource.Argued(instead), Second(parsed, terminal), Limit(parsed), reserve);
    }

    /// <summary>Question and context as a reader reads them: in one window, or in several where the context is too long.</summary>
    /// <exception cref="CommandException">The text cannot be used; the message says why.</exception>
    public IReadOnlyList<ExplainedText> ReadWindows(ParseResult parsed, LoadedModel loaded, Terminal terminal) => parsed.GetValue(Ids) is { } ids
        ? [OfIds(ids, loaded, Limit(parsed), 0)]
        : Windows(loaded, Text.Read(parsed, terminal), Second(parsed, terminal), Limit(parsed), 0);

    /// <summary>How much a command line lets a model read.</summary>
    /// <exception cref="CommandException">A number is out of range.</exception>
    public InputLimit Limit(ParseResult parsed) => new(
        parsed.GetValue(Truncate), parsed.GetValue(MaxLength) is { } length ? PredictCommand.Positive(length, "max-length") : null, parsed.GetValue(Stride));

    /// <summary>Reads the text, or the ids, without the second text.</summary>
    /// <exception cref="CommandException">The text cannot be used; the message says why.</exception>
    public ExplainedText ReadAlone(ParseResult parsed, LoadedModel loaded, Terminal terminal, int reserve) => parsed.GetValue(Ids) is not null
        ? Read(parsed, loaded, terminal, reserve)
        : Prepare(loaded, Text.Read(parsed, terminal), null, Limit(parsed), reserve);

    /// <summary>Tokenizes a text, or a pair of texts, within the model's limits.</summary>
    /// <param name="loaded">The model.</param>
    /// <param name="first">The text.</param>
    /// <param name="second">The context of a question, the second sentence of a pair.</param>
    /// <param name="limit">How much is read.</param>
    /// <param name="reserve">Positions to keep free for tokens that follow.</param>
    /// <exception cref="CommandException">The text cannot be used; the message says why.</exception>
    public static ExplainedText Prepare(LoadedModel loaded, string first, string? second, InputLimit limit, int reserve = 0) => AnswerWindows.Best(loaded, Windows(loaded, first, second, limit, reserve));

    private static IReadOnlyList<ExplainedText> Windows(LoadedModel loaded, string first, string? second, InputLimit limit, int reserve)
    {
        bool isQuestion = loaded.Model.Info.Task == ModelTask.QuestionAnswering;
        if (isQuestion && string.IsNullOrWhiteSpace(second))
        {
            throw new CommandException(ExitCode.Input, "context: missing; got a question alone. Give the text that holds the answer with --context or --context-file.");
        }
        Encoding encoding = second is null ? loaded.Tokenizer.Encode(first) : loaded.Tokenizer.Encode(first, second);
        if (isQuestion && !limit.Cut && encoding.Count > limit.Of(loaded))
        {
            return AnswerWindows.Of(Known(ExplainedText.Of(encoding), loaded), limit.Of(loaded), limit.Stride);
        }
        return encoding.SpecialMask.Any(special => !special)
            ? [Known(ExplainedText.Of(Fit(encoding, limit.Of(loaded, reserve), limit.Cut)), loaded)]
            : throw new CommandException(ExitCode.Input, "text: empty; got characters that the tokenizer drops, and no other; expected at least one word.");
    }

    private static ExplainedText OfIds(string ids, LoadedModel loaded, InputLimit limit, int reserve) =>
        Known(Fit(ExplainedText.Of(ParseIds(ids, loaded.Model), loaded.Model.Tokenizer), limit.Of(loaded, reserve), limit.Cut), loaded);

    private static ExplainedText Known(ExplainedText text, LoadedModel loaded)
    {
        int beyond = text.Tokens.Select(t => t.Id).FirstOrDefault(id => id >= loaded.Model.Info.VocabSize, -1);
        return beyond < 0 ? text : throw new CommandException(
            ExitCode.Model, $"model: the tokenizer does not fit the model; got token id {Number(beyond)}; expected 0 to {Number(loaded.Model.Info.VocabSize - 1)}. Check that both files belong together.");
    }

    /// <summary>The second text; null when there is none.</summary>
    /// <exception cref="CommandException">There are two.</exception>
    public string? Second(ParseResult parsed, Terminal terminal) => (parsed.GetValue(Context), parsed.GetValue(ContextFile)) switch
    {
        (not null, not null) => throw new CommandException(ExitCode.Usage, "context: two contexts; got --context and --context-file. Give one of them."),
        (var given, null) => given is null ? null : TextSource.Argued(given),
        (_, var file) => TextSource.ReadFile(file, terminal),
    };

    /// <summary>Token ids with spaces or commas between them.</summary>
    /// <exception cref="CommandException">There are none, or one is not an id of the model.</exception>
    public static int[] ParseIds(string text, ITransformer model)
    {
        string[] parts = text.Split([' ', ',', ';', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);
        int[] ids = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out ids[i]) || ids[i] < 0 || ids[i] >= model.Info.VocabSize)
            {
                throw new CommandException(ExitCode.Input, $"ids: not a token of this model; got '{parts[i]}' at position {Number(i)}; expected 0 to {Number(model.Info.VocabSize - 1)}.");
            }
        }
        return ids.Length > 0 ? ids : throw new CommandException(ExitCode.Input, "ids: empty; got no number; expected ids with spaces or commas between them.");
    }

    private static Encoding Fit(Encoding encoding, int limit, bool cut) =>
        encoding.Count <= limit ? encoding : cut ? encoding.Truncate(limit) : throw TooLong(encoding.Count, limit);

    private static ExplainedText Fit(ExplainedText text, int limit, bool cut) =>
        text.Tokens.Count <= limit ? text : cut ? text with { Tokens = [.. text.Tokens.Take(limit)] } : throw TooLong(text.Tokens.Count, limit);

    private static CommandException TooLong(int tokens, int limit) => new(
        ExitCode.Input, $"text: too long; got {Number(tokens)} tokens; expected at most {Number(limit)}. Shorten it, or cut it with --truncate.");

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
