using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Vitrine.Cli;
using Vitrine.Tensors;

namespace Vitrine.Bench;

/// <summary>
/// <c>bench model</c>: five measurements of a causal language model over fixed token ids, with the keys and definitions of
/// the PyTorch script they are compared with, so that one program can divide one by the other.
/// </summary>
internal static class BenchModel
{
    private static readonly string[] s_works = ["forward", "saliency", "ig50", "ig50_batched", "explain_generation"];

    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource();
        Option<int> number(string name, int standard, string description) =>
            new(name) { Description = description, HelpName = "n", DefaultValueFactory = _ => standard };
        Option<int> tokens = number("--tokens", 128, "Length of the text; its ids are (i · 7919 + 13) mod vocab.");
        Option<int> generate = number("--generate", 16, "How many of its last tokens are explained as generated ones.");
        Option<int> reps = number("--reps", 5, "Timed runs of forward and saliency; the longer works run a fifth as often.");
        Option<int> steps = number("--ig-steps", 50, "Points of the path integral.");
        Option<int> batch = number("--ig-batch", 10, "Points per batch of ig50_batched; ig50 takes one at a time.");
        var only = new Option<string?>("--only") { Description = $"Some of {string.Join(',', s_works)}.", HelpName = "names" };
        var values = new Option<string?>("--values")
        {
            Description =
            "Write logits and attributions as JSON, to prove that the same work was done.",
            HelpName = "path"
        };
        return new Verb("model", "Times forward, saliency, integrated gradients and explained generation; prints one JSON object, medians in ms.", """
            dotnet run -c Release --project bench -- model --model path/to/gpt2
            dotnet run -c Release --project bench -- model --model path/to/gpt2 --tokens 512 --threads 2 --only forward,saliency --values values.json
            """)
            .With(tokens, generate, reps, steps, batch, only, values).With(source.Options)
            .Does((parsed, cancellation) =>
            {
                OutputFile.Probe(parsed.GetValue(values), terminal);
                using Explainer loaded = source.Load(parsed, terminal);
                var work = new ModelWork(loaded, parsed.GetValue(tokens), parsed.GetValue(generate), parsed.GetValue(steps), cancellation);
                int runs = Verb.Positive(parsed.GetValue(reps), "reps"), points = Verb.Positive(parsed.GetValue(batch), "ig-batch");
                var results = new Dictionary<string, (double Median, float[][] Values)>();
                foreach (string name in parsed.GetValue(only)?.Split(',', StringSplitOptions.TrimEntries) ?? s_works)
                {
                    results[name] = Measure(name, work, runs, points, cancellation);
                }
                terminal.Output.WriteLine(Summary(work, parsed, tokens, generate, results));
                if (parsed.GetValue(values) is { } path)
                {
                    OutputFile.Write(path, Values(results) + "\n", terminal);
                }
            });
    }

    private static (double Median, float[][] Values) Measure(string name, ModelWork work, int reps, int points,
        CancellationToken cancellation)
    {
        (bool isShort, Func<float[][]> run) = name switch
        {
            "forward" => (true, work.Forward),
            "saliency" => (true, work.Saliency),
            "ig50" => (false, () => work.IntegratedGradients(1)),
            "ig50_batched" => (false, () => work.IntegratedGradients(points)),
            "explain_generation" => (false, (Func<float[][]>)work.ExplainGeneration),
            _ => throw new CommandException(ExitCode.Usage,
                $"bench: no such work; got '{name}'; expected one of {string.Join(", ", s_works)}.{Nearest.Hint(name, s_works)}"),
        };
        float[][] result = isShort ? run() : []; // warm up
        double[] times = Stopwatches.Time(isShort ? reps : Math.Max(1, reps / 5), () => result = run(), cancellation);
        return (Stopwatches.Median(times), result);
    }

    private static string Summary(ModelWork work, ParseResult parsed, Option<int> tokens, Option<int> generate, Dictionary<string,
        (double Median, float[][] Values)> results)
    {
        IEnumerable<string> times =
            results.Select(r => string.Create(CultureInfo.InvariantCulture, $"\"{r.Key}\": {Math.Round(r.Value.Median, 1):0.0}"));
        string version = typeof(BenchModel).Assembly.GetName().Version?.ToString(3) ?? "";
        return string.Create(CultureInfo.InvariantCulture,
            $"{{\"vitrine\": \"{version}\", \"threads\": {Workers.Count}, \"tokens\": {parsed.GetValue(tokens)}, "
            + $"\"generate\": {parsed.GetValue(generate)}, \"target\": {work.Target}, \"unit\": \"ms, median\", "
            + $"{string.Join(", ", times)}, \"peak_rss_mb\": {Stopwatches.PeakMegabytes()}}}");
    }

    private static string Values(Dictionary<string, (double Median, float[][] Values)> results)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            foreach ((string name, (_, float[][] rows)) in results)
            {
                json.WritePropertyName(name == "forward" ? "last_logits_first_64" : name);
                if (name == "explain_generation")
                {
                    json.WriteStartArray();
                    Array.ForEach(rows, row => Write(json, row));
                    json.WriteEndArray();
                }
                else
                {
                    Write(json, rows[0]);
                }
            }
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Write(Utf8JsonWriter json, float[] row)
    {
        json.WriteStartArray();
        Array.ForEach(row, json.WriteNumberValue);
        json.WriteEndArray();
    }
}
