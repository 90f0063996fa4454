using System.CommandLine;

namespace Vitrine.Cli;

/// <summary><c>vitrine report</c>: what many explanations say together, and what to doubt.</summary>
internal static class ReportCommand
{
    public static Verb Create(Terminal terminal)
    {
        var options = new EvaluateOptions(terminal, "text, method, target and token");
        var saved = Declare.Values("--from", "file",
            "Report on files that 'vitrine explain' wrote with --json or --output, instead of explaining anything. Repeatable.");
        return options.Verb("report", "Reports on many explanations: methods, words that matter, metrics, and tested warnings, each with its figure.", """
            vitrine report --input reviews.csv --columns text=review --limit 100 --html report.html
            vitrine report --input reviews.jsonl --method integrated_gradients,lime,random --markdown report.md
            vitrine report --from a.json --from b.json --html report.html
            vitrine report --from scores.jsonl --html report.html
            """, saved)
            .Does((parsed, cancellation) =>
            {
                options.Output.Probe(parsed, terminal);
                bool keep = options.Output.HasTable(parsed);
                IReadOnlyList<string> known = [];
                ReportResult report = parsed.GetValue(saved) is { Length: > 0 } files
                    ? ReportResult.OfFiles([.. files.Select(terminal.Resolve)], keep) : Explain(parsed, keep, out known, cancellation);
                options.Tell(report.Skipped);
                ModelSource.Tell(report.Notices.Except(known), terminal);
                options.Output.Write(parsed, terminal, report.ToHtml, report.ToMarkdown, report.ToJson, report.ToCsv, report.ToParquet,
                    screen => screen.Write(report.ToText(terminal.Width)));
            });

        ReportResult Explain(ParseResult parsed, bool keep, out IReadOnlyList<string> known, CancellationToken cancellation)
        {
            EvaluateRequest request = options.Request(parsed);
            using Explainer explainer = options.Load(parsed);
            known = explainer.Notices;
            using ProgressLine progress = ProgressLine.Start("explaining", terminal);
            if (!options.IsOfRows(parsed))
            {
                return explainer.Report(request, progress, cancellation);
            }
            using DataFile rows = options.Rows(parsed);
            return explainer.Report(rows, request, keep, progress, cancellation);
        }
    }
}
