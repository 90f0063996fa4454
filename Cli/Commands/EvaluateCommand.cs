using System.CommandLine;

namespace Vitrine.Cli;

/// <summary><c>vitrine evaluate</c>: which method explains best.</summary>
internal static class EvaluateCommand
{
    public static Verb Create(Terminal terminal)
    {
        var options = new EvaluateOptions(terminal, "method and metric");
        var texts = Declare.Value<string?>("--csv-texts", "path",
            "Write every single number as a table, one record per text, method and metric (docs/CSV.md).");
        var numbers = Declare.Value<string?>("--output|-o", "file",
            "Write every number as JSONL, one line per row, method and metric (docs/JSON.md); run again after an interruption, it goes on. "
            + "- for standard output, without the table.");
        var plot = new PlotOption("each metric's means and intervals");
        return options.Verb("evaluate", "Ranks attribution methods by how true their explanations are to the model, on a text or on every row of a file.", """
            vitrine evaluate "a gorgeous, witty, seductive movie"
            vitrine evaluate --input reviews.csv --columns text=review --method saliency,lime,random --limit 100 --html out.html
            vitrine evaluate --input reviews.jsonl --metric comprehensiveness,sufficiency,soft_nc --markdown -
            vitrine evaluate --input reviews.jsonl --csv table.csv --csv-texts numbers.csv
            vitrine evaluate --input reviews.jsonl --output numbers.jsonl --html table.html
            vitrine evaluate --input reviews.jsonl --limit 100 --plot metrics.pdf
            vitrine evaluate --model path/to/gpt2 "The Eiffel Tower is in" --max-new-tokens 3 --metric pi_soft_nc,pi_soft_ns
            """, [texts, numbers, .. plot.Symbols])
            .Does((parsed, cancellation) =>
            {
                string? path = parsed.GetValue(numbers);
                options.Output.Probe(parsed, terminal, parsed.GetValue(texts), path);
                plot.Probe(parsed, terminal);
                EvaluateRequest request = options.Request(parsed);
                if (path is not null && !options.IsOfRows(parsed))
                {
                    throw new CommandException(ExitCode.Usage,
                        "output: for data files only; got --output without --input. For one text there are --json and --csv-texts.");
                }
                using Explainer explainer = options.Load(parsed);
                IReadOnlyList<string> known = explainer.Notices;
                EvaluateResult done;
                using (ProgressLine progress = ProgressLine.Start("evaluating", terminal))
                {
                    done = Evaluate(parsed, explainer, request, path, progress, cancellation);
                }
                options.Tell(done.Skipped);
                ModelSource.Tell(done.Notices.Except(known), terminal);
                if (parsed.GetValue(texts) is { } table)
                {
                    OutputFile.Write(table, CsvSafe.Of(parsed, done.TextsToCsv)(), terminal);
                }
                plot.Write(parsed, terminal, () => StatisticCharts.Metrics(done));
                options.Output.Write(
                    parsed, terminal, done.ToHtml, done.ToMarkdown, done.ToJson, done.ToCsv, done.ToParquet, screen =>
                        screen.Write(done.ToText(terminal.Width)),
                    isSilent: path == "-" || parsed.GetValue(texts) == "-");
            });

        EvaluateResult Evaluate(ParseResult parsed, Explainer explainer, EvaluateRequest request, string? path, ProgressLine progress,
            CancellationToken cancellation)
        {
            if (!options.IsOfRows(parsed))
            {
                return explainer.Evaluate(request, progress, cancellation);
            }
            using DataFile rows = options.Rows(parsed);
            RowsOutput? output = path switch
            {
                null => null,
                "-" => RowsOutput.To(terminal.Output),
                _ =>
                RowsOutput.File(terminal.Resolve(path), path)
            };
            try
            {
                return explainer.Evaluate(rows, request, output, progress, cancellation);
            }
            catch (OperationCanceledException e) when (output is not null && path != "-")
            {
                throw RowsOptions.Cancelled(path!, e);
            }
        }
    }
}
