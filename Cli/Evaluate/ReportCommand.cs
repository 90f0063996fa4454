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
        var line = new EvaluationCommandLine(terminal, "text, method, target and token");
        var saved = new Option<string[]>("--from") { Description = "Report on files that 'vitrine explain --json' wrote, instead of explaining anything. Repeatable.", HelpName = "file", Arity = ArgumentArity.ZeroOrMore };
        return line.Verb("report", "Reports on many explanations: methods, words that matter, metrics, and tested warnings, each with its figure.", """
            vitrine report --input reviews.csv --columns text=review --limit 100 --html report.html
            vitrine report --input reviews.jsonl --method integrated_gradients,lime,random --markdown report.md
            vitrine report --from a.json --from b.json --html report.html
            """, saved)
            .Does((parsed, cancellation) =>
            {
                line.Output.Probe(parsed, terminal);
                Dossier dossier = parsed.GetValue(saved) is { Length: > 0 } files ? OfFiles(files, terminal) : OfRows(parsed, line, cancellation);
                line.Output.Write(
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

    private static Dossier OfRows(ParseResult parsed, EvaluationCommandLine line, CancellationToken cancellation)
    {
        List<Analysis> analyses = [];
        Evaluated done = line.Run(parsed, "explaining", (results, _) => analyses.Add(new(Title(results[0]), results)), cancellation);
        return new()
        {
            Title = done.Loaded.Name,
            Facts = new Dictionary<string, string>
            {
                ["model"] = done.Loaded.Model.Info.ModelType, ["texts"] = Number(analyses.Count), ["skipped"] = Number(done.Skipped),
                ["methods"] = Number(done.Board.Methods.Count), ["score"] = analyses[0].Results[0].StepName, ["seed"] = Number(done.Asked.Seed),
            },
            Analyses = analyses,
            Board = done.Board,
        };
    }

    private static string Key(AttributionResult result) => string.Join('\0', result.Sides.SelectMany(side => side.Tokens.Select(t => t.Piece)).Concat(result.Targets.Select(t => t.Label)).Append(result.StepName));

    private static string Title(AttributionResult result) => result.Sides[0].Texts is [{ Length: > 0 } text, ..] ? text : string.Join(' ', result.Sides[0].Tokens.Select(t => t.Piece));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
