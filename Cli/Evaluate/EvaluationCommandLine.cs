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

    /// <summary>The command with all options.</summary>
    /// <param name="name">The word that is typed.</param>
    /// <param name="description">What it does.</param>
    /// <param name="examples">One command line per line.</param>
    /// <param name="own">Options that only this command has.</param>
    public Verb Verb(string name, string description, string examples, params ReadOnlySpan<Symbol> own) => new Verb(name, description, examples)
        .With(_input.Text.Text, _input.Text.File, _input.Context, _input.Truncate).With(own).With(_data.Symbols).With(_subject.Symbols)
        .With(_request.Symbols).With(_options.Symbols).With(Output.Symbols).With(_source.Options);

    /// <summary>Measures every method on every text.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="what">What progress is called.</param>
    /// <param name="use">Given what the methods found on a text, and its row.</param>
    /// <param name="cancellation">Stops between methods and rows.</param>
    /// <exception cref="CommandException">Something is wrong with the options, or no text could be used.</exception>
    public Evaluated Run(ParseResult parsed, string what, Action<AttributionResult[], DataRow> use, CancellationToken cancellation)
    {
        AttributionRequest asked = _request.Read(parsed, cancellation);
        IAttributionMethod[] methods = _request.ReadMethods(parsed) is { Length: > 0 } named ? named : EvaluateOptions.DefaultMethods;
        int limit = _options.Limit(parsed);
        _ = _options.Metrics(parsed, false);
        LoadedModel loaded = _source.Load(parsed, terminal);
        StepChoice.Chosen score = EvaluateOptions.Score(parsed, _subject, asked);
        Scoreboard? board = null;
        var run = new RowRun(_data, _input, _subject, terminal);
        run.Each(parsed, loaded, score, limit, what, (subject, row) =>
        {
            IReadOnlyList<bool[]>? rationale = RationaleReader.Read(row, subject.Function);
            board ??= new(methods.Select(m => m.Name), _options.Metrics(parsed, rationale is not null, row["gold_alignment"] is not null));
            use([.. board.Add(new Trial(subject.Function, asked) { Rationale = rationale, GoldAlignment = row["gold_alignment"] }, methods).Select(subject.Label)], row);
        }, cancellation);
        return new(loaded, board!, run.Skipped.Count, score.Name ?? "contrast", asked);
    }
}

/// <summary>What was measured.</summary>
/// <param name="Loaded">The model.</param>
/// <param name="Board">How the methods did.</param>
/// <param name="Skipped">How many rows could not be used.</param>
/// <param name="Score">The name of the explained number.</param>
/// <param name="Asked">The baseline, the seed.</param>
internal sealed record Evaluated(LoadedModel Loaded, Scoreboard Board, int Skipped, string Score, AttributionRequest Asked);
