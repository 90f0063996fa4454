using System.CommandLine;
using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary><c>vitrine report</c>: what many explanations say together, and what to doubt.</summary>
internal static class ReportCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource();
        var input = new InputOptions();
        var data = new DataSource();
        var subject = new SubjectOptions();
        var request = new RequestOptions(terminal);
        var options = new EvaluateOptions();
        var output = new TableOutput("text, method, target and token");
        var saved = new Option<string[]>("--from") { Description = "Report on files that 'vitrine explain --json' wrote, instead of explaining anything. Repeatable.", HelpName = "file", Arity = ArgumentArity.ZeroOrMore };
        return new Verb("report", "Reports on many explanations: methods, words that matter, metrics, and tested warnings, each with its figure.", """
            vitrine report --input reviews.csv --columns text=review --limit 100 --html report.html
            vitrine report --input reviews.jsonl --method integrated_gradients,lime,random --markdown report.md
            vitrine report --from a.json --from b.json --html report.html
            """)
            .With(input.Text.Text, input.Text.File, input.Context, input.Truncate, saved).With(data.Symbols).With(subject.Symbols)
            .With(request.Symbols).With(options.Symbols).With(output.Symbols).With(source.Options)
            .Does((parsed, cancellation) =>
            {
                output.Probe(parsed, terminal);
                Dossier dossier = parsed.GetValue(saved) is { Length: > 0 } files
                    ? OfFiles(files, terminal)
                    : OfRows(parsed, terminal, source, input, data, subject, request.Read(parsed, cancellation), request.ReadMethods(parsed), options, cancellation);
                output.Write(
                    parsed, terminal, () => DossierView.Html(dossier), () => DossierView.Markdown(dossier), () => dossier.ToJson() + "\n",
                    () => AttributionCsv.ToCsv(dossier.Analyses.Select(analysis => analysis.Results)),
                    screen => DossierView.Write(dossier, screen, terminal.Width));
            });
    }

    private static Dossier OfFiles(string[] files, Terminal terminal)
    {
        AttributionResult[] results = [.. files.SelectMany(path => CombinationJson.ReadAll(TextSource.ReadFile(path, terminal)))];
        Analysis[] analyses = [.. results.GroupBy(Key).Select(group => new Analysis(Title(group.First()), [.. group]))];
        return new()
        {
            Title = results[0].Model ?? "Report",
            Facts = new Dictionary<string, string> { ["texts"] = Number(analyses.Length), ["methods"] = Number(results.Select(r => r.Method).Distinct().Count()), ["score"] = results[0].StepName },
            Analyses = analyses,
        };
    }

    private static Dossier OfRows(
        ParseResult parsed, Terminal terminal, ModelSource source, InputOptions input, DataSource data, SubjectOptions subject, AttributionRequest asked, IAttributionMethod[] named, EvaluateOptions options, CancellationToken cancellation)
    {
        IAttributionMethod[] methods = named.Length > 0 ? named : EvaluateOptions.DefaultMethods;
        int limit = options.Limit(parsed);
        _ = options.Metrics(parsed, false);
        LoadedModel loaded = source.Load(parsed, terminal);
        Scoreboard? board = null;
        List<Analysis> analyses = [];
        var run = new RowRun(data, input, subject, terminal);
        run.Each(parsed, loaded, EvaluateOptions.Score(parsed, subject, asked), limit, "explaining", (what, row) =>
        {
            IReadOnlyList<bool[]>? rationale = RationaleReader.Read(row, what.Function);
            board ??= new(methods.Select(m => m.Name), options.Metrics(parsed, rationale is not null));
            AttributionResult[] results = [.. board.Add(new Trial(what.Function, asked) { Rationale = rationale }, methods).Select(what.Label)];
            analyses.Add(new(Title(results[0]), results));
        }, cancellation);
        return new()
        {
            Title = loaded.Name,
            Facts = new Dictionary<string, string>
            {
                ["model"] = loaded.Model.Info.ModelType, ["texts"] = Number(analyses.Count), ["skipped"] = Number(run.Skipped.Count),
                ["methods"] = Number(methods.Length), ["score"] = analyses[0].Results[0].StepName, ["seed"] = Number(asked.Seed),
            },
            Analyses = analyses,
            Board = board,
        };
    }

    private static string Key(AttributionResult result) => string.Join('\0', result.Sides.SelectMany(side => side.Tokens.Select(t => t.Piece)).Concat(result.Targets.Select(t => t.Label)).Append(result.StepName));

    private static string Title(AttributionResult result) => result.Sides[0].Texts is [{ Length: > 0 } text, ..] ? text : string.Join(' ', result.Sides[0].Tokens.Select(t => t.Piece));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
