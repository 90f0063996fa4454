using System.Globalization;
using System.Text;
using System.Text.Json;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>Explanations that were saved, one text after the other: of a file of rows no more than a line is held at a time.</summary>
internal static class SavedResults
{
    private const int Waiting = 256; // so many texts wait for what other methods found of them, in the same file or another

    /// <summary>The texts of some files, read side by side; what different methods found of the same text comes together.</summary>
    /// <exception cref="RequestException">A file cannot be read, or holds something else.</exception>
    public static IEnumerable<Analysis> Analyses(IReadOnlyList<string> files)
    {
        var waiting = new OrderedDictionary<string, List<AttributionResult>>();
        foreach (AttributionResult result in SideBySide([.. files.Select(file => Read(file))]).SelectMany(results => results))
        {
            string key = Key(result);
            bool isThere = waiting.TryGetValue(key, out List<AttributionResult>? found);
            if (isThere && found!.Exists(other => other.Method == result.Method))
            {
                yield return Joined(found); // the same text once more
                waiting.Remove(key);
                isThere = false;
            }
            if (!isThere)
            {
                waiting[key] = found = [];
            }
            found!.Add(result);
            if (waiting.Count > Waiting)
            {
                yield return Joined(waiting.GetAt(0).Value);
                waiting.RemoveAt(0);
            }
        }
        foreach (List<AttributionResult> rest in waiting.Values)
        {
            yield return Joined(rest);
        }
    }

    /// <summary>What a text is called.</summary>
    public static string Title(AttributionResult result) =>
        result.Sides[0].Texts is [{ Length: > 0 } text, ..] ? text : string.Join(' ', result.Sides[0].Tokens.Select(t => t.Piece));

    /// <summary>Every result of a line that <c>explain --output</c> wrote; none of its first line and of a row that could not be
    /// used.</summary>
    public static IReadOnlyList<AttributionResult> OfLine(ReadOnlySpan<byte> line)
    {
        JsonField row = JsonField.Parse("row", line.ToArray());
        bool isRow = row.Value.ValueKind == JsonValueKind.Object
            && (row.Optional("row") is not null || row.Optional("format") is { Value.ValueKind: JsonValueKind.String } format
                && format.Text() == RowsFile.Format);
        return !isRow ? CombinationJson.ReadAll(System.Text.Encoding.UTF8.GetString(line))
            : [.. (row.Optional("results")?.Items() ?? []).Select(result => AttributionJson.FromJson(result.Value.GetRawText()))];
    }

    private static IEnumerable<IReadOnlyList<AttributionResult>> Read(string path)
    {
        if (!IsLines(path))
        {
            yield return CombinationJson.ReadAll(ReadText(path));
            yield break;
        }
        using FileStream file = File.OpenRead(path);
        var lines = new LineReader(file);
        while (lines.Next() is { } line)
        {
            if (!line.Bytes.AsSpan().Trim(" \t\r"u8).IsEmpty)
            {
                yield return Checked(line, path);
            }
        }
    }

    /// <summary>A whole file as text, decoded strictly.</summary>
    /// <exception cref="RequestException">It cannot be read, or is not UTF-8.</exception>
    public static string ReadText(string path)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true)
                .GetString(File.ReadAllBytes(path).AsSpan() is [0xEF, 0xBB, 0xBF, .. var text] ? text : File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            string why = e is DecoderFallbackException ? "it is not UTF-8" : File.Exists(path) ? e.Message.TrimEnd('.')
                : "there is no such file";
            throw new RequestException(Fault.Text, $"from: cannot read '{path}'; {why}. Check the path.", e);
        }
    }

    // One JSON value stands on the first line, and more may follow; else the value goes on over lines.
    private static bool IsLines(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return new LineReader(file).Next() is { IsTooLong: false } first && JsonElement.Parse(first.Bytes)
                .ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestException(Fault.Text,
                $"from: cannot read '{path}'; {(File.Exists(path) ? e.Message.TrimEnd('.') : "there is no such file")}. Check the path.",
                    e);
        }
    }

    private static IReadOnlyList<AttributionResult> Checked(DataLine line, string path)
    {
        try
        {
            return line.IsTooLong ? throw new VitrineException($"it is longer than {LineReader.Longest} bytes.") : OfLine(line.Bytes);
        }
        catch (Exception e) when (e is JsonException or VitrineException)
        {
            throw new RequestException(Fault.Text,
                string.Create(CultureInfo.InvariantCulture,
                    $"from: line {line.Number} of '{path}' is no explanation; {e.Message} Expected what "
                    + $"'vitrine explain' writes."), e);
        }
    }

    private static IEnumerable<T> SideBySide<T>(IReadOnlyList<IEnumerable<T>> sources)
    {
        List<IEnumerator<T>> open = [.. sources.Select(source => source.GetEnumerator())];
        try
        {
            while (open.Count > 0)
            {
                foreach (IEnumerator<T> source in open.ToArray())
                {
                    if (source.MoveNext())
                    {
                        yield return source.Current;
                    }
                    else
                    {
                        source.Dispose();
                        open.Remove(source);
                    }
                }
            }
        }
        finally
        {
            open.ForEach(source => source.Dispose());
        }
    }

    private static Analysis Joined(List<AttributionResult> results) => new(Title(results[0]), results);

    private static string Key(AttributionResult result) =>
        string.Join('\0', result.Sides.SelectMany(side => side.Tokens.Select(t => t.Piece)).Concat(result.Targets.Select(t => t.Label))
            .Append(result.StepName));
}
