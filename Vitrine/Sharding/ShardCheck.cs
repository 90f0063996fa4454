using System.Globalization;

namespace Vitrine;

/// <summary>Reads shards to see whether every row of the data is there once, and counts.</summary>
/// <param name="shards">All shards of one job, in their order.</param>
/// <param name="cancellation">Stops between rows.</param>
internal sealed class ShardCheck(IReadOnlyList<ShardFile> shards, CancellationToken cancellation)
{
    private readonly SortedSet<string> _instructions = new(StringComparer.Ordinal);
    private readonly long[] _found = new long[shards.Count];
    private string? _measured;

    /// <summary>How many rows the data have.</summary>
    public long Rows { get; private set; }

    /// <summary>How many of them could not be used.</summary>
    public long Bad { get; private set; }

    /// <summary>What should be known about the result.</summary>
    public IReadOnlyList<string> Notices =>
    [
        .. _instructions.Count > 1 ? [$"gather: rows were computed by different vectors ({string.Join("; ", _instructions)}), so their "
            + "last digits are not those of one machine. Run with --deterministic for the same bits everywhere."] : Array.Empty<string>(),
        .. shards[0].Rows is null ? ["gather: the shards were read from standard input, so rows that are missing at its end cannot be "
            + "found. Run with --input FILE to have them checked."] : Array.Empty<string>(),
    ];

    /// <summary>Reads all of them.</summary>
    /// <param name="progress">Told after every shard.</param>
    /// <exception cref="RequestException">A row is missing, there twice, damaged, or measured by something else.</exception>
    public void Run(IProgress<WorkProgress>? progress)
    {
        for (int shard = 0; shard < shards.Count; shard++)
        {
            foreach (ShardRow row in shards[shard].Read())
            {
                cancellation.ThrowIfCancellationRequested();
                Add(row, shard);
            }
            progress?.Report(new("checking", shard + 1, shards.Count));
        }
        Rows = shards[0].Rows ?? Rows;
        RefuseIncomplete();
    }

    private void Add(ShardRow row, int shard)
    {
        long expected = shard + 1 + (_found[shard]++ * shards.Count);
        if (row.Number != expected)
        {
            string what = row.Number < expected && (row.Number - 1) % shards.Count == shard
                ? FormattableString.Invariant($"row {row.Number} stands twice in '{shards[shard].Path}'")
                : FormattableString.Invariant($"row {expected} is missing in '{shards[shard].Path}'");
            throw new RequestException(Fault.Text, string.Create(CultureInfo.InvariantCulture,
                $"gather: {what}; got row {row.Number} where row {expected} should be; expected every row once, in order. Delete the file "
                + $"and run this shard again."));
        }
        if (row.Number > shards[shard].Rows)
        {
            throw new RequestException(Fault.Text, string.Create(CultureInfo.InvariantCulture,
                $"gather: '{shards[shard].Path}' has more rows than the data; got row {row.Number}; expected {shards[shard].Rows} in all. "
                + $"Delete the file and run this shard again."));
        }
        Rows = Math.Max(Rows, row.Number);
        Bad += row.HasError ? 1 : 0;
        if (row.Instructions is { } instructions)
        {
            _instructions.Add(instructions);
        }
        if (!row.HasError && (_measured ??= row.Measured) != row.Measured)
        {
            throw new RequestException(Fault.Text, string.Create(CultureInfo.InvariantCulture,
                $"gather: row {row.Number} was measured by other metrics than the rows before it; got '{row.Measured}'; expected "
                + $"'{_measured}'. Name the metrics with --metric and run all shards again."));
        }
    }

    private void RefuseIncomplete()
    {
        string[] incomplete = [.. Enumerable.Range(0, shards.Count).Where(shard => _found[shard] < Expected(shard)).Select(shard =>
            string.Create(CultureInfo.InvariantCulture, $"{_found[shard]} of {Expected(shard)} rows in '{shards[shard].Path}'")
                + (shards[shard].IsTorn() ? " (its last line is half written)" : ""))];
        if (incomplete.Length > 0)
        {
            throw new RequestException(Fault.Text, string.Create(CultureInfo.InvariantCulture,
                $"gather: {incomplete.Length} of {shards.Count} shards are not complete; got {Shards.Listed(incomplete)}; expected all. "
                + $"Run these shards again with the same commands: they go on where they ended."));
        }
    }

    private long Expected(int shard) => (Rows - shard - 1 + shards.Count) / shards.Count;
}
