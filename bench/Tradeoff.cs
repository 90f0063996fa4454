using System.Diagnostics;
using System.Globalization;
using System.Text;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Training;
using Vitrine.Transformers;

namespace Vitrine.Bench;

/// <summary>
/// What it costs to make a classifier smaller: a teacher next to its student, itself in 8 bits, pruned, and tuned by an adapter. Size,
/// speed, accuracy, and whether explanations stay what they were and stay true.
/// </summary>
internal static class Tradeoff
{
    private const int Explained = 100, Timed = 200, Rounds = 5;

    private static readonly IAttributionMethod s_method = AttributionMethods.Get("integrated_gradients");
    private static readonly IMetric[] s_metrics = [Metrics.Get("comprehensiveness"), Metrics.Get("sufficiency")];

    /// <summary>
    /// Arguments: the report's path, the folders of teacher, student and adapter, the seed of their held-out tenth, and data files as
    /// label=path.
    /// </summary>
    public static int Run(string[] args)
    {
        if (args.Length < 6 || !int.TryParse(args[4], NumberStyles.None, CultureInfo.InvariantCulture, out int seed))
        {
            Console.Error.WriteLine("bench: wrong arguments; expected report.md teacher student adapter seed label=path label=path …");
            return 2;
        }
        (string teacher, string student, string adapter) = (args[1], args[2], args[3]);
        LabelledText[] held = [.. HeldOut.Split(args[5..].SelectMany(TextLines.Labelled), text => text.Text, 0.1, seed).Held];
        Variant[] variants =
        [
            new("teacher", ModelLoader.Load(teacher), Bytes(teacher)),
            new("student, half the blocks", ModelLoader.Load(student), Bytes(student)),
            Quantized(teacher, "int8", Quantization.Int8), Quantized(teacher, "int8-all", Quantization.Int8All),
            Pruned(teacher, 0.5, false), Pruned(teacher, 0.8, false), Pruned(teacher, 0.5, true), Pruned(teacher, 0.8, true),
            new("LoRA-tuned teacher", LoraAdapter.Merge(LoraAdapter.Load(ModelLoader.Load(teacher), adapter)),
                Bytes(teacher) + Bytes(adapter)),
        ];
        double[] times = Time(variants, held);
        string[][] said = [.. variants.Select(variant => held.Select(text => Label(variant.Model, text.Text)).ToArray())];
        AttributionResult[] original = [.. held.Take(Explained)
            .Select((text, i) => s_method.Attribute(Function(variants[0].Model, text.Text, said[0][i]), new()))];

        var report = new StringBuilder();
        report.Append(CultureInfo.InvariantCulture, $"# Smaller classifiers, and their explanations\n\n{Machine.Header()}.\n\n");
        report.Append(CultureInfo.InvariantCulture,
            $"A BERT of {variants[0].Model.Info.NLayers} blocks (d {variants[0].Model.Info.DModel}) "
            + $"and what was made of it, on {held.Length} held-out sentences that none has learned. "
            + $"Size: the weights' files, float16 but for 8-bit matrices; not zero: parameters that are not 0.\n");
        report.Append(CultureInfo.InvariantCulture, $"Time: one sentence at a time, the fastest of {Rounds} rounds in turns over {Timed} "
            + $"sentences, which a busy machine disturbs least; zeros are multiplied like other numbers. "
            + $"Accuracy with Wilson's 95 % interval; agreement: of labels with the teacher's.\n");
        report.Append(CultureInfo.InvariantCulture, $"Explanations: integrated gradients of the first {Explained} sentences. "
            + $"Spearman (of |score|), top 5 and signs compare with the teacher's for the label the teacher gives; "
            + $"comprehensiveness (more is better) and sufficiency (less is better) are of each model's own label, on its own "
            + $"probability.\n\n");
        report.Append("| model | kB | not zero | ms | accuracy | agreement | Spearman | top 5 shared | same sign | comprehensiveness | "
            + "sufficiency |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
        for (int v = 0; v < variants.Length; v++)
        {
            ITransformer model = variants[v].Model;
            Agreement[] agreements =
                [.. original.Select((result, i) => Agreement.Between(result,
                    s_method.Attribute(Function(model, held[i].Text, said[0][i]), new())))];
            var board = new Scoreboard([s_method.Name], s_metrics);
            for (int i = 0; i < original.Length; i++)
            {
                board.Add(new Trial(Function(model, held[i].Text, said[v][i], "probability"), new()), [s_method]);
            }
            int right = held.Index().Count(text => text.Item.Label == said[v][text.Index]),
                same = said[v].Zip(said[0]).Count(pair => pair.First == pair.Second);
            Estimate accuracy = ProbeStatistics.Wilson(right, held.Length);
            string line = string.Create(CultureInfo.InvariantCulture,
                $"| {variants[v].Name} | {variants[v].Bytes / 1024.0:N0} "
                + $"| {model.Parameters.Sum(p => (long)p.Value.ToArray().Count(w => w != 0)):N0} | {times[v]:F2} "
                + $"| {accuracy.Value:P1} ({100 * accuracy.Low:F1}–{100 * accuracy.High:F1}) | {(double)same / held.Length:P1} "
                + $"| {Mean(agreements, a => a.Spearman):F3} | {Mean(agreements, a => a.TopOverlap):F2} "
                + $"| {Mean(agreements, a => a.SameSign):F2} | {board.Score(s_method.Name, s_metrics[0]).Mean:F3} "
                + $"| {board.Score(s_method.Name, s_metrics[1]).Mean:F3} |\n");
            Console.Write(line);
            report.Append(line);
        }
        report.Append("\nMade by `dotnet run -c Release --project bench -- tradeoff report.md teacher student adapter seed label=path "
            + "…`.\n");
        File.WriteAllText(args[0], report.ToString());
        return 0;
    }

    // Where two explanations share no top token there is no sign to compare.
    private static double Mean(Agreement[] agreements, Func<Agreement, double> of) =>
        agreements.Select(of).Where(double.IsFinite).Average();

    /// <summary>Milliseconds per sentence: all variants in every round, so that they share the machine's moods.</summary>
    private static double[] Time(Variant[] variants, LabelledText[] held)
    {
        double[][] times = [.. variants.Select(_ => new double[Rounds])];
        for (int round = -1; round < Rounds; round++) // the first one warms up
        {
            for (int v = 0; v < variants.Length; v++)
            {
                var clock = Stopwatch.StartNew();
                foreach (LabelledText text in held.Take(Timed))
                {
                    _ = Label(variants[v].Model, text.Text);
                }
                times[v][Math.Max(round, 0)] = clock.Elapsed.TotalMilliseconds / Math.Min(Timed, held.Length);
            }
        }
        return [.. times.Select(rounds => rounds.Min())];
    }

    private static Variant Quantized(string teacher, string name, Quantization choice)
    {
        string folder = Directory.CreateTempSubdirectory("tradeoff").FullName;
        try
        {
            Int8Folder.Write(teacher, folder, choice);
            return new(name, ModelLoader.Load(teacher, choice), Bytes(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Variant Pruned(string teacher, double sparsity, bool tables)
    {
        ITransformer model = ModelLoader.Load(teacher);
        Pruning.Apply(model, sparsity, tables);
        return new(string.Create(CultureInfo.InvariantCulture, $"pruned, {sparsity:P0} of layers{(tables ? " and tables" : "")}"), model,
            Bytes(teacher));
    }

    private static string Label(ITransformer model, string text)
    {
        float[] logits = model.Forward(ModelInput.Of(Read(model, text).Ids)).ToArray();
        return model.Info.Labels[Array.IndexOf(logits, logits.Max())];
    }

    private static ScoreFunction Function(ITransformer model, string text, string label, string? step = null) =>
        Targets.Labels(model, ExplainedText.Of(Read(model, text)), [model.Info.Labels.Index().First(l => l.Item == label).Index],
            step is null ? null : new StepOptions(step));

    private static Vitrine.Transformers.Encoding Read(ITransformer model, string text) =>
        (model.Tokenizer ?? throw new VitrineException("bench: no tokenizer.")).Encode(text).Truncate(model.Info.MaxPositions);

    private static long Bytes(string folder) => Directory.EnumerateFiles(folder, "*.safetensors").Sum(file => new FileInfo(file).Length);

    private sealed record Variant(string Name, ITransformer Model, long Bytes);
}
