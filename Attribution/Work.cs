namespace Vitrine.Attributions;

/// <summary>Counts the work of one attribution: reports progress, stops when cancelled.</summary>
internal sealed class Work(AttributionRequest request, int total)
{
    private int _done;
    private int _total = total;

    /// <summary>More turned out to be needed.</summary>
    public void Plan(int more) => _total += more;

    /// <summary>Before a chunk: stops if the request was cancelled.</summary>
    public void Check() => request.Cancellation.ThrowIfCancellationRequested();

    /// <summary>After a chunk of <paramref name="units"/>.</summary>
    public void Advance(int units)
    {
        _done += units;
        request.Progress?.Report(new AttributionProgress(_done, Math.Max(_done, _total)));
        Check();
    }
}
