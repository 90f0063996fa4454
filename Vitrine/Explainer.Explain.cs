using System.Runtime.CompilerServices;
using Vitrine.Viz;

namespace Vitrine;

public sealed partial class Explainer
{
    /// <summary>Explains what the model says of a text: which words made it decide so.</summary>
    /// <param name="text">The text; of a reader, the question.</param>
    /// <param name="request">What is explained, and how; null: what the model says, by the method that is right for its task.</param>
    /// <param name="progress">Told after every chunk of work.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <exception cref="Vitrine.Tensors.VitrineException">The request does not fit the model; the message says what would.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Explanation Explain(string text, ExplainRequest? request = null, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default) =>
        Explain((request ?? new()) with { Text = text }, progress, cancellation);

    /// <inheritdoc cref="Explain(string, ExplainRequest?, IProgress{WorkProgress}?, CancellationToken)"/>
    public Explanation Explain(ExplainRequest request, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Check();
        using Turn.Scope turn = Enter();
        var notes = new ReadNotes();
        Figure figure = Attributing.Explain(_loaded, request with { Notes = notes }, progress, cancellation);
        return new(figure, request.Top, [.. Notices, .. notes.All], _loaded.Written)
        {
            IsForced = (request.Forced ?? (object?)request.ForcedIds) is not null,
        };
    }

    /// <summary>Explains a text by several methods, side by side, with how far they agree.</summary>
    /// <param name="text">The text.</param>
    /// <param name="methods">Names of methods (<see cref="Methods"/>), at least two.</param>
    /// <exception cref="RequestException">There are fewer than two.</exception>
    /// <exception cref="Vitrine.Tensors.VitrineException">A method is not known, or the text does not fit the model.</exception>
    public Explanation Compare(string text, params IReadOnlyList<string> methods) => methods.Distinct().Count() > 1
        ? Explain(text, new ExplainRequest { Methods = methods })
        : throw new RequestException(Fault.Request,
            $"compare: nothing to compare; got {methods.Distinct().Count()} method; expected at least two, or Explain for one.");

    /// <summary>Explains rows one after the other; one that cannot be used says why, and stops nothing.</summary>
    /// <param name="rows">The rows: of a <see cref="DataFile"/>, or <see cref="DataRow.Of"/> texts.</param>
    /// <param name="request">What is explained, and how; a row's own columns (text, context, target, …) are over it.</param>
    /// <param name="cancellation">Stops between chunks of work.</param>
    public async IAsyncEnumerable<ExplainedRow> ExplainAll(IEnumerable<DataRow> rows, ExplainRequest? request = null,
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        request ??= new();
        request.Check();
        foreach (DataRow row in rows)
        {
            yield return await System.Threading.Tasks.Task.Run(() => ExplainRow(row, request, cancellation), cancellation)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Explains texts one after the other; one that cannot be used says why, and stops nothing.</summary>
    /// <inheritdoc cref="ExplainAll(IEnumerable{DataRow}, ExplainRequest?, CancellationToken)"/>
    public IAsyncEnumerable<ExplainedRow> ExplainAll(IEnumerable<string> texts, ExplainRequest? request = null,
        CancellationToken cancellation = default) =>
        ExplainAll(DataRow.Of(texts), request, cancellation);

    /// <summary>Explains every row of a data file into lines of JSON (<c>docs/JSON.md</c>); a file that was not finished is
    /// continued.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="output">Where the lines go.</param>
    /// <param name="request">What is explained, and how.</param>
    /// <param name="progress">Told after every row, and within rows that take long.</param>
    /// <param name="cancellation">Stops between chunks of work; what is finished stays in the file.</param>
    /// <returns>How many rows there were, and how many could not be used.</returns>
    /// <exception cref="RequestException">The request, the input or the output is at fault: what is wrong with a row goes into its
    /// line.</exception>
    public RowsProgress ExplainFile(DataFile data, RowsOutput output, ExplainRequest? request = null, IProgress<RowsProgress>? progress =
        null, CancellationToken cancellation = default)
    {
        request ??= new();
        request.Check();
        return RowsFile.Write(
            data, output, Header(RowsFile.Format, "explain", request, data, cancellation),
            (row, within) => RowJson.Of(Explain(RowRequest.Explain(request, row), within, cancellation).WithNotices()),
            progress, cancellation);
    }

    /// <summary>One row; where it cannot be used, why.</summary>
    internal ExplainedRow ExplainRow(DataRow row, ExplainRequest request, CancellationToken cancellation)
    {
        try
        {
            return new(row, Explain(RowRequest.Explain(request, row), null, cancellation), null);
        }
        catch (Vitrine.Tensors.VitrineException e) when (RowsFile.IsOfTheRow(e))
        {
            return new(row, null, RowsFile.Reason(e));
        }
    }

    private string Header(string format, string work, TextRequest request, DataFile data, CancellationToken cancellation)
    {
        string?[] folders = [_loaded.Folder, _options.Adapter];
        return RowsFile.Header(format, work, Name, [.. request.Settings(), .. _options.Settings(), .. data.Options.Settings()],
            folders.OfType<string>(), data, cancellation);
    }
}

/// <summary>A row, explained; or why it could not be.</summary>
/// <param name="Row">The row.</param>
/// <param name="Explanation">Which words mattered; null where the row could not be used.</param>
/// <param name="Error">Why; null where it could.</param>
public sealed record ExplainedRow(DataRow Row, Explanation? Explanation, string? Error)
{
    /// <summary>The explanation, or the reason why there is none.</summary>
    public override string ToString() => Explanation?.ToString() ?? FormattableString.Invariant($"row {Row.Number}: {Error}");
}
