using System.CommandLine;
using Vitrine.Tensors;

namespace Vitrine.Cli;

/// <summary>A row that could not be used, and why.</summary>
/// <param name="Row">Which row, from 1.</param>
/// <param name="Reason">Why.</param>
internal readonly record struct SkippedRow(long Row, string Reason);

/// <summary>The rows of a command line, each made into a subject; those that cannot be used are kept with the reason, and stop nothing.</summary>
internal sealed class RowRun(DataSource data, InputOptions input, SubjectOptions subject, Terminal terminal, MeasurementFile? file)
{
    private readonly List<SkippedRow> _skipped = [];

    /// <summary>What could not be used.</summary>
    public IReadOnlyList<SkippedRow> Skipped => _skipped;

    /// <summary>Does something with every row, or with the one text of a command line without <c>--input</c>.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="loaded">The model.</param>
    /// <param name="score">Which number a command line explains.</param>
    /// <param name="limit">How many rows at most.</param>
    /// <param name="what">What progress is called.</param>
    /// <param name="use">Given the subject and its row; a <see cref="VitrineException"/> skips the row.</param>
    /// <param name="recall">Given what an earlier run found, and its row.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <exception cref="CommandException">No row could be used; the message has the first reason.</exception>
    public void Each(
        ParseResult parsed, LoadedModel loaded, Func<ParseResult, StepChoice.Chosen> score, int limit, string what,
        Action<Subject, DataRow> use, Action<KeptRow, DataRow> recall, CancellationToken cancellation)
    {
        using var progress = ProgressLine.Start(what, terminal);
        if (!data.IsAsked(parsed))
        {
            use(SubjectFinder.Find(parsed, loaded, input, subject, score(parsed), terminal, cancellation), new DataRow(1, 1));
            return;
        }
        int used = 0;
        Symbol[] own = [.. data.Symbols];
        using OpenRows open = data.Open(parsed, terminal);
        foreach (DataRow row in open.Rows)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                KeptRow? kept = file?.Next(row);
                if (kept is null)
                {
                    ParseResult line = RowArguments.Parse(parsed, own, row);
                    use(SubjectFinder.Find(line, loaded, input, subject, score(line), RowArguments.Terminal(terminal, row), cancellation), row);
                }
                else if (kept.Error is null)
                {
                    recall(kept, row);
                }
                else
                {
                    _skipped.Add(new(row.Number, kept.Error));
                }
                used += kept?.Error is null ? 1 : 0;
            }
            catch (VitrineException e) when (e is not DeviceException and not CommandException { Code: ExitCode.Output })
            {
                _skipped.Add(new(row.Number, Failure.Of(e).Line));
                file?.Refuse(row, _skipped[^1].Reason);
            }
            progress.Report(limit < int.MaxValue ? new(used, limit) : new((int)(1000 * (open.Share ?? 0)), 1000));
            if (used >= limit)
            {
                break;
            }
        }
        if (used == 0)
        {
            throw new CommandException(ExitCode.Input, _skipped is [var first, ..]
                ? FormattableString.Invariant($"input: no row could be used; got {_skipped.Count}, the first (row {first.Row}) because: {first.Reason}")
                : "input: no rows; got an empty file; expected at least one row.");
        }
        foreach (SkippedRow row in _skipped.Take(3))
        {
            terminal.Error.WriteLine(FormattableString.Invariant($"vitrine: row {row.Row} skipped: {row.Reason}"));
        }
        if (_skipped.Count > 3)
        {
            terminal.Error.WriteLine(FormattableString.Invariant($"vitrine: {_skipped.Count - 3} more rows skipped."));
        }
    }
}
