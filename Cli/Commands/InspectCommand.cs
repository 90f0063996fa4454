using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Vitrine.Transformers;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary><c>vitrine inspect</c>: what a model folder holds, and what it costs.</summary>
internal static class InspectCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource();
        var tensors = new Option<bool>("--tensors") { Description = "List the stored tensors." };
        var parameters = new Option<bool>("--parameters") { Description = "List the model's parameters and where each is stored." };
        var config = new Option<bool>("--config") { Description = "List the settings of config.json." };
        return new Verb("inspect", "Shows a model's task, sizes, memory, settings, tensors and parameters; checks that every weight is finite.", """
            vitrine inspect
            vitrine inspect --model path/to/gpt2 --tensors
            vitrine inspect --model path/to/gpt2 --parameters --config
            """)
            .With(tensors, parameters, config).With(source.Options)
            .Does((parsed, _) =>
            {
                using Explainer loaded = source.Load(parsed, terminal);
                using WeightsFolder weights = Open(loaded.Folder!);
                WriteSummary(loaded, weights, terminal.Output);
                if (parsed.GetValue(config))
                {
                    terminal.Output.WriteLine();
                    WriteConfig(loaded.Folder!, terminal.Output);
                }
                if (parsed.GetValue(tensors))
                {
                    terminal.Output.WriteLine();
                    Table.Write(terminal.Output, ["tensor", "type", "shape", ">bytes"], weights.Names.Order(StringComparer.Ordinal).Select(weights.Entry).Select(e => (string[])
                        [Markup.Visible(e.Name), e.Type.ToString(), $"[{string.Join(", ", e.Shape)}]", Grouped(e.Length)]));
                }
                if (parsed.GetValue(parameters))
                {
                    terminal.Output.WriteLine();
                    Table.Write(terminal.Output, ["parameter", "shape", "held as", "stored as"],
                        loaded.Model.Parameters.Select(p => (string[])[p.Name, p.Shape.ToString(), p.Int8 is not null ? "int8" : p.Half is not null ? "float16" : "float32", p.Place.ToString()]));
                }
            });
    }

    private static WeightsFolder Open(string folder)
    {
        try
        {
            WeightsFolder weights = WeightsFolder.Open(folder);
            weights.CheckFinite();
            return weights;
        }
        catch (WeightException e)
        {
            throw new CommandException(ExitCode.Model, e.Message, e);
        }
    }

    private static void WriteSummary(Explainer loaded, WeightsFolder weights, TextWriter output)
    {
        ModelInfo info = loaded.Model.Info;
        WeightEntry[] own = [.. weights.Names.Where(name => !loaded.Model.Weights.Ignored.ContainsKey(name)).Select(weights.Entry)];
        string types = string.Join(", ", own.GroupBy(e => e.Type).Select(g => $"{g.Count()} {g.Key}"));
        int layers = info.NLayers + info.NDecoderLayers;
        List<(string Name, string Value)> lines =
        [
            ("model", $"{info.Architecture} ({info.ModelType})"),
            ("task", info.Task.ToString()),
            ("sizes", $"d_model {Grouped(info.DModel)}, layers {info.NLayers}{(info.NDecoderLayers > 0 ? $" + {info.NDecoderLayers}" : "")}, heads {info.NHeads}, vocab {Grouped(info.VocabSize)}, positions {Grouped(info.MaxPositions)}"),
            .. info.Labels.Count > 0 ? [("labels", string.Join(", ", info.Labels))] : Array.Empty<(string, string)>(),
            ("tokenizer", loaded.Model.Tokenizer?.Description ?? "none in this folder"),
            ("parameters", Grouped(loaded.Model.Parameters.Sum(p => (long)p.Shape.Elements))),
            ("stored", $"{Size(own.Sum(e => e.Length))} in {weights.Files.Count} file{(weights.Files.Count == 1 ? "" : "s")}: {types}"),
            ("in memory", Held(loaded.Model.Parameters, own)),
            .. info.Task is ModelTask.CausalLanguageModel or ModelTask.SequenceToSequence
                ? [("key/value cache", $"at most {Size(2L * layers * info.DModel * sizeof(float))} per token")]
                : Array.Empty<(string, string)>(),
            ("a gradient", $"keeps about {Size(18L * layers * info.DModel * sizeof(float))} per token"),
            ("weights", "all finite"),
        ];
        lines.AddRange(loaded.Notices.Select(notice => ("notice", notice)));
        lines.AddRange(loaded.Model.Weights.Unused.Select(name => ("unused", Markup.Visible(name))));
        lines.AddRange(loaded.Model.Weights.Ignored.Select(pair => ("ignored", $"{Markup.Visible(pair.Key)}: {pair.Value}")));
        output.WriteLine(Markup.Visible(loaded.Name));
        foreach ((string name, string value) in lines)
        {
            output.WriteLine($"  {name,-16} {Markup.Visible(value)}");
        }
    }

    // By type. Mapped is what lies in the file just so; the rest was converted.
    private static string Held(IReadOnlyList<Parameter> parameters, WeightEntry[] stored)
    {
        long int8 = parameters.Sum(p => p.Int8?.Bytes ?? 0), half = 2 * parameters.Where(p => p.Half is not null).Sum(p => (long)p.Shape.Elements);
        long floats = sizeof(float) * parameters.Where(p => p.Int8 is null && p.Half is null).Sum(p => (long)p.Shape.Elements);
        WeightType[] types = [.. stored.Select(e => e.Type)];
        bool mapped = types.All(t => t is WeightType.F32 or WeightType.I8 or WeightType.I32 || (t == WeightType.F16 && half > 0))
            && (int8 == 0 || types.Contains(WeightType.I8)) && (half == 0 || types.Contains(WeightType.F16));
        string[] parts = [.. new[] { (int8, "int8"), (half, "float16"), (floats, "float32") }.Where(part => part.Item1 > 0).Select(part => $"{Size(part.Item1)} as {part.Item2}")];
        return (parts.Length > 1 ? $"{Size(int8 + half + floats)}: " : "") + string.Join(", ", parts) + (mapped ? ", mapped from the file" : "");
    }

    private static void WriteConfig(string folder, TextWriter output)
    {
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "config.json")));
        Table.Write(output, ["setting", "value"], config.RootElement.EnumerateObject().Select(p => (string[])
            [Markup.Visible(p.Name), Markup.Visible(TextWidth.Cut(p.Value.GetRawText().ReplaceLineEndings(" "), 100))]));
    }

    private static string Grouped(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Size(long bytes) => bytes switch
    {
        < 10_000 => $"{Grouped(bytes)} bytes",
        < 10_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0} kB"),
        < 10_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB"),
    };
}
