using System.CommandLine;

namespace Vitrine.Cli;

/// <summary>What <c>vitrine evaluate</c> and <c>vitrine report</c> share: a model, texts, methods, metrics, and where tables go.</summary>
/// <param name="terminal">Where everything stands.</param>
/// <param name="records">What a record of the CSV is.</param>
internal sealed class EvaluateOptions(Terminal terminal, string records)
{
    private readonly ModelSource _source = new();
    private readonly InputOptions _input = new();
    private readonly DataOptions _data = new();
    private readonly SubjectOptions _subject = new();
    private readonly MethodOptions _methods = new(terminal);

    private readonly Option<string[]> _metrics = Declare.Values("--metric", "name",
        "Metric; repeatable, or several with commas, or 'all' (docs/METRICS.md). Default: "
        + string.Join(", ", EvaluateRequest.DefaultMetrics)
        + "; plausibility too where rows have a rationale, alignment_error_rate where they have a gold_alignment.");

    private readonly Option<int?> _limit = Declare.Value<int?>("--limit", "n", "Stop after so many rows.");

    /// <summary>Where the results go.</summary>
    public TableOutput Output { get; } = new(records);

    /// <summary>The command with all options.</summary>
    /// <param name="name">The word that is typed.</param>
    /// <param name="description">What it does.</param>
    /// <param name="examples">One command line per line.</param>
    /// <param name="own">Options that only this command has.</param>
    public Verb Verb(string name, string description, string examples, params Symbol[] own) =>
        new Verb(name, description, examples)
        .With("What the model reads", _input.Symbols).With("Many texts", _data.Symbols).With("Many texts", _limit)
            .With("What is explained", _subject.Symbols)
        .With("How a model writes", own.Any(symbol => symbol.Name == "--from")
            ? _subject.Writing.WithoutLanguages : _subject.Writing.Symbols)
        .With("Methods and their parameters", _methods.Symbols)
            .With("What is measured", _metrics)
        .With("Where results go", own).With("Where results go", Output.Symbols).With("The model", _source.Options)
        .Shows("--model", "--input", "--columns", "--limit", "--context", "--target", "--method", "--metric", "--baseline", "--html",
            "--markdown", "--json", "--csv", "--device");

    /// <summary>Whether a command line asks for rows and not for one text.</summary>
    public bool IsOfRows(ParseResult parsed) => _data.IsAsked(parsed, _input);

    /// <summary>Opens the rows.</summary>
    /// <exception cref="CommandException">An option cannot be understood, or the file cannot be read.</exception>
    public DataFile Rows(ParseResult parsed) => _data.Open(parsed, terminal);

    /// <summary>The request of a command line.</summary>
    /// <exception cref="Tensors.VitrineException">Something is wrong with the options.</exception>
    public EvaluateRequest Request(ParseResult parsed)
    {
        EvaluateRequest request =
            _methods.Apply(parsed, _subject.Apply(parsed, _input.Apply(parsed, terminal, new EvaluateRequest(), IsOfRows(parsed))));
        request = request with
        {
            Metrics = Names.Of(parsed.GetValue(_metrics)),
            Limit = parsed.GetValue(_limit),
        };
        request.Check();
        return request;
    }

    /// <summary>Loads the model.</summary>
    /// <exception cref="RequestException">It cannot be loaded.</exception>
    public Explainer Load(ParseResult parsed) => _source.Load(parsed, terminal);

    /// <summary>Says which rows were skipped, the first of them with the reason.</summary>
    public void Tell(IReadOnlyList<SkippedRow> skipped)
    {
        foreach (SkippedRow row in skipped.Take(3))
        {
            terminal.Error.WriteLine(FormattableString.Invariant($"vitrine: row {row.Row} skipped: {Viz.Markup.Visible(row.Reason)}"));
        }
        if (skipped.Count > 3)
        {
            terminal.Error.WriteLine(FormattableString.Invariant($"vitrine: {skipped.Count - 3} more rows skipped."));
        }
    }
}
