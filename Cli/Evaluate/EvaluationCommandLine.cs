using System.CommandLine;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary>What <c>vitrine evaluate</c> and <c>vitrine report</c> share: a model, texts, methods, metrics, and where tables go.</summary>
/// <param name="terminal">Where everything stands.</param>
/// <param name="records">What a record of the CSV is.</param>
internal sealed class EvaluationCommandLine(Terminal terminal, string records)
{
    private readonly ModelSource _source = new();
    private readonly InputOptions _input = new();
    private readonly DataSource _data = new();
    private readonly SubjectOptions _subject = new();
    private readonly RequestOptions _request = new(terminal);
    private readonly EvaluateOptions _options = new();

    /// <summary>Where the results go.</summary>
    public TableOutput Output { get; } = new(records);

    /// <summary>Where every single number goes, for a command that has it.</summary>
    public Option<string?> Numbers { get; } = new("--output", "-o") { Description = "Write every number as JSONL, one line per row, method and metric (docs/JSON.md); run again after an interruption, it goes on. - for standard output, without the table.", HelpName = "file" };

    /// <summary>The command with all options.</summary>
    /// <param name="name">The word that is typed.</param>
    /// <param name="description">What it does.</param>
    /// <param name="examples">One command line per line.</param>
    /// <param name="own">Options that only this command has.</param>
    public Verb Verb(string name, string description, string examples, params ReadOnlySpan<Symbol> own) => new Verb(name, description, examples)
        .With(_input.Symbols).With(own).With(_data.Symbols).With(_subject.Symbols)
        .With(_request.Symbols).With(_options.Symbols).With(Output.Symbols).With(_source.Options);

    /// <summary>Measures every method on every text.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="what">What progress is called.</param>
    /// <param name="use">Given what the methods found on a text, and its row; nothing for a row of which an earlier run kept the numbers.</param>
    /// <param name="cancellation">Stops between methods and rows.</param>
    /// <param name="besides">Further options that change no number.</param>
    /// <exception cref="CommandException">Something is wrong with the options, or no text could be used.</exception>
    public Evaluated Run(ParseResult parsed, string what, Action<IReadOnlyList<AttributionResult>, DataRow> use, CancellationToken cancellation, params Symbol[] besides)
    {
        AttributionRequest asked = _request.Read(parsed, cancellation);
        IAttributionMethod[] methods = _request.ReadMethods(parsed) is { Length: > 0 } named ? named : EvaluateOptions.DefaultMethods;
        int limit = _options.Limit(parsed);
        _ = _options.Metrics(parsed, false);
        LoadedModel loaded = _source.Load(parsed, terminal);
        methods = OptionByOption.For(loaded.Model, methods);
        using MeasurementFile? file = parsed.GetValue(Numbers) is { } path ? Open(parsed, path, loaded.Folder, besides) : null;
        Scoreboard? board = null;
        var run = new RowRun(_data, _input, _subject, terminal, file);
        run.Each(parsed, loaded, line => EvaluateOptions.Score(line, _subject, asked), limit, what, (subject, row) =>
        {
            IReadOnlyList<bool[]>? rationale = RationaleReader.Read(row, subject.Function);
            board ??= new(methods.Select(m => m.Name), _options.Metrics(parsed, rationale is not null, row["gold_alignment"] is not null));
            Measured measured = board.Add(new Trial(subject.Function, asked) { Rationale = rationale, GoldAlignment = row["gold_alignment"] }, methods);
            file?.Add(row, board, measured);
            use([.. measured.Results.Select(subject.Label)], row);
        }, (kept, row) =>
        {
            board ??= new(methods.Select(m => m.Name), kept.Metrics.Select(Metrics.Get));
            board.Add(kept.Values);
            use([], row);
        }, cancellation);
        return new(loaded, board!, run.Skipped.Count, EvaluateOptions.Score(parsed, _subject, asked).Name ?? "contrast", asked);
    }

    private MeasurementFile Open(ParseResult parsed, string path, string folder, Symbol[] besides)
    {
        if (!_data.IsAsked(parsed))
        {
            throw new CommandException(ExitCode.Usage, "output: for data files only; got --output without --input. For one text there are --json and --csv-texts.");
        }
        string input = parsed.GetValue(_data.Input)!;
        return MeasurementFile.Open(path, DataRun.Header(
            MeasurementFile.Format, parsed, [Numbers, _data.Input, _source.Threads, _source.Profile, _source.Model, .. Output.Symbols, .. besides], folder, input == "-" ? null : terminal.Resolve(input)), terminal);
    }
}

/// <summary>What was measured.</summary>
/// <param name="Loaded">The model.</param>
/// <param name="Board">How the methods did.</param>
/// <param name="Skipped">How many rows could not be used.</param>
/// <param name="Score">The name of the explained number.</param>
/// <param name="Asked">The baseline, the seed.</param>
internal sealed record Evaluated(LoadedModel Loaded, Scoreboard Board, int Skipped, string Score, AttributionRequest Asked);
