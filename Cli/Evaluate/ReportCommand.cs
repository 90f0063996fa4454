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
        var saved = new Option<string[]>("--from") { Description = "Report on files that 'vitrine explain' wrote with --json or --output, instead of explaining anything. Repeatable.", HelpName = "file", Arity = ArgumentArity.ZeroOrMore };
        return line.Verb("report", "Reports on many explanations: methods, words that matter, metrics, and tested warnings, each with its figure.", """
            vitrine report --input reviews.csv --columns text=review --limit 100 --html report.html
            vitrine report --input reviews.jsonl --method integrated_gradients,lime,random --markdown report.md
            vitrine report --from a.json --from b.json --html report.html
            vitrine report --from scores.jsonl --html report.html
            """, saved)
            .Does((parsed, cancellation) =>
            {
                line.Output.Probe(parsed, terminal);
                List<Analysis> all = []; // for CSV, which holds every number of all of them
                Action<Analysis> keep = line.Output.HasCsv(parsed) ? all.Add : _ => { };
                Dossier dossier = parsed.GetValue(saved) is { Length: > 0 } files ? OfFiles(files, terminal, keep) : OfRows(parsed, line, keep, cancellation);
                line.Output.Write(
                    parsed, terminal, () => DossierView.Html(dossier), () => DossierView.Markdown(dossier), () => dossier.ToJson() + "\n",
                    () => AttributionCsv.ToCsv(all.Select(analysis => analysis.Results)),
                    screen => DossierView.Write(dossier, screen, terminal.Width));
            });
    }

    private static Dossier OfFiles(string[] files, Terminal terminal, Action<Analysis> keep)
    {
        var tally = new Tally();
        foreach (Analysis analysis in SavedResults.Analyses(files, terminal))
        {
            tally.Add(analysis);
            keep(analysis);
        }
        AttributionResult first = tally.First is [var analysed, ..] ? analysed.Results[0] : throw new CommandException(
            ExitCode.Input, $"from: nothing to report on; got no explanation in {string.Join(", ", files.Select(file => $"'{file}'"))}; expected what 'vitrine explain' writes.");
        return new()
        {
            Title = first.Model ?? "Report",
            Facts = new Dictionary<string, string> { ["texts"] = Number(tally.Texts), ["methods"] = Number(tally.Methods.Count), ["score"] = first.StepName },
            Tally = tally,
        };
    }

    private static Dossier OfRows(ParseResult parsed, EvaluationCommandLine line, Action<Analysis> keep, CancellationToken cancellation)
    {
        var tally = new Tally();
        Evaluated done = line.Run(parsed, "explaining", (results, _) =>
        {
            var analysis = new Analysis(SavedResults.Title(results[0]), results);
            tally.Add(analysis);
            keep(analysis);
        }, cancellation);
        return new()
        {
            Title = done.Loaded.Name,
            Facts = new Dictionary<string, string>
            {
                ["model"] = done.Loaded.Model.Info.ModelType, ["texts"] = Number(tally.Texts), ["skipped"] = Number(done.Skipped),
                ["methods"] = Number(done.Board.Methods.Count), ["score"] = tally.First[0].Results[0].StepName, ["seed"] = Number(done.Asked.Seed),
            },
            Tally = tally,
            Board = done.Board,
        };
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
