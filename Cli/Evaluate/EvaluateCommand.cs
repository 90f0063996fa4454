using System.CommandLine;
using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary><c>vitrine evaluate</c>: which method explains best.</summary>
internal static class EvaluateCommand
{
    public static Verb Create(Terminal terminal)
    {
        var line = new EvaluationCommandLine(terminal, "method and metric");
        var texts = new Option<string?>("--csv-texts") { Description = "Write every single number as a table, one record per text, method and metric (docs/CSV.md).", HelpName = "path" };
        return line.Verb("evaluate", "Ranks attribution methods by how true their explanations are to the model, on a text or on every row of a file.", """
            vitrine evaluate "a gorgeous, witty, seductive movie"
            vitrine evaluate --input reviews.csv --columns text=review --method saliency,lime,random --limit 100 --html out.html
            vitrine evaluate --input reviews.jsonl --metric comprehensiveness,sufficiency,soft_nc --markdown -
            vitrine evaluate --input reviews.jsonl --csv table.csv --csv-texts numbers.csv
            vitrine evaluate --input reviews.jsonl --output numbers.jsonl --html table.html
            vitrine evaluate --model path/to/gpt2 "The Eiffel Tower is in" --max-new-tokens 3 --metric pi_soft_nc,pi_soft_ns
            """, texts, line.Numbers)
            .Does((parsed, cancellation) =>
            {
                line.Output.Probe(parsed, terminal, parsed.GetValue(texts), parsed.GetValue(line.Numbers));
                List<(long Row, string? Id)> rows = [];
                Evaluated done = line.Run(parsed, "evaluating", (_, row) => rows.Add((row.Number, row["id"])), cancellation, texts);
                Fact[] facts =
                [
                    new("model", done.Loaded.Name), new("texts", done.Board.Texts.ToString(CultureInfo.InvariantCulture)),
                    new("skipped", done.Skipped.ToString(CultureInfo.InvariantCulture)), new("score", done.Score),
                    new("baseline", done.Asked.Baseline?.ToString() ?? "default"), new("seed", done.Asked.Seed.ToString(CultureInfo.InvariantCulture)),
                ];
                if (parsed.GetValue(texts) is { } path)
                {
                    OutputFile.Write(path, done.Board.TextsToCsv(rows), terminal);
                }
                Grid table = ScoreboardView.Table(done.Board);
                line.Output.Write(
                    parsed, terminal,
                    () => ScoreboardView.Html(done.Loaded.Name, facts, done.Board),
                    () => (table with { Title = $"{done.Loaded.Name}: which method explains best?" }).Markdown(),
                    () => ScoreboardJson.ToJson(done.Board, facts.ToDictionary(f => f.Name, f => f.Value)) + "\n",
                    done.Board.ToCsv,
                    screen => Show(table, screen, terminal.Width),
                    isSilent: parsed.GetValue(line.Numbers) == "-" || parsed.GetValue(texts) == "-");
            });
    }

    private static void Show(Grid table, TextWriter screen, int width)
    {
        foreach (Grid part in table.Fit(width))
        {
            part.Write(screen);
            screen.WriteLine();
        }
        screen.WriteLine(table.Note);
    }
}
