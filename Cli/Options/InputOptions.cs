using System.CommandLine;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary>What a model reads: a text, a pair of texts, or bare token ids, within the model's limits.</summary>
internal sealed class InputOptions
{
    /// <summary>The text.</summary>
    public TextSource Text { get; } = new();

    private readonly Option<string?> _context = Declare.Value<string?>("--context", "text",
        "A second text: the context of a question, the second sentence of a pair. Of a model that writes: what its input is shown with and "
        + "without, to see what depends on it.");
    private readonly Option<string?> _contextFile = Declare.Value<string?>("--context-file", "path",
        "Read the second text from a UTF-8 file.");
    private readonly Option<string?> _ids = Declare.Value<string?>("--ids", "ids",
        "Token ids instead of a text, for models without a tokenizer: \"5 17 3\".");
    private readonly Option<bool> _truncate = Declare.Flag("--truncate",
        "Cut a text that is longer than the model can read, instead of refusing it.");
    private readonly Option<int?> _maxLength = Declare.Value<int?>("--max-length", "n",
        "Read at most so many tokens; a longer text is refused, cut with --truncate, or, the context of a question, read in windows. "
        + "Default: as many as the model can.");
    private readonly Option<double?> _nullThreshold = Declare.Value<double?>("--null-threshold", "x",
        "Of a reader: say that there is no answer where its score (start + end at [CLS]) is above that of the best span by more than this, "
        + "e.g. 0. Default: always answer.");
    private readonly Option<string[]> _choice = Declare.Values("--choice", "text",
        "An option of a multiple choice; give it once per option.");
    private readonly Option<string?> _task = Declare.Value<string?>("--task", "task",
        "zero-shot: labels of your own (--labels), by a model of natural language inference. Default: the model's task.");

    private readonly Option<string?> _labels = Declare.Value<string?>("--labels", "a,b,c",
        "With --task zero-shot: the labels, with commas between them.");

    private readonly Option<string> _hypothesis = Declare.Value<string>("--hypothesis", "text",
        "With --task zero-shot: the sentence that stands for a label, {} in its place.", ZeroShot.Template);

    private readonly Option<bool> _anyLabels = Declare.Flag("--any-labels",
        "With --task zero-shot: labels do not compete; each is true or not by itself.");

    private readonly Option<int?> _stride = Declare.Value<int?>("--doc-stride", "n",
        "A context too long for a reader is read in windows that share so many tokens. Default: 128.");

    private readonly Option<bool> _chat = Declare.Flag("--chat",
        "The text is what a user says in a chat: write it as the model's chat template has it, up to the answer.");

    private readonly Option<string?> _system = Declare.Value<string?>("--system", "text", "With --chat: what the system says before.");

    /// <summary>All of them, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[]
    {
        Text.Text, Text.File, _context, _contextFile, _choice,
        _task, _labels, _hypothesis, _anyLabels, _ids,
        _truncate, _maxLength, _stride, _nullThreshold, _chat, _system,
    };

    /// <summary>Whether a command line has a text of its own.</summary>
    public bool HasText(ParseResult parsed) => (parsed.GetValue(Text.Text) ?? parsed.GetValue(Text.File)) is not null;

    /// <summary>A request with what a command line says the model reads.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="terminal">Where paths start, and standard input.</param>
    /// <param name="request">What is known already.</param>
    /// <param name="isOfRows">Whether rows have the texts.</param>
    /// <exception cref="CommandException">A text cannot be read.</exception>
    /// <exception cref="RequestException">A number is out of range.</exception>
    public T Apply<T>(ParseResult parsed, Terminal terminal, T request, bool isOfRows = false)
        where T : TextRequest
    {
        int[]? ids = parsed.GetValue(_ids) is { } given ? TokenIds.Parse(given) : null;
        return (T)(request with
        {
            Text = isOfRows || ids is not null ? null : Text.Read(parsed, terminal),
            Ids = ids,
            Context = (parsed.GetValue(_context), parsed.GetValue(_contextFile)) switch
            {
                (not null, not null) => throw new CommandException(ExitCode.Usage,
                    "context: two contexts; got --context and --context-file. Give one of them."),
                (var context, null) => context is null ? null : TextSource.Argued(context),
                (_, var file) => TextSource.ReadFile(file, terminal),
            },
            Choices = [.. (parsed.GetValue(_choice) ?? []).Select(TextSource.Argued)],
            Labels = Labels(parsed),
            Hypothesis = parsed.GetValue(_hypothesis) ?? ZeroShot.Template,
            AnyLabels = parsed.GetValue(_anyLabels),
            Truncate = parsed.GetValue(_truncate),
            MaxLength = parsed.GetValue(_maxLength),
            DocStride = parsed.GetValue(_stride),
            NullThreshold = parsed.GetValue(_nullThreshold),
            Chat = parsed.GetValue(_chat),
            System = parsed.GetValue(_system) is not { } system ? null : parsed.GetValue(_chat) ? TextSource.Argued(system)
                : throw new CommandException(ExitCode.Usage, "system: not in a chat; got --system without --chat. Add --chat."),
        });
    }

    private string[] Labels(ParseResult parsed)
    {
        const string ZeroShotTask = "zero-shot";
        string[] labels = Names.Of(parsed.GetValue(_labels));
        return parsed.GetValue(_task) switch
        {
            null or ZeroShotTask when labels.Length > 0 => labels,
            null => [],
            ZeroShotTask => throw new CommandException(ExitCode.Usage, "labels: missing; got --task zero-shot; expected --labels a,b,c."),
            var task => throw new CommandException(ExitCode.Usage, $"task: no such task; got '{task}'; expected zero-shot, or no --task."),
        };
    }
}
