using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Vitrine;

/// <summary>Puts together what runs over the shards of a data file wrote, on one machine or on many.</summary>
public static class Shards
{
    private const int Named = 8; // of a list in an error

    /// <summary>Merges the shards of a job into the bytes that one run over all rows would have written.</summary>
    /// <param name="paths">What <c>ExplainFile</c>, <c>PredictFile</c> or <c>Evaluate</c> of an <see cref="Explainer"/> wrote into files
    /// with <see cref="DataFileOptions.Shard"/>: every shard once, in any order.</param>
    /// <param name="output">Where the lines go. A file is replaced atomically, and only one of the same job; a writer gets the
    /// rows' lines alone.</param>
    /// <param name="progress">Told after every shard that was checked.</param>
    /// <param name="cancellation">Stops between rows; a file is not written then.</param>
    /// <exception cref="RequestException">A shard is missing, not complete, damaged, there twice or of another job, and nothing was
    /// written; or the output cannot be written.</exception>
    public static GatherResult Gather(IReadOnlyList<string> paths, RowsOutput output, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentNullException.ThrowIfNull(output);
        ShardFile[] shards = InOrder([.. paths.Select(ShardFile.Open)]);
        string header = shards[0].Whole;
        RefuseAnotherJob(output, header);
        var check = new ShardCheck(shards, cancellation);
        check.Run(progress);
        if (output.Path is { } path)
        {
            ResultFile.Write(path, stream =>
            {
                stream.Write(Encoding.UTF8.GetBytes(header + "\n"));
                foreach (byte[] line in Lines(shards, cancellation))
                {
                    stream.Write([.. line, (byte)'\n']);
                }
            });
        }
        else
        {
            foreach (byte[] line in Lines(shards, cancellation))
            {
                output.Writer!.Write(Encoding.UTF8.GetString(line) + "\n");
            }
        }
        JsonNode job = JsonNode.Parse(header)!;
        return new()
        {
            Command = (string)job["command"]!,
            Model = (string)job["model"]!,
            Job = (string)job["job"]!,
            Shards = shards.Length,
            Rows = check.Rows,
            Bad = check.Bad,
            Notices = check.Notices,
        };
    }

    /// <summary>A list of things, of which the first are named.</summary>
    internal static string Listed(IReadOnlyCollection<string> all) => Listed(all.Take(Named), all.Count);

    private static string Listed(IEnumerable<string> named, int count) => string.Join(", ", named)
        + (count > Named ? string.Create(CultureInfo.InvariantCulture, $" and {count - Named} more") : "");

    // Row 1 is the first of shard 1, row 2 the first of shard 2, and so on round.
    private static IEnumerable<byte[]> Lines(ShardFile[] shards, CancellationToken cancellation)
    {
        IEnumerator<ShardRow>[] rows = [.. shards.Select(shard => shard.Read().GetEnumerator())];
        try
        {
            for (int next = 0; rows[next].MoveNext(); next = (next + 1) % rows.Length)
            {
                cancellation.ThrowIfCancellationRequested();
                foreach (byte[] line in rows[next].Current.Lines)
                {
                    yield return line;
                }
            }
        }
        finally
        {
            Array.ForEach(rows, row => row.Dispose());
        }
    }

    private static ShardFile[] InOrder(ShardFile[] given)
    {
        if (given is not [var first, ..])
        {
            throw new RequestException(Fault.Request, "gather: no shards; got no file; expected all that runs with --shard wrote.");
        }
        if (Array.Find(given, shard => (shard.Whole, shard.Count, shard.Rows) != (first.Whole, first.Count, first.Rows)) is { } other)
        {
            throw new RequestException(Fault.Text, $"gather: '{other.Path}' is of another job than '{first.Path}'; got "
                + $"{Difference(first, other)}; expected shards of one run: the same command, model, options, input and number of shards.");
        }
        if (given.GroupBy(shard => shard.Index).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new RequestException(Fault.Text, string.Create(CultureInfo.InvariantCulture,
                $"gather: shard {twice.Key}/{first.Count} is there twice; got {Listed([.. twice.Select(shard => $"'{shard.Path}'")])}; "
                + $"expected every shard once."));
        }
        if (given.Length == first.Count)
        {
            return [.. given.OrderBy(shard => shard.Index)];
        }
        int missing = first.Count - given.Length; // the count is the file's word: no list of that length is made
        string[] named = [.. Enumerable.Range(1, first.Count).Except(given.Select(shard => shard.Index)).Take(Named)
            .Select(index => string.Create(CultureInfo.InvariantCulture, $"{index}/{first.Count}"))];
        throw new RequestException(Fault.Text, string.Create(CultureInfo.InvariantCulture,
            $"gather: {missing} of {first.Count} shards are missing; got {given.Length} files; expected also {Listed(named, missing)}. "
            + $"Run these shards, or name their files."));
    }

    private static string Difference(ShardFile first, ShardFile other)
    {
        JsonObject one = JsonNode.Parse(first.Whole)!.AsObject(), two = JsonNode.Parse(other.Whole)!.AsObject();
        string? member = two.Select(pair => pair.Key).FirstOrDefault(name => !JsonNode.DeepEquals(one[name], two[name]));
        return member is not null ? $"{member} {two[member]?.ToJsonString()} and {one[member]?.ToJsonString() ?? "none"}"
            : string.Create(CultureInfo.InvariantCulture,
                $"{other.Count} shards of {other.Rows ?? -1} rows and {first.Count} of {first.Rows ?? -1}");
    }

    private static void RefuseAnotherJob(RowsOutput output, string header)
    {
        if (output.Path is not { } path || !File.Exists(path))
        {
            return;
        }
        using FileStream file = ShardFile.Stream(path);
        if (new LineReader(file).Next() is { Bytes: var first } && !first.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(header)))
        {
            throw new RequestException(Fault.Output,
                $"output: '{output.Name}' belongs to another job; got another first line; expected that of these shards. "
                + "Choose another path, or delete it.");
        }
    }
}
