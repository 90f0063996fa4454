using System.Globalization;
using System.Text;
using System.Text.Json;
using Vitrine.Training;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary>What probing found, as a table, a map, and JSON.</summary>
internal static class ProbeView
{
    /// <summary>A row per hook point and probe.</summary>
    public static Grid Table(string title, ProbeReport report, ProbePooling pooling)
    {
        bool controlled = report.Scores.Any(score => score.Control is not null);
        return new()
        {
            Title = title,
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
                        + $"{(pooling == ProbePooling.Token ? "bootstrap over texts" : "Wilson for accuracy, bootstrap for F1")}."),
        };

        static string Interval(Estimate e) => string.Create(CultureInfo.InvariantCulture, $"{100 * e.Low:0.0}–{100 * e.High:0.0}");
        static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
    }

    /// <summary>Layers × positions as SVG.</summary>
    public static string Map(string title, ProbeReport report)
    {
        string[] hooks = [.. report.Positions.Select(score => score.Hook).Distinct()];
        return LayerHeatmap.Svg(
            title, "accuracy on unseen texts, per cent; coloured from the most frequent class (none) to 100 % (full)", Short(hooks),
                report.PositionLabels,
            [.. hooks.Select(hook => report.Positions.Where(score => score.Hook == hook).Select(score => (
                score.Accuracy,
                score.Majority < 1 ? (score.Accuracy - score.Majority) / (1 - score.Majority) : 0,
                string.Create(CultureInfo.InvariantCulture,
                    $"{hook}, position {score.Position}: {Percent(score.Accuracy)} of {score.TestExamples}; most frequent class "
                        + $"{Percent(score.Majority)}"))).ToArray())]);
    }

    /// <summary>All numbers.</summary>
    public static string Json(string model, IReadOnlyList<string> notices, string data, ProbePooling pooling, ProbeReport report)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("format", "vitrine.probe");
            json.WriteNumber("version", 1);
            json.WriteString("model", model);
            json.WriteString("data", data);
            json.WriteString("pool", pooling.ToString().ToLowerInvariant());
            json.WritePropertyName("classes");
            JsonSerializer.Serialize(json, report.Classes);
            json.WriteNumber("training_examples", report.TrainingExamples);
            json.WriteNumber("test_examples", report.TestExamples);
            json.WriteNumber("majority", report.Majority);
            json.WriteStartArray("scores");
            foreach (ProbeScore score in report.Scores)
            {
                json.WriteStartObject();
                json.WriteString("hook", score.Hook);
                json.WriteString("probe", score.Probe);
                Write(json, "accuracy", score.Accuracy);
                Write(json, "macro_f1", score.MacroF1);
                json.WriteNumber("training_accuracy", score.TrainingAccuracy);
                if (score is { Control: { } control, Selectivity: { } selectivity })
                {
                    json.WriteNumber("control_accuracy", control);
                    json.WriteNumber("selectivity", selectivity);
                }
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("positions");
            foreach (PositionScore score in report.Positions.Where(score => double.IsFinite(score.Accuracy)))
            {
                json.WriteStartObject();
                json.WriteString("hook", score.Hook);
                json.WriteNumber("position", score.Position);
                json.WriteNumber("accuracy", score.Accuracy);
                json.WriteNumber("majority", score.Majority);
                json.WriteNumber("test_examples", score.TestExamples);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WritePropertyName("warnings");
            JsonSerializer.Serialize(json, notices);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }

    private static void Write(Utf8JsonWriter json, string name, Estimate estimate)
    {
        json.WriteStartObject(name);
        json.WriteNumber("value", estimate.Value);
        json.WriteNumber("low", estimate.Low);
        json.WriteNumber("high", estimate.High);
        json.WriteEndObject();
    }

    /// <summary>hook_resid_post of every block is "3 resid_post": the number is what tells the rows apart.</summary>
    public static string[] Short(string[] hooks) =>
        [.. hooks.Select(hook => hook.Replace("blocks.", "", StringComparison.Ordinal).Replace("hook_", "", StringComparison.Ordinal))];

    private static string Percent(double part) => Numbers.Percent(part);
}
