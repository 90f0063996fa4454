using System.Text.Json;
using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine.Tests.Attributions.Inside;

/// <summary>AtP*, path patching, edge scores and circuits.</summary>
internal static class CircuitHandlers
{
    public static readonly (string, Action<string, ITransformer, GoldenCase, GoldenCheck>)[] All =
    [
        ("/atp_star", Atp),
        ("/path_patching/", Paths),
        ("/eap/scores", Scores),
        ("/eap/circuit", Chosen),
    ];

    private static void Atp(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        InsideResult result = AtpStar.Run(model, InsideGolden.Pairs(one));
        foreach (string key in one.Expected.Keys)
        {
            check.Close(key, result[key]);
        }
    }

    private static void Paths(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        PatchRequest request = new()
        {
            Direction = one.Name.EndsWith("denoise", StringComparison.Ordinal) ? PatchDirection.Denoise
            : PatchDirection.Noise
        };
        foreach (PathKind kind in Enum.GetValues<PathKind>())
        {
            string name = kind.ToString().ToLowerInvariant();
            string inputs = string.Concat("qkv".Where(c => one.Expected.ContainsKey($"{name}_{c}")));
            InsideResult result = PathPatching.Run(model, InsideGolden.Pairs(one), kind, inputs, request);
            foreach (char c in inputs)
            {
                InsideTable table = result[c.ToString()];
                // recorded: 0 where there is no path
                check.Close($"{name}_{c}", table with { Values = [.. table.Values.Select(v => double.IsNaN(v) ? 0 : v)] });
            }
        }
    }

    private static void Scores(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        PromptPair[] pairs = InsideGolden.Pairs(one);
        EdgeScores? last = null;
        foreach (string key in one.Expected.Keys.Where(k => !k.StartsWith("metric_", StringComparison.Ordinal)))
        {
            EdgeScores scores = last = EdgeScoring.Run(model, pairs, Request(key));
            check.Close(key, scores.Values, scores.Graph.Sources.Count, scores.Graph.Targets.Count);
        }
        check.Close("metric_clean", last!.MetricClean);
        check.Close("metric_corrupted", last.MetricCorrupted);
        Same(check, one, "sources", last.Graph.Sources);
        Same(check, one, "targets", last.Graph.Targets);
    }

    private static void Chosen(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        PromptPair[] pairs = InsideGolden.Pairs(one);
        EdgeScores scores = EdgeScoring.Run(model, pairs, Request(one.Json("scores").GetString()!));
        foreach (string key in one.Expected.Keys.Where(k => k.EndsWith("_metric", StringComparison.Ordinal)))
        {
            string choice = key[..^"_metric".Length];
            int n = int.Parse(choice.Split('_')[1], System.Globalization.CultureInfo.InvariantCulture);
            Circuit circuit = choice.StartsWith("topn", StringComparison.Ordinal) ? Circuit.Top(scores, n) : Circuit.Greedy(scores, n);
            (double metric, double faithfulness) = CircuitEvaluation.Faithfulness(model, pairs, circuit);
            check.Close(key, metric);
            check.Close(choice + "_faithfulness", faithfulness);
            string[] edges = [.. one.Lists[choice].EnumerateArray().Select(e => e.GetString()!)];
            if (!edges.Order(StringComparer.Ordinal).SequenceEqual(circuit.Edges.Order(StringComparer.Ordinal)))
            {
                check.Fail($"{choice}: got {string.Join(' ', circuit.Edges)}, expected {string.Join(' ', edges)}");
            }
        }
    }

    private static EdgeRequest Request(string key)
    {
        string[] parts = key.Split('_');
        return key switch
        {
            "eap" => new() { Method = EdgeMethod.Eap },
            "clean_corrupted" => new() { Method = EdgeMethod.CleanCorrupted },
            "information_flow_routes" => new() { Method = EdgeMethod.InformationFlow },
            "exact" => new() { Method = EdgeMethod.Exact },
            _ when key.StartsWith("eap_ig_inputs", StringComparison.Ordinal) =>
                new() { Method = EdgeMethod.EapIgInputs, Steps = Number(parts[3]), Right = parts[4] == "right" },
            _ => new() { Method = EdgeMethod.EapIgActivations, Steps = Number(parts[3]) },
        };
    }

    private static int Number(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static void Same(GoldenCheck check, GoldenCase one, string input, IReadOnlyList<string> actual)
    {
        if (one.Json(input) is { ValueKind: JsonValueKind.Array } names && !names.EnumerateArray().Select(n => n.GetString())
            .SequenceEqual(actual))
        {
            check.Fail($"{input}: {string.Join(' ', actual)}");
        }
    }
}
