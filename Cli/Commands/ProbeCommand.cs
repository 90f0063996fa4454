using Vitrine.Training;

namespace Vitrine.Cli;

/// <summary><c>vitrine probe</c>: which layers know a label?</summary>
internal static class ProbeCommand
{
    private const int MadeUp = 2000;
    private const string MadeUpName = "made-up places";

    public static Verb Create(Terminal terminal)
    {
        var standard = new ProbeOptions();
        var source = new ModelSource("models/reader");
        var data = Declare.Value<string?>("--data", "file",
            "Lines of JSON: text and label; or text and spans [[start, end, label], …]; or tokens and labels (docs/PROBES.md). Default: a "
            + "made-up set, what 'vitrine train data places --count 2000' writes, with --pool token.");
        var hooks = Declare.Values("--hook", "name",
            "Hook point or pattern; repeatable. Default: what enters the first block and what leaves each.");
        var probes = Declare.Values("--probe", "kind", "logistic, linear (ridge), centroid or mlp; repeatable, or several with commas.");
        var pool = Declare.Value<string?>("--pool", "choice",
            "What becomes an example: mean (the default), first or last token of a text, or each token.");
        var test = Declare.Value<double>("--test", "x", "Part of the texts that is only judged.", standard.TestPart);
        var c = Declare.Value<double>("--c", "x", "Inverse strength of the logistic probe's penalty, as in scikit-learn.", standard.C);
        var positions = Declare.Value<int>("--positions", "n", "Also probe the first so many positions, each for itself.");
        var bare = Declare.Flag("--no-control", "Leave out the control task, which costs as much as the task.");
        var limit = Declare.Value<int?>("--limit", "n", "Read only so many lines.");
        var seed = Declare.Value<int>("--seed", "n", "Decides the split and everything drawn.", standard.Seed);
        var json = Declare.Value<string?>("--json", "path", "Write all numbers as JSON; - for standard output.");
        var markdown = Declare.Value<string?>("--markdown", "path", "Write the table as Markdown; - for standard output.");
        var plot = new PlotOption("accuracy per layer", "--svg");
        var heatmap = Declare.Value<string?>("--heatmap", "path", "Write a map of layers × positions; asks --positions 16 unless given.");
        return new Verb("probe", "Learns small classifiers on activations: which layers know a label?", """
            vitrine probe
            vitrine probe --plot places.svg --positions 12 --heatmap map.svg
            vitrine probe --model models/sentiment --data reviews.jsonl --probe logistic,centroid,mlp --hook "blocks.*.hook_resid_post"
            """)
            .With(data, hooks, probes, pool, test, c, positions, bare, limit, seed, json, markdown)
            .With(plot.Symbols).With(heatmap).With(source.Options)
            .Does((parsed, cancellation) =>
            {
                string?[] outputs = [parsed.GetValue(json), parsed.GetValue(markdown), parsed.GetValue(heatmap)];
                OutputFile.ProbeAll(terminal, outputs);
                plot.Probe(parsed, terminal);
                string? file = parsed.GetValue(data);
                string pooled = parsed.GetValue(pool) ?? (file is null ? "token" : "mean");
                ProbePooling pooling = Enum.TryParse(pooled, ignoreCase: true, out ProbePooling named) && Enum.IsDefined(named) ? named
                    : throw new CommandException(
                    ExitCode.Usage, $"pool: unknown; got '{pooled}'; expected "
                        + $"{string.Join(", ", Enum.GetNames<ProbePooling>().Select(n => n.ToLowerInvariant()))}.");
                IReadOnlyList<ProbeText> texts = file is null ? ProbeText.Parse([.. StoryPlaces.Make(MadeUp, seed: 1)], MadeUpName)
                    : ProbeText.Read(terminal.Resolve(file));
                using Explainer loaded = source.Load(parsed, terminal);
                string[] kinds = Names.Of(parsed.GetValue(probes));
                var asked = new ProbeOptions
                {
                    Hooks = parsed.GetValue(hooks) ?? [],
                    Probes = kinds.Length > 0 ? kinds : standard.Probes,
                    Pooling = pooling,
                    TestPart = parsed.GetValue(test),
                    C = parsed.GetValue(c),
                    Seed = parsed.GetValue(seed),
                    Control = !parsed.GetValue(bare),
                    Positions = parsed.GetValue(positions) is 0 && parsed.GetValue(heatmap) is not null ? 16 : parsed.GetValue(positions),
                };
                ProbeResult found;
                using (ProgressLine progress = ProgressLine.Start("probing", terminal))
                {
                    found = loaded.Probe(parsed.GetValue(limit) is { } most ? [.. texts.Take(Verb.Positive(most, "limit"))] : texts, asked,
                        file is null ? MadeUpName : Path.GetFileName(file), progress, cancellation);
                }
                plot.Write(parsed, terminal, () => StatisticCharts.Probe(found));
                OutputFile.WriteAll(terminal, [(outputs[0], found.ToJson), (outputs[1], found.ToMarkdown), (outputs[2], found.ToSvg)],
                    screen => screen.Write(found));
            });
    }
}
