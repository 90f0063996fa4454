using System.CommandLine;
using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary>Draws a saved result of looking inside for <c>vitrine show</c>.</summary>
internal static class InsideShow
{
    /// <summary>The result in a file; null when the file holds something else.</summary>
    public static InsideResult? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }
        using StreamReader reader = File.OpenText(path);
        char[] head = new char[128];
        int read = reader.ReadBlock(head);
        return new string(head, 0, read).Contains($"\"{InsideJson.Format}\"", StringComparison.Ordinal)
            ? InsideJson.FromJson(File.ReadAllText(path)) : null;
    }

    /// <summary>Writes it where the command line says.</summary>
    public static void Write(ParseResult parsed, Terminal terminal, InsideResult result) => OutputFile.WriteAll(
        terminal,
        [
            (parsed.GetValue<string?>("--json"), () => result.ToJson() + "\n"),
            (parsed.GetValue<string?>("--csv"), CsvSafe.Of(parsed, result.ToCsv)),
            (parsed.GetValue<string?>("--html"), () => InsideView.Html(result)),
            (parsed.GetValue<string?>("--svg"), () => InsideFigure.Svg(result)),
        ],
        output => InsideView.Write(result, output));
}
