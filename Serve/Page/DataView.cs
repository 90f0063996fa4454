using System.Globalization;
using System.Text;
using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine.Serve;

/// <summary>Data: a file is dropped; its rows with predictions and explanations, sorted and filtered, and a report on all.</summary>
internal sealed class DataView : View
{
    private static readonly string[] s_two = [Methods.InputXGradient, Methods.FeatureAblation];

    public override string Name => "data";

    public override string Title => "Data";

    public override string Purpose => "Which words matter over all rows of a file?";

    public override bool IsAsked(Values values) => false; // the file is not in the address

    public override void Form(HtmlPage page, Values values, Desk desk) => page.Raw("<div class=\"fields\">").Models(values, desk)
        .Line(values, "columns", "Column that holds the text", "text")
        .Line(values, "methods", "Methods, compared row by row", string.Join(", ", s_two), " data-list")
        .Choice(values, "report", "Report", [("", "no"), ("true", "with tested warnings")])
        .Raw("</div><label class=\"drop\" id=\"drop\"><span>Drop a JSONL, CSV, TSV or text file here, or choose one</span>")
        .Raw("<input type=\"file\" id=\"file\" accept=\".jsonl,.json,.csv,.tsv,.txt\"></label>")
        .Area(values, "data", "or paste rows", 3, "a witty film").Line();

    public override async Task Show(
        HtmlPage page, Values values, Desk desk, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        string model = desk.Shelf.Find(values["model"]), text = values["data"] ?? throw new RequestException(
            Fault.Text, "data: no rows; got no file; expected JSON lines, CSV, TSV or lines of text.");
        DataRow[] rows = Rows(text, values["name"] ?? "", values["columns"], desk.Limits.Rows);
        string[] methods = [.. values.All("methods").DefaultIfEmpty("").SelectMany(m => m.Split([',', ';'],
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        var request = new ExplainRequest { Methods = methods.Length > 0 ? methods : s_two, Truncate = true };
        (DataRow Row, Explanation? Why, string? Error)[] found = await desk.Do(model,
            (explainer, stop) => Explained(explainer, rows, request, progress, stop), cancellation).ConfigureAwait(false);
        WriteRows(page, model, request, found);
        WriteWords(page, found);
        if (values["report"] == "true")
        {
            ReportResult report = await desk.Do(model, (explainer, stop) =>
            {
                using DataFile data = Open(text, values["name"] ?? "", values["columns"]);
                return explainer.Report(data, new EvaluateRequest { Methods = request.Methods, Truncate = true, Limit = desk.Limits.Rows },
                    progress: progress, cancellation: stop);
            }, cancellation).ConfigureAwait(false);
            page.Raw("<section>");
            DossierView.Write(page, report.Dossier);
            page.Raw("</section>").Line();
        }
    }

    private static DataFile Open(string text, string name, string? column) => DataFile.Open(
        new MemoryStream(Encoding.UTF8.GetBytes(text)), new()
        {
            Format = name.Length > 0 ? DataFormats.OfFile(name) : text.TrimStart().StartsWith('{') ? DataFormat.JsonLines
                : text.Split('\n')[0].Split('\t').Any(IsText) ? DataFormat.Tsv : text.Split('\n')[0].Split(',').Any(IsText) ? DataFormat.Csv
                : DataFormat.Lines,
            Columns = column is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["text"] = column },
        });

    private static bool IsText(string column) => column.Trim().Trim('"') is "text" or "question";

    private static DataRow[] Rows(string text, string name, string? column, int most)
    {
        using DataFile data = Open(text, name, column);
        DataRow[] rows = [.. data.Rows.Take(most + 1)];
        return rows.Length switch
        {
            0 => throw new RequestException(Fault.Text, "data: no rows; got an empty file; expected at least one row."),
            var count when count > most => throw new TooLargeException(
                $"data: too many rows; got more than {most}; expected at most that many. 'vitrine explain --input' reads files of any "
                    + $"length."),
            _ => rows,
        };
    }

    private static (DataRow, Explanation?, string?)[] Explained(
        Explainer explainer, DataRow[] rows, ExplainRequest request, IProgress<WorkProgress> progress, CancellationToken stop)
    {
        List<(DataRow, Explanation?, string?)> found = [];
        foreach (DataRow row in rows)
        {
            ExplainedRow one = explainer.ExplainRow(row, request, stop);
            found.Add((row, one.Explanation, one.Error));
            progress.Report(new("rows", found.Count, rows.Length));
        }
        return [.. found];
    }

    private static void WriteRows(HtmlPage page, string model, ExplainRequest request, (DataRow Row, Explanation? Why,
        string? Error)[] found)
    {
        page.Raw("<section data-rows><h2>Rows</h2><p class=\"note\"><label>Filter <input id=\"filter\" type=\"search\"></label> ")
            .Raw("Columns sort by a click.</p><div class=\"wide\"><table class=\"grid\"><thead><tr>");
        foreach (string head in (string[])["row", "text", "label", "confidence", "disagreement"])
        {
            page.Raw($"<th aria-sort=\"none\"><button type=\"button\" data-sort>{head}</button></th>");
        }
        page.Raw("</tr></thead><tbody>").Line();
        foreach ((DataRow row, Explanation? why, string? error) in found)
        {
            string number = row.Number.ToString(CultureInfo.InvariantCulture);
            page.Raw($"<tr><td class=\"number\">{number}</td><td>");
            if (why is null)
            {
                page.Element("span", "class=\"warning\"", error ?? "").Raw("</td><td></td><td></td><td></td></tr>").Line();
                continue;
            }
            AttributionResult first = why.Results[0];
            WriteStrip(page, first);
            Values explain = new Values().Set("model", model).Set("text", row["text"] ?? row["question"] ?? "");
            explain.Set("context", row["context"] is { } context ? [context] : []).Set("methods", request.Methods);
            Prediction? said = why.Predictions.Count > 0 ? why.Predictions[0] : null;
            string label = said?.Label ?? TokenCell.Spell(first.Targets[0].Label).Trim();
            page.Raw("</td><td>").Element("a", $"class=\"go\" href=\"/explain?{Markup.Escape(explain.ToQuery())}\"", label);
            double p = said?.Probability ?? first.Targets[0].Probability ?? double.NaN;
            page.Raw("</td>").Element("td", $"class=\"number\" data-value=\"{Value(p)}\"", Numbers.Percent(p));
            double rank = why.Figure.Agreements is { Count: > 0 } all ? all.Average(a => a.Spearman) : double.NaN;
            page.Element("td", $"class=\"number\" data-value=\"{Value(1 - rank)}\"",
                double.IsNaN(rank) ? "n/a" : (1 - rank).ToString("0.00", CultureInfo.InvariantCulture)).Raw("</tr>").Line();
        }
        page.Raw("</tbody></table></div><p class=\"note\">Disagreement: 1 − Spearman's rank correlation of |score| between the "
            + "methods.</p>")
            .Raw("</section>").Line();
    }

    private static void WriteStrip(HtmlPage page, AttributionResult result)
    {
        ColorScale scale = Layout.ScaleOf(result, 0);
        foreach (SideScores side in result.Sides)
        {
            foreach (TokenCell cell in TokenCell.Of(side, []).Where(cell => !cell.IsSpecial))
            {
                float score = side.Scores[0][cell.Position];
                page.Raw(Markup.Escape(cell.Gap)).Element("span", $"class=\"token{(score < 0 ? " against" : score > 0 ? " for" : "")}\" "
                    + $"style=\"--a:{Numbers.Length(scale.Strength(score) * 0.9)}\" data-tip=\"{Numbers.Exact(score)}\"", cell.Text);
            }
        }
    }

    // Means over all rows, per explained label.
    private static void WriteWords(HtmlPage page, (DataRow Row, Explanation? Why, string? Error)[] found)
    {
        foreach (var label in found.Where(row => row.Why is { Predictions.Count: > 0 })
            .GroupBy(row => row.Why!.Predictions[0].Label).OrderByDescending(group => group.Count()).Take(6))
        {
            var words = label.SelectMany(row => row.Why!.Words.Select(word => (Text: word.Text.ToLowerInvariant(), word.Score)))
                .GroupBy(word => word.Text).Select(group => (Word: group.Key, Texts: group.Count(), Mean: group.Average(word =>
                    word.Score)))
                .OrderByDescending(word => Math.Abs(word.Mean * Math.Sqrt(word.Texts))).Take(20);
            page.Raw("<section>");
            new Grid
            {
                Title = $"Words that matter for {label.Key} ({label.Count()} rows)",
                Head = ["word", ">times", ">mean score"],
                Rows = [.. words.Select(word => (string[])[word.Word, word.Texts.ToString(CultureInfo.InvariantCulture),
                    Numbers.Exact(word.Mean)])],
            }.Write(page);
            page.Raw("</section>").Line();
        }
    }

    private static string Value(double value) => double.IsNaN(value) ? "" : value.ToString("R", CultureInfo.InvariantCulture);
}
