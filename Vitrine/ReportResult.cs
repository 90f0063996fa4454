using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>What many explanations say together, and what to doubt.</summary>
public sealed record ReportResult
{
    /// <summary>Methods, words that matter, metrics, tested warnings.</summary>
    public required Dossier Dossier { get; init; }

    /// <summary>Rows that could not be used.</summary>
    public IReadOnlyList<SkippedRow> Skipped { get; init; } = [];

    /// <summary>What should be known about how the model and the texts were read; empty for most.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Every explanation, text by text, where they were to be kept; else empty.</summary>
    public IReadOnlyList<IReadOnlyList<AttributionResult>> Results { get; init; } = [];

    /// <summary>Reports on explanations that were saved with <c>ToJson</c>, or by <see cref="Explainer.ExplainFile"/>.</summary>
    /// <param name="files">Their paths; what different methods found of the same text is put together.</param>
    /// <param name="keepResults">Whether <see cref="Results"/> are kept, which <see cref="ToCsv"/> writes; else memory does not grow with
    /// the files.</param>
    /// <exception cref="RequestException">A file cannot be read, or holds something else.</exception>
    public static ReportResult OfFiles(IReadOnlyList<string> files, bool keepResults = false)
    {
        var tally = new Tally();
        List<IReadOnlyList<AttributionResult>> all = [];
        foreach (Analysis analysis in SavedResults.Analyses(files))
        {
            tally.Add(analysis);
            all.AddRange(keepResults ? [analysis.Results] : []);
        }
        AttributionResult first = tally.First is [var analysed, ..] ? analysed.Results[0] : throw new RequestException(
            Fault.Text, $"from: nothing to report on; got no explanation in {string.Join(", ", files.Select(file => $"'{file}'"))}; "
                + $"expected what 'vitrine explain' writes.");
        return new()
        {
            Results = all,
            Dossier = new()
            {
                Title = first.Model ?? "Report",
                Facts = new Dictionary<string, string>
                {
                    ["texts"] = Number(tally.Texts),
                    ["methods"] = Number(tally.Methods.Count),
                    ["score"] = first.StepName
                },
                Tally = tally,
            },
        };
    }

    /// <summary>What <c>vitrine report</c> prints, 100 characters wide.</summary>
    public override string ToString() => ToText(100);

    /// <summary>The same for a terminal of your own.</summary>
    /// <param name="width">Character cells per line.</param>
    public string ToText(int width)
    {
        var text = new StringWriter { NewLine = "\n" };
        DossierView.Write(Dossier, text, width);
        return text.ToString();
    }

    /// <summary>One self-contained HTML page.</summary>
    public string ToHtml() => DossierView.Html(Dossier);

    /// <summary>The report in Markdown.</summary>
    public string ToMarkdown() => DossierView.Markdown(Dossier);

    /// <summary>All numbers as JSON (<c>docs/JSON.md</c>).</summary>
    public string ToJson() => Dossier.ToJson() + "\n";

    /// <summary>A table, one record per text, method, target and token (<c>docs/CSV.md</c>).</summary>
    public string ToCsv() => AttributionCsv.ToCsv(Results);

    /// <summary>The same table as Parquet, with the same columns; needs the package <c>Vitrine.Data</c>.</summary>
    /// <exception cref="RequestException">It is missing.</exception>
    public byte[] ToParquet() => ColumnFiles.Parquet(AttributionCsv.ToTable(Results));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Collects explanations while a run goes on.</summary>
    internal sealed class Maker(Explainer explainer, bool keepResults)
    {
        private readonly Tally _tally = new();
        private readonly List<IReadOnlyList<AttributionResult>> _all = [];

        public void Add(IReadOnlyList<AttributionResult> results, DataRow row)
        {
            _tally.Add(new Analysis(SavedResults.Title(results[0]), results));
            _all.AddRange(keepResults ? [results] : []);
        }

        public ReportResult Of(EvaluationRun run) => new()
        {
            Results = _all,
            Skipped = run.Skipped,
            Notices = [.. explainer.Notices, .. run.Notices],
            Dossier = new()
            {
                Title = explainer.Name,
                Facts = new Dictionary<string,
                    string>(explainer.Notices.Concat(run.Notices).Select((notice, i) =>
                        KeyValuePair.Create(FormattableString.Invariant($"notice {i + 1}"), notice)))
                {
                    ["model"] = explainer.Model.Info.ModelType,
                    ["texts"] = Number(_tally.Texts),
                    ["skipped"] = Number(run.Skipped.Count),
                    ["methods"] = Number(run.Board.Methods.Count),
                    ["score"] = _tally.First[0].Results[0].StepName,
                    ["seed"] =
                        Number(run.Asked.Seed),
                },
                Tally = _tally,
                Board = run.Board,
            },
        };
    }
}
