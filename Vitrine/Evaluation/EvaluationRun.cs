using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Tensors;

namespace Vitrine;

/// <summary>A row that could not be used, and why.</summary>
/// <param name="Row">Which row, from 1.</param>
/// <param name="Reason">Why.</param>
public readonly record struct SkippedRow(long Row, string Reason)
{
    /// <summary>For example <c>row 3: text: empty; …</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"row {Row}: {Reason}");
}

/// <summary>Every method on every text: rows that cannot be used are kept with the reason, and stop nothing.</summary>
/// <param name="loaded">The model.</param>
/// <param name="request">What is explained, by which methods, and what they are measured by.</param>
/// <param name="file">Where every number goes; null: nowhere.</param>
/// <param name="progress">Told after every row, and within rows that take long.</param>
/// <param name="cancellation">Stops between chunks of work.</param>
internal sealed class EvaluationRun(LoadedModel loaded, EvaluateRequest request, MeasurementFile? file, IProgress<WorkProgress>? progress,
    CancellationToken cancellation)
{
    private const int MostNotices = 10;

    private readonly AttributionRequest _asked = Attributing.Request(request, null, cancellation);
    private readonly IAttributionMethod[] _methods =
        OptionByOption.For(loaded.Model, [.. (request.Methods.Count > 0 ? request.Methods : EvaluateRequest.DefaultMethods).Distinct()
            .Select(AttributionMethods.Get)]);
    private readonly List<SkippedRow> _skipped = [];
    private readonly List<(long Row, string Notice)> _notices = [];
    private Scoreboard? _board;

    /// <summary>What could not be used.</summary>
    public IReadOnlyList<SkippedRow> Skipped => _skipped;

    /// <summary>What should be known about how texts were read, by row: the first, and how many more there are.</summary>
    public IReadOnlyList<string> Notices =>
    [
        .. _notices.Take(MostNotices).Select(notice => FormattableString.Invariant($"Row {notice.Row}: {notice.Notice}")),
        .. _notices.Count > MostNotices
            ? [FormattableString.Invariant($"{_notices.Count - MostNotices} more notices of rows.")] : Array.Empty<string>(),
    ];

    /// <summary>How the methods did.</summary>
    public Scoreboard Board => _board ?? throw new InvalidOperationException("evaluation: nothing was measured.");

    /// <summary>The name of the explained number.</summary>
    public string Score => Choice(request).Name ?? "contrast";

    /// <summary>The baseline, the seed.</summary>
    public AttributionRequest Asked => _asked;

    /// <summary>The metrics of names, each once.</summary>
    /// <param name="given">The names; empty: the usual ones.</param>
    /// <param name="hasRationale">Whether the reasons are marked.</param>
    /// <param name="hasAlignment">Whether the words of a translation are aligned.</param>
    /// <exception cref="VitrineException">There is none of a name.</exception>
    public static IMetric[] Metrics(IReadOnlyList<string> given, bool hasRationale, bool hasAlignment = false)
    {
        return given switch
        {
            [] => [.. EvaluateRequest.DefaultMetrics.Select(Attributions.Metrics.Get),
                .. Attributions.Metrics.All.Where(metric => metric is Plausibility or AlignmentErrorRate && Fits(metric))],
            ["all"] => [.. Attributions.Metrics.All.Where(Fits)],
            _ => [.. given.Distinct().Select(Attributions.Metrics.Get)],
        };
        bool Fits(IMetric metric) => metric switch
        {
            Plausibility => hasRationale,
            AlignmentErrorRate => hasAlignment,
            _ => true,
        };
    }

    /// <summary>Measures the one text of the request.</summary>
    /// <param name="use">Given what the methods found, and the row.</param>
    public void One(Action<IReadOnlyList<AttributionResult>, DataRow> use) => Measure(request, new DataRow(1, 1), use);

    /// <summary>Measures every row.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="share">How much of them has been read, 0–1.</param>
    /// <param name="what">What progress is called.</param>
    /// <param name="use">Given what the methods found on a text, and its row; nothing for a row of which an earlier run kept the
    /// numbers.</param>
    /// <exception cref="RequestException">No row could be used; the message has the first reason.</exception>
    public void Each(IEnumerable<DataRow> rows, Func<double?> share, string what, Action<IReadOnlyList<AttributionResult>, DataRow> use)
    {
        int used = 0, limit = request.Limit ?? int.MaxValue;
        foreach (DataRow row in rows)
        {
            cancellation.ThrowIfCancellationRequested();
            used += IsUsed(row, use) ? 1 : 0;
            progress?.Report(limit < int.MaxValue ? new(what, used, limit) : new(what, (int)(1000 * (share() ?? 0)), 1000));
            if (used >= limit)
            {
                break;
            }
        }
        if (used < limit)
        {
            file?.CheckEnd();
        }
        if (used == 0)
        {
            throw new RequestException(Fault.Text, _skipped is [var first, ..]
                ? string.Create(CultureInfo.InvariantCulture,
                    $"input: no row could be used; got {_skipped.Count}, the first (row {first.Row}) because: "
                    + $"{first.Reason}")
                : "input: no rows; got an empty file; expected at least one row.");
        }
    }

    private bool IsUsed(DataRow row, Action<IReadOnlyList<AttributionResult>, DataRow> use)
    {
        try
        {
            switch (file?.Next(row))
            {
                case null:
                    Measure(RowRequest.Explain(request, row), row, use);
                    return true;
                case { Error: null } kept:
                    _board ??= new(_methods.Select(m => m.Name), kept.Metrics.Select(Attributions.Metrics.Get));
                    _board.Add(kept.Values);
                    _notices.AddRange(kept.Notices.Select(notice => (row.Number, notice)));
                    use([], row);
                    return true;
                case { Error: { } reason }:
                    _skipped.Add(new(row.Number, reason));
                    return false;
            }
        }
        catch (VitrineException e) when (RowsFile.IsOfTheRow(e))
        {
            _skipped.Add(new(row.Number, RowsFile.Reason(e)));
            file?.Refuse(row, _skipped[^1].Reason);
            return false;
        }
    }

    private void Measure(ExplainRequest of, DataRow row, Action<IReadOnlyList<AttributionResult>, DataRow> use)
    {
        var notes = new ReadNotes();
        of = of with { Notes = notes };
        Subject subject = SubjectFinder.Find(loaded, of, Choice(of), null, cancellation);
        IReadOnlyList<bool[]>? rationale = RationaleReader.Read(row, subject.Function);
        _board ??= new(_methods.Select(m => m.Name), Metrics(request.Metrics, rationale is not null, row["gold_alignment"] is not null));
        var within = new WorkProgress.Named<AttributionProgress>(
            progress is null ? null : new SlowWork(progress.Report), "one text", at => (at.Done, at.Total));
        Measured measured = _board.Add(new Trial(subject.Function, _asked with { Progress = within })
        {
            Rationale = rationale,
            GoldAlignment =
            row["gold_alignment"]
        }, _methods);
        _notices.AddRange(notes.All.Select(notice => (row.Number, notice)));
        file?.Add(row, _board, measured, notes.All);
        use([.. measured.Results.Select(subject.Label)], row);
    }

    // Which number is explained: what the request says, else the probability, or what a head says that has none.
    private ScoreChoice Choice(ExplainRequest of) => ScoreChoice.Of(of) is { Name: null, Contrast: null, Other: null } nothing
        ? nothing with { Name = loaded.Model.Info.IsNumber ? "logit" : "probability" } : ScoreChoice.Of(of);
}
