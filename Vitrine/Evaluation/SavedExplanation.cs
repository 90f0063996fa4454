using System.Globalization;
using System.Text.Json;
using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>Reads explanations that were saved.</summary>
public static class SavedExplanation
{
    /// <summary>Reads own JSON, a row of a file of rows, or a text of Inseq's.</summary>
    /// <param name="path">What <c>ToJson</c>, <see cref="Explainer.ExplainFile"/> or Inseq's <c>save()</c> wrote.</param>
    /// <param name="number">Which row, or which text of Inseq's, from 1.</param>
    /// <returns>One result per method, for <see cref="Explanation.Of"/>.</returns>
    /// <exception cref="RequestException">The file cannot be read, or has no such row.</exception>
    public static IReadOnlyList<AttributionResult> Read(string path, int number = 1)
    {
        _ = RequestException.Positive(number, "row");
        try
        {
            if (Row(path, number) is { } row)
            {
                return row;
            }
            byte[] bytes = File.ReadAllBytes(path);
            if (InseqJson.Is(bytes))
            {
                IReadOnlyList<AttributionResult> texts = InseqJson.Read(bytes).ToResults();
                return number <= texts.Count ? [texts[number - 1]] : throw Absent(path, number, texts.Count);
            }
            return Results(StrictJson.Parse(bytes));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestException(Fault.Text,
                $"file: cannot read '{path}'; {(File.Exists(path) ? e.Message.TrimEnd('.') : "there is no such file")}. Check the path.",
                    e);
        }
        catch (JsonException e)
        {
            throw new RequestException(Fault.Text,
                $"file: '{path}' is not JSON; {e.Message.Split(" LineNumber")[0]} Expected what explain --json or Inseq's save() writes.",
                    e);
        }
    }

    /// <summary>A row of a file that <c>explain --output</c> wrote, found line by line; null where the file is another.</summary>
    private static AttributionResult[]? Row(string path, int number)
    {
        using FileStream file = File.OpenRead(path);
        var lines = new LineReader(file);
        byte[] start = System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"row\":{number},"));
        int rows = 0;
        for (DataLine? line = lines.Next(); line is { } found; line = lines.Next())
        {
            ReadOnlySpan<byte> bytes = found.Bytes;
            if (bytes.StartsWith(start))
            {
                return OfRow(bytes, number);
            }
            bool isRow = bytes.StartsWith("{\"row\":"u8);
            rows += isRow ? 1 : 0;
            if (found.Number == 1 && !isRow && !bytes.StartsWith(System.Text.Encoding.UTF8.GetBytes($"{{\"format\":\"{RowsFile.Format}\"")))
            {
                return null;
            }
        }
        return rows > 0 ? throw Absent(path, number, rows) : null;
    }

    private static AttributionResult[] OfRow(ReadOnlySpan<byte> line, int number)
    {
        JsonField row = JsonField.Parse("row", line.ToArray());
        return row.Optional("results") is { } results ? Results(results.Value) : throw new RequestException(
            Fault.Text, $"row: nothing to draw in row {number}; got "
                + $"{(row.Optional("error") is { } error ? $"the error “{error.Text()}”" : "no results")}; expected results of explain.");
    }

    private static AttributionResult[] Results(JsonElement element) => element.ValueKind == JsonValueKind.Array
        ? [.. element.EnumerateArray().Select(item => AttributionJson.FromJson(item.GetRawText()))]
        : [AttributionJson.FromJson(element.GetRawText())];

    private static RequestException Absent(string path, int number, int count) =>
        new(Fault.Request, string.Create(CultureInfo.InvariantCulture,
            $"row: '{path}' has no row {number}; got {count} rows; expected one of them."));
}
