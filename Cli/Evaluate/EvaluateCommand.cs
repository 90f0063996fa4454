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
        var source = new ModelSource();
        var input = new InputOptions();
        var data = new DataSource();
        var subject = new SubjectOptions();
        var request = new RequestOptions(terminal);
        var options = new EvaluateOptions();
        var output = new TableOutput("method and metric");
        var texts = new Option<string?>("--csv-texts") { Description = "Write every single number as a table, one record per text, method and metric (docs/CSV.md).", HelpName = "path" };
        return new Verb("evaluate", "Ranks attribution methods by how true their explanations are to the model, on a text or on every row of a file.", """
            vitrine evaluate "a gorgeous, witty, seductive movie"
            vitrine evaluate --input reviews.csv --columns text=review --method saliency,lime,random --limit 100 --html out.html
            vitrine evaluate --input reviews.jsonl --metric comprehensiveness,sufficiency,soft_nc --markdown -
            vitrine evaluate --input reviews.jsonl --csv table.csv --csv-texts numbers.csv
            vitrine evaluate --model path/to/gpt2 "The Eiffel Tower is in" --max-new-tokens 3 --metric pi_soft_nc,pi_soft_ns
            """)
            .With(input.Text.Text, input.Text.File, input.Context, input.Truncate).With(data.Symbols).With(subject.Symbols)
            .With(request.Symbols).With(options.Symbols).With(output.Symbols).With(texts).With(source.Options)
            .Does((parsed, cancellation) =>
            {
                output.Probe(parsed, terminal);
                OutputFile.Probe(parsed.GetValue(texts), terminal);
                AttributionRequest asked = request.Read(parsed, cancellation);
                IAttributionMethod[] methods = request.ReadMethods(parsed) is { Length: > 0 } named ? named : EvaluateOptions.DefaultMethods;
                int limit = options.Limit(parsed);
                _ = options.Metrics(parsed, false);
                LoadedModel loaded = source.Load(parsed, terminal);
                Scoreboard? board = null;
                List<(long Row, string? Id)> rows = [];
                var run = new RowRun(data, input, subject, terminal);
                run.Each(parsed, loaded, EvaluateOptions.Score(parsed, subject, asked), limit, "evaluating", (what, row) =>
                {
                    IReadOnlyList<bool[]>? rationale = RationaleReader.Read(row, what.Function);
                    board ??= new(methods.Select(m => m.Name), options.Metrics(parsed, rationale is not null));
                    board.Add(new Trial(what.Function, asked) { Rationale = rationale }, methods);
                    rows.Add((row.Number, row["id"]));
                }, cancellation);
                Fact[] facts =
                [
                    new("model", loaded.Name), new("texts", board!.Texts.ToString(CultureInfo.InvariantCulture)),
                    new("skipped", run.Skipped.Count.ToString(CultureInfo.InvariantCulture)), new("score", EvaluateOptions.Score(parsed, subject, asked).Name ?? "contrast"),
                    new("baseline", asked.Baseline?.ToString() ?? "default"), new("seed", asked.Seed.ToString(CultureInfo.InvariantCulture)),
                ];
                if (parsed.GetValue(texts) is { } path)
                {
                    OutputFile.Write(path, board.TextsToCsv(rows), terminal);
                }
                Grid table = ScoreboardView.Table(board);
                output.Write(
                    parsed, terminal,
                    () => ScoreboardView.Html(loaded.Name, facts, board),
                    () => (table with { Title = $"{loaded.Name}: which method explains best?" }).Markdown(),
                    () => ScoreboardJson.ToJson(board, facts.ToDictionary(f => f.Name, f => f.Value)) + "\n",
                    board.ToCsv,
                    screen => Show(table, screen, terminal.Width));
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
