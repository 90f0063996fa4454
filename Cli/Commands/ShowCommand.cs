using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary><c>vitrine show</c>: draws what was saved, by us or by Inseq.</summary>
internal static class ShowCommand
{
    public static Verb Create(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "What explain --json, explain --output or Inseq's save() wrote." };
        var row = new Option<int>("--row") { Description = "Which row, or which text of Inseq's.", HelpName = "n", DefaultValueFactory = _ => 1 };
        var form = new ResultOptions();
        var output = new ExplainOutput();
        return new Verb("show", "Draws saved explanations: own JSON, rows of a data file, Inseq's JSON.", """
            vitrine show out.json --html out.html
            vitrine show scores.jsonl --row 17
            vitrine show inseq.json --svg figure.svg --normalize l1
            """)
            .With(file).With(row).With(form.Symbols).With(output.Symbols)
            .Does((parsed, _) =>
            {
                output.Probe(parsed, terminal);
                ResultForm shape = form.Read(parsed);
                string path = parsed.GetValue(file)!;
                int number = PredictCommand.Positive(parsed.GetValue(row), "row");
                Explanation explanation = new() { Title = Path.GetFileNameWithoutExtension(path), Results = Read(terminal.Resolve(path), path, number) };
                output.Write(parsed, terminal, ResultOptions.Apply(shape, explanation, output.Top(parsed)));
            });
    }

    private static AttributionResult[] Read(string full, string path, int number)
    {
        try
        {
            if (Row(full, path, number) is { } row)
            {
                return row;
            }
            byte[] bytes = File.ReadAllBytes(full);
            if (InseqJson.Is(bytes))
            {
                IReadOnlyList<AttributionResult> texts = InseqJson.Read(bytes).ToResults();
                return number <= texts.Count ? [texts[number - 1]] : throw Absent(path, number, texts.Count);
            }
            return Results(JsonSerializer.Deserialize<JsonElement>(bytes));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Input, $"file: cannot read '{path}'; {(File.Exists(full) ? e.Message.TrimEnd('.') : "there is no such file")}. Check the path.", e);
        }
        catch (JsonException e)
        {
            throw new CommandException(ExitCode.Input, $"file: '{path}' is not JSON; {e.Message.Split(" LineNumber")[0]} Expected what explain --json or Inseq's save() writes.", e);
        }
    }

    /// <summary>A row of a file that <c>explain --output</c> wrote, found line by line; null where the file is another.</summary>
    private static AttributionResult[]? Row(string full, string path, int number)
    {
        using FileStream file = File.OpenRead(full);
        var lines = new LineReader(file);
        byte[] start = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"row\":{number},"));
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
            if (found.Number == 1 && !isRow && !bytes.StartsWith(Encoding.UTF8.GetBytes($"{{\"format\":\"{DataRun.Format}\"")))
            {
                return null;
            }
        }
        return rows > 0 ? throw Absent(path, number, rows) : null;
    }

    private static AttributionResult[] OfRow(ReadOnlySpan<byte> line, int number)
    {
        JsonElement row = JsonSerializer.Deserialize<JsonElement>(line);
        return row.TryGetProperty("results", out JsonElement results) ? Results(results) : throw new CommandException(
            ExitCode.Input, $"row: nothing to draw in row {number}; got {(row.TryGetProperty("error", out JsonElement error) ? $"the error “{error.GetString()}”" : "no results")}; expected results of explain.");
    }

    private static AttributionResult[] Results(JsonElement element) => element.ValueKind == JsonValueKind.Array
        ? [.. element.EnumerateArray().Select(item => AttributionJson.FromJson(item.GetRawText()))]
        : [AttributionJson.FromJson(element.GetRawText())];

    private static CommandException Absent(string path, int number, int count) =>
        new(ExitCode.Usage, string.Create(CultureInfo.InvariantCulture, $"row: '{path}' has no row {number}; got {count} rows; expected one of them."));
}
