using System.Globalization;
using System.Text.Json.Nodes;
using Vitrine.Training;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>Which layers know a label: what small classifiers read from the activations at each hook point.</summary>
public sealed record ProbeResult
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>What the labelled texts are called.</summary>
    public required string Data { get; init; }

    /// <summary>What of a text became an example.</summary>
    public required ProbePooling Pooling { get; init; }

    /// <summary>All numbers.</summary>
    public required ProbeReport Report { get; init; }

    /// <summary>What should be known about how the model was read; empty for most.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    internal string Title => $"{Model}: {Data}, {Pooled}";

    private string Pooled => Pooling.ToString().ToLowerInvariant();

    /// <summary>The table that <c>vitrine probe</c> prints: a row per hook point and probe.</summary>
    public override string ToString()
    {
        var text = new StringWriter { NewLine = "\n" };
        Table().WriteWhole(text);
        return text.ToString();
    }

    /// <summary>The table in Markdown.</summary>
    public string ToMarkdown() => Table().Markdown();

    private Grid Table()
    {
        (ProbeReport report, bool controlled) = (Report, Report.Scores.Any(score => score.Control is not null));
        return new()
        {
            Title = Title,
            Head = ["hook", "probe", ">accuracy", ">95 %", ">macro F1", ">95 %", ">learned", .. controlled
                ? (string[])[">control", ">selectivity"] : []],
            Rows = [.. report.Scores.Select(score => (string[])
            [
                score.Hook, score.Probe, Percent(score.Accuracy.Value), Interval(score.Accuracy), Number(score.MacroF1.Value),
                    Interval(score.MacroF1), Percent(score.TrainingAccuracy),
                .. score is { Control: { } control, Selectivity: { } selectivity } ? (string[])[Percent(control), Number(selectivity)] : [],
            ])],
            Note = string.Create(CultureInfo.InvariantCulture,
                $"{report.TestExamples} test examples, {report.TrainingExamples} learned from, {report.Classes.Count} classes; always "
                    + $"the most frequent one: {Percent(report.Majority)}. Intervals: "
                        + $"{(Pooling == ProbePooling.Token ? "bootstrap over texts" : "Wilson for accuracy, bootstrap for F1")}."),
        };

        static string Interval(Estimate e) => string.Create(CultureInfo.InvariantCulture, $"{100 * e.Low:0.0}–{100 * e.High:0.0}");
        static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
    }

    /// <summary>Layers × positions as SVG; empty without <see cref="ProbeOptions.Positions"/>.</summary>
    public string ToSvg()
    {
        string[] hooks = [.. Report.Positions.Select(score => score.Hook).Distinct()];
        return LayerHeatmap.Svg(
            Title, "accuracy on unseen texts, per cent; coloured from the most frequent class (none) to 100 % (full)", Short(hooks),
                Report.PositionLabels,
            [.. hooks.Select(hook => Report.Positions.Where(score => score.Hook == hook).Select(score => (
                score.Accuracy,
                score.Majority < 1 ? (score.Accuracy - score.Majority) / (1 - score.Majority) : 0,
                string.Create(CultureInfo.InvariantCulture,
                    $"{hook}, position {score.Position}: {Percent(score.Accuracy)} of {score.TestExamples}; most frequent class "
                        + $"{Percent(score.Majority)}"))).ToArray())]);
    }

    /// <summary>All numbers as JSON (<c>docs/JSON.md</c>).</summary>
    public string ToJson() => ResultJsonText.Of(new()
    {
        ["format"] = "vitrine.probe",
        ["version"] = 1,
        ["model"] = Model,
        ["data"] = Data,
        ["pool"] = Pooled,
        ["classes"] = ResultJsonText.Texts(Report.Classes),
        ["training_examples"] = Report.TrainingExamples,
        ["test_examples"] = Report.TestExamples,
        ["majority"] = Report.Majority,
        ["scores"] = new JsonArray([.. Report.Scores.Select(Json)]),
        ["positions"] = new JsonArray([.. Report.Positions.Where(score => double.IsFinite(score.Accuracy)).Select(Json)]),
        ["warnings"] = ResultJsonText.Texts(Notices),
    });

    private static JsonNode Json(ProbeScore score)
    {
        var json = new JsonObject
        {
            ["hook"] = score.Hook,
            ["probe"] = score.Probe,
            ["accuracy"] = Json(score.Accuracy),
            ["macro_f1"] = Json(score.MacroF1),
            ["training_accuracy"] = score.TrainingAccuracy,
        };
        if (score is { Control: { } control, Selectivity: { } selectivity })
        {
            (json["control_accuracy"], json["selectivity"]) = (control, selectivity);
        }
        return json;
    }

    private static JsonNode Json(PositionScore score) => new JsonObject
    {
        ["hook"] = score.Hook,
        ["position"] = score.Position,
        ["accuracy"] = score.Accuracy,
        ["majority"] = score.Majority,
        ["test_examples"] = score.TestExamples,
    };

    private static JsonObject Json(Estimate estimate) =>
        new() { ["value"] = estimate.Value, ["low"] = estimate.Low, ["high"] = estimate.High };

    /// <summary>hook_resid_post of every block is "3 resid_post": the number is what tells the rows apart.</summary>
    internal static string[] Short(string[] hooks) =>
        [.. hooks.Select(hook => hook.Replace("blocks.", "", StringComparison.Ordinal).Replace("hook_", "", StringComparison.Ordinal))];

    private static string Percent(double part) => Numbers.Percent(part);
}
