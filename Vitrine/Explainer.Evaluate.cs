using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine;

public sealed partial class Explainer
{
    /// <summary>Measures which attribution method explains a text best.</summary>
    /// <param name="text">The text.</param>
    /// <param name="request">The methods and metrics; null: six of each.</param>
    /// <param name="progress">Told after every row, and within rows that take long.</param>
    /// <param name="cancellation">Stops between chunks of work.</param>
    /// <exception cref="Vitrine.Tensors.VitrineException">The request does not fit the model.</exception>
    public EvaluateResult Evaluate(string text, EvaluateRequest? request = null, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default) =>
        Evaluate((request ?? new()) with { Text = text }, progress, cancellation);

    /// <inheritdoc cref="Evaluate(string, EvaluateRequest?, IProgress{WorkProgress}?, CancellationToken)"/>
    public EvaluateResult Evaluate(EvaluateRequest request, IProgress<WorkProgress>? progress = null, CancellationToken cancellation =
        default)
    {
        List<(long Row, string? Id)> rows = [];
        return Evaluated(One(request, (_, row) => rows.Add((row.Number, row["id"])), progress, cancellation), rows);
    }

    /// <summary>Measures which attribution method explains the texts of a data file best.</summary>
    /// <param name="data">The rows; a column <c>rationale</c> holds the words that a person marked, <c>gold_alignment</c> a person's
    /// links.</param>
    /// <param name="request">The methods and metrics; a row's own columns are over it. Null: six of each.</param>
    /// <param name="numbers">Where every single number goes as JSON lines, which a later run goes on with; null: nowhere.</param>
    /// <param name="progress">Told after every row, and within rows that take long.</param>
    /// <param name="cancellation">Stops between chunks of work.</param>
    /// <exception cref="Vitrine.Tensors.VitrineException">The request is wrong, or no row could be used.</exception>
    public EvaluateResult Evaluate(
        DataFile data, EvaluateRequest? request = null, RowsOutput? numbers = null, IProgress<WorkProgress>? progress = null,
            CancellationToken cancellation = default)
    {
        List<(long Row, string? Id)> rows = [];
        return Evaluated(Each(data, request ?? new(), numbers, "evaluating", (_, row) =>
            rows.Add((row.Number, row["id"])), progress, cancellation), rows);
    }

    /// <summary>Explains the texts of a data file, and reports on all of them: words that matter, metrics, tested warnings.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="request">The methods and metrics; null: six of each.</param>
    /// <param name="keepResults">Whether every explanation is kept for <see cref="ReportResult.ToCsv"/>; else memory does not grow with
    /// the file.</param>
    /// <param name="progress">Told after every row, and within rows that take long.</param>
    /// <param name="cancellation">Stops between chunks of work.</param>
    /// <exception cref="Vitrine.Tensors.VitrineException">The request is wrong, or no row could be used.</exception>
    public ReportResult Report(
        DataFile data, EvaluateRequest? request = null, bool keepResults = false, IProgress<WorkProgress>? progress = null,
            CancellationToken cancellation = default)
    {
        var report = new ReportResult.Maker(this, keepResults);
        return report.Of(Each(data, request ?? new(), null, "explaining", report.Add, progress, cancellation));
    }

    /// <summary>The same of one text.</summary>
    /// <param name="request">The text, the methods and metrics.</param>
    /// <param name="progress">Told after every row, and within rows that take long.</param>
    /// <param name="cancellation">Stops between chunks of work.</param>
    /// <exception cref="Vitrine.Tensors.VitrineException">The request does not fit the model.</exception>
    public ReportResult Report(EvaluateRequest request, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        var report = new ReportResult.Maker(this, keepResults: true);
        return report.Of(One(request, report.Add, progress, cancellation));
    }

    private EvaluationRun One(EvaluateRequest request, Action<IReadOnlyList<AttributionResult>, DataRow> use,
        IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Check();
        using Turn.Scope turn = Enter();
        var run = new EvaluationRun(_loaded, request, null, progress, cancellation);
        run.One(use);
        return run;
    }

    private EvaluationRun Each(
        DataFile data, EvaluateRequest request, RowsOutput? numbers, string what, Action<IReadOnlyList<AttributionResult>, DataRow> use,
        IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Check();
        using Turn.Scope turn = Enter();
        using MeasurementFile? file = numbers is null ? null
            : MeasurementFile.Open(numbers, Header(MeasurementFile.Format, "evaluate", request, data, cancellation));
        var run = new EvaluationRun(_loaded, request, file, progress, cancellation);
        run.Each(data.RowsFor(numbers), () => data.Share, what, use);
        return run;
    }

    private EvaluateResult Evaluated(EvaluationRun run, IReadOnlyList<(long Row, string? Id)> rows) => new()
    {
        Model = Name,
        Board = run.Board,
        Rows = rows,
        Skipped = run.Skipped,
        Notices = [.. Notices, .. run.Notices],
        Facts =
        [
            new("model", Name), new("texts", Number(run.Board.Texts)), new("skipped", Number(run.Skipped.Count)), new("score", run.Score),
            new("baseline", run.Asked.Baseline?.ToString() ?? "default"), new("seed", Number(run.Asked.Seed)),
        ],
    };

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
