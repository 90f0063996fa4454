using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Vitrine.Attributions;
using Vitrine.Cli;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Bench;

/// <summary>
/// <c>bench inside</c>: patching every head, estimates of every node, scores of every edge, with the keys and definitions of the PyTorch
/// script they are compared with: ids (i · 7919 + 13) mod vocab, positions 3 and 9 moved on by 1000, logit[262] − logit[11] at the last
/// position.
/// </summary>
internal static class InsideBench
{
    private static readonly string[] s_nodes = ["resid_pre", "q", "k", "v", "z", "attn_out", "mlp_out"];

    private static readonly Dictionary<string, Func<ITransformer, PromptPair, double[]>> s_works = new()
    {
        ["forward"] = (model, pair) => [model.Forward(pair.Clean).Shape.Elements],
        ["patch_heads"] = (model, pair) => ActivationPatching.Run(model, [pair], PatchPlace.Get("z"))["raw"].Values,
        ["attribution_patching"] = (model, pair) => AttributionPatching.Run(model, [pair], [.. s_nodes.Select(PatchPlace.Get)])["z"].Values,
        ["eap"] = (model, pair) => EdgeScoring.Run(model, [pair], new() { Method = EdgeMethod.Eap }).Values,
        ["eap_ig5"] = (model, pair) => EdgeScoring.Run(model, [pair], new() { Method = EdgeMethod.EapIgInputs, Steps = 5 }).Values,
    };

    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource();
        Option<int> tokens = new("--tokens") { Description = "Length of the prompts.", HelpName = "n", DefaultValueFactory = _ => 32 };
        Option<int> reps = new("--reps") { Description = "Timed runs of each.", HelpName = "n", DefaultValueFactory = _ => 3 };
        Option<string?> only = new("--only") { Description = $"Some of {string.Join(',', s_works.Keys)}.", HelpName = "names" };
        Option<string?> values = new("--values")
        {
            Description = "Write metrics, patches, estimates and edges as JSON, to prove that the same work was done.",
            HelpName = "path"
        };
        return new Verb("inside", "Times looking inside: patches of all heads, estimates of all nodes, scores of all edges; prints one JSON object, medians in ms.", """
            dotnet run -c Release --project bench -- inside --model path/to/gpt2
            dotnet run -c Release --project bench -- inside --model path/to/gpt2 --only eap_ig5 --values values.json
            """)
            .With(tokens, reps, only, values).With(source.Options)
            .Does((parsed, cancellation) =>
            {
                OutputFile.Probe(parsed.GetValue(values), terminal);
                using Explainer loaded = source.Load(parsed, terminal);
                PromptPair pair = Pair(loaded.Model.Info.VocabSize, parsed.GetValue(tokens));
                var times = new Dictionary<string, double[]>();
                var found = new Dictionary<string, double[]>();
                foreach (string name in parsed.GetValue(only)?.Split(',', StringSplitOptions.TrimEntries) ?? [.. s_works.Keys])
                {
                    Func<ITransformer, PromptPair, double[]> work = s_works.GetValueOrDefault(name) ?? throw new CommandException(
                        ExitCode.Usage, $"bench: no such work; got '{name}'; expected one of {string.Join(", ", s_works.Keys)}."
                        + Nearest.Hint(name, s_works.Keys));
                    found[name] = work(loaded.Model, pair); // warm up
                    times[name] = Stopwatches.Time(Verb.Positive(parsed.GetValue(reps), "reps"), () => _ = work(loaded.Model, pair),
                        cancellation);
                }
                terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{{\"threads\": {Workers.Count}, \"tokens\": {parsed.GetValue(tokens)}, ")
                    + string.Join(", ", times.Select(t => string.Create(CultureInfo.InvariantCulture,
                        $"\"{t.Key}\": {Stopwatches.Median(t.Value):0.0}")))
                    + string.Create(CultureInfo.InvariantCulture, $", \"peak_mb\": {Stopwatches.PeakMegabytes()}}}"));
                if (parsed.GetValue(values) is { } path)
                {
                    found["metric_clean"] = [pair.Metric.Of(loaded.Model, pair.Clean).Item()];
                    found["metric_corrupted"] = [pair.Metric.Of(loaded.Model, pair.Corrupted).Item()];
                    OutputFile.Write(path, JsonSerializer.Serialize(found) + "\n", terminal);
                }
            });
    }

    private static PromptPair Pair(int vocab, int tokens)
    {
        int[] clean = [.. Enumerable.Range(0, tokens).Select(i => (int)(((long)i * 7919 + 13) % vocab))], corrupted = [.. clean];
        (corrupted[3], corrupted[9]) = ((corrupted[3] + 1000) % vocab, (corrupted[9] + 1000) % vocab);
        return PromptPair.Of(clean, corrupted, InsideMetric.LogitDifference(262 % vocab, 11));
    }
}
