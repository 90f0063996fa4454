using System.Globalization;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>A row as a run wrote it: one line, or a line per method and metric.</summary>
/// <param name="Number">Which row of the data.</param>
/// <param name="Lines">Its lines.</param>
/// <param name="IsWhole">Whether no other line follows.</param>
/// <param name="HasError">Whether it could not be used.</param>
/// <param name="Instructions">The vectors that computed it; null where the lines do not say.</param>
internal sealed record ShardRow(long Number, IReadOnlyList<byte[]> Lines, bool IsWhole, bool HasError, string? Instructions)
{
    /// <summary>Which methods and metrics it was measured by; empty where it was not measured.</summary>
    public string Measured { get; private init; } = "";

    /// <summary>Reads a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="before">What stands before it of the same row; null where it begins one.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="RequestException">It is not JSON, or no line of a row.</exception>
    public static ShardRow Parse(DataLine line, ShardRow? before, string path)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"gather: line {line.Number} of '{path}'");
        static RequestException Damaged(string what) => new(Fault.Text, $"{what} Delete the file and run this shard again.");
        JsonField row = JsonField.Parse(name, line.Bytes, Damaged);
        long number = row["row"].Count(1);
        if (before is not null && before.Number != number)
        {
            throw Damaged(string.Create(CultureInfo.InvariantCulture,
                $"{name}: is of another row; got row {number}; expected row {before.Number}, of which the last line is missing."));
        }
        string? method = row.Text("method");
        string metric = method is null ? "" : row["metric"].Text();
        string? instructions = row.Part("results").Items()
            .Select(result => result.Part("result").Part("versions").Text("instructions")).FirstOrDefault(text => text is not null);
        return new(number, [.. before?.Lines ?? [], line.Bytes], method is null || row.Flag("last", false), row.Text("error") is not null,
            instructions)
        {
            Measured = method is null ? "" : $"{before?.Measured} {method} by {metric}".TrimStart(),
        };
    }
}
