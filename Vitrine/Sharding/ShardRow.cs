using System.Globalization;
using System.Text.Json;

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
        long? number = null;
        string? method = null, metric = null, instructions = null;
        bool isLast = false, hasError = false;
        try
        {
            var json = new Utf8JsonReader(line.Bytes);
            while (json.Read())
            {
                if (json.TokenType != JsonTokenType.PropertyName)
                {
                    continue;
                }
                string name = json.CurrentDepth == 1 || json.ValueTextEquals("instructions"u8) ? json.GetString()! : "";
                json.Read();
                switch (name)
                {
                    case "row": number = json.GetInt64(); break;
                    case "error": hasError = true; break;
                    case "method": method = json.GetString(); break;
                    case "metric": metric = json.GetString(); break;
                    case "last": isLast = json.GetBoolean(); break;
                    case "instructions": instructions = json.GetString(); break;
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            number = null;
        }
        if (number is not { } found || (before is not null && before.Number != found))
        {
            throw new RequestException(Fault.Text, string.Create(CultureInfo.InvariantCulture,
                $"gather: line {line.Number} of '{path}' is damaged; got {(number is null ? "no row" : "another row")}; expected JSON with "
                + $"the number of {(before is null ? "a row" : "the same row")}. Delete the file and run this shard again."));
        }
        return new(found, [.. before?.Lines ?? [], line.Bytes], method is null || isLast, hasError, instructions)
        {
            Measured = method is null ? "" : $"{before?.Measured} {method} by {metric}".TrimStart(),
        };
    }
}
