using System.Globalization;
using System.Text.Json.Nodes;
using Vitrine.Attributions;
using Vitrine.Transformers;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary><c>vitrine inspect</c>: what a model folder holds, and what it costs.</summary>
internal static class InspectCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource();
        var tensors = Declare.Flag("--tensors", "List the stored tensors.");
        var parameters = Declare.Flag("--parameters", "List the model's parameters and where each is stored.");
        var config = Declare.Flag("--config", "List the settings of config.json.");
        var json = new JsonOption();
        return new Verb("inspect", "Shows a model's task, sizes, memory, settings, tensors and parameters; checks that every weight is finite.", """
            vitrine inspect
            vitrine inspect --model path/to/gpt2 --tensors
            vitrine inspect --model path/to/gpt2 --parameters --config
            """)
            .With(tensors, parameters, config, json.Option).With(source.Options)
            .Does((parsed, _) =>
            {
                json.Probe(parsed, terminal);
                using Explainer loaded = source.Load(parsed, terminal);
                using WeightsFolder weights = Open(loaded.Folder!);
                (bool settings, bool stored, bool held) = (parsed.GetValue(config), parsed.GetValue(tensors), parsed.GetValue(parameters));
                json.Write(parsed, terminal, () => Json(loaded, weights, settings, stored, held), screen =>
                {
                    WriteSummary(loaded, weights, screen);
                    WriteTable(screen, settings, ["setting", "value"], () => Settings(loaded.Folder!)
                        .Select(p => (string[])[p.Name, TextWidth.Cut(p.Value.ToJsonString().ReplaceLineEndings(" "), 100)]));
                    WriteTable(screen, stored, ["tensor", "type", "shape", ">bytes"], () => Stored(weights)
                        .Select(e => (string[])[e.Name, e.Type.ToString(), $"[{string.Join(", ", e.Shape)}]", Grouped(e.Length)]));
                    WriteTable(screen, held, ["parameter", "shape", "held as", "stored as"], () =>
                        loaded.Model.Parameters.Select(p => (string[])[p.Name, p.Shape.ToString(), HeldAs(p), p.Place.ToString()]));
                });
            });
    }

    private static void WriteTable(TextWriter screen, bool isAsked, IReadOnlyList<string> head, Func<IEnumerable<string[]>> rows)
    {
        if (isAsked)
        {
            screen.WriteLine();
            Table.Write(screen, head, rows());
        }
    }

    private static IEnumerable<WeightEntry> Stored(WeightsFolder weights) =>
        weights.Names.Order(StringComparer.Ordinal).Select(weights.Entry);

    private static string HeldAs(Parameter parameter) =>
        parameter.Int8 is not null ? "int8" : parameter.Half is not null ? "float16" : "float32";

    private static string Json(Explainer loaded, WeightsFolder weights, bool settings, bool stored, bool held)
    {
        ModelInfo info = loaded.Model.Info;
        return JsonText.Of(
            "vitrine.model", ("model", loaded.Name), ("architecture", info.Architecture), ("model_type", info.ModelType),
                ("task", info.Task.ToString()), ("d_model", info.DModel),
            ("layers", info.NLayers), ("decoder_layers", info.NDecoderLayers), ("heads", info.NHeads), ("vocab", info.VocabSize),
                ("positions", info.MaxPositions),
            ("labels", JsonText.Texts(info.Labels)), ("tokenizer", loaded.Model.Tokenizer?.Description),
                ("parameters", loaded.Model.Parameters.Sum(p => (long)p.Shape.Elements)),
            ("stored_bytes", Own(loaded, weights).Sum(e => e.Length)), ("files", weights.Files.Count),
                ("unused", JsonText.Texts(loaded.Model.Weights.Unused)),
            ("ignored", new JsonObject(loaded.Model.Weights.Ignored.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)))),
            ("config", settings ? new JsonObject(Settings(loaded.Folder!)
                .Select(p => KeyValuePair.Create(p.Name, (JsonNode?)p.Value.DeepClone()))) : null),
            ("tensors", stored ? new JsonArray([.. Stored(weights)
                .Select(e => (JsonNode)new JsonObject { ["name"] = e.Name, ["type"] = e.Type.ToString(), ["shape"] =
                    new JsonArray([.. e.Shape.Select(n => (JsonNode)n)]), ["bytes"] = e.Length })]) : null),
            ("held", held ? new JsonArray([.. loaded.Model.Parameters.Select(p =>
                (JsonNode)new JsonObject { ["name"] = p.Name, ["shape"] = p.Shape.ToString(), ["held_as"] = HeldAs(p), ["stored_as"] =
                    p.Place.ToString() })]) : null),
            ("warnings", JsonText.Texts(loaded.Notices)));
    }

    private static WeightEntry[] Own(Explainer loaded, WeightsFolder weights) =>
        [.. weights.Names.Where(name => !loaded.Model.Weights.Ignored.ContainsKey(name)).Select(weights.Entry)];

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
        WeightEntry[] own = Own(loaded, weights);
        string types = string.Join(", ", own.GroupBy(e => e.Type).Select(g => $"{g.Count()} {g.Key}"));
        List<(string Name, string Value)> lines =
        [
            ("model", $"{info.Architecture} ({info.ModelType})"),
            ("task", info.Task.ToString()),
            ("sizes", $"d_model {Grouped(info.DModel)}, layers "
                + $"{info.NLayers}{(info.NDecoderLayers > 0 ? $" + {info.NDecoderLayers}" : "")}, heads {info.NHeads}, vocab "
                    + $"{Grouped(info.VocabSize)}, positions {Grouped(info.MaxPositions)}"),
            .. info.Labels.Count > 0 ? [("labels", string.Join(", ", info.Labels))] : Array.Empty<(string, string)>(),
            ("tokenizer", loaded.Model.Tokenizer?.Description ?? "none in this folder"),
            ("parameters", Grouped(loaded.Model.Parameters.Sum(p => (long)p.Shape.Elements))),
            ("stored", $"{Size(own.Sum(e => e.Length))} in {weights.Files.Count} file{(weights.Files.Count == 1 ? "" : "s")}: {types}"),
            ("in memory", Held(loaded.Model.Parameters, own)),
            .. info.Task is ModelTask.CausalLanguageModel or ModelTask.SequenceToSequence
                ? [("key/value cache", Cached(loaded.Model))]
                : Array.Empty<(string, string)>(),
            ("a gradient", $"keeps {Size(WorkingMemory.KeptPerToken(loaded.Model))} per token"),
            ("weights", "all finite"),
        ];
        lines.AddRange(loaded.Notices.Select(notice => ("notice", notice)));
        lines.AddRange(loaded.Model.Weights.Unused.Select(name => ("unused", Markup.Visible(name))));
        lines.AddRange(loaded.Model.Weights.Ignored.GroupBy(pair => pair.Value).Select(alike => ("ignored",
            $"{Markup.Visible(alike.First().Key)}{(alike.Count() > 1 ? $" and {alike.Count() - 1} more" : "")}: {alike.Key}")));
        output.WriteLine(Markup.Visible(loaded.Name));
        foreach ((string name, string value) in lines)
        {
            output.WriteLine($"  {name,-16} {Markup.Visible(value)}");
        }
    }

    private static string Cached(ITransformer model) => $"{Size(WorkingMemory.CachedPerToken(model))} per token"
        + (WorkingMemory.CachedPerToken(model, ofSource: true) is > 0 and var source
            ? $", and {Size(source)} per token of the source" : "");

    // By type. Mapped is what lies in the file just so; the rest was converted.
    private static string Held(IReadOnlyList<Parameter> parameters, WeightEntry[] stored)
    {
        long int8 = parameters.Sum(p => p.Int8?.Bytes ?? 0), half = 2 * parameters.Where(p => p.Half is not null)
            .Sum(p => (long)p.Shape.Elements);
        long floats = sizeof(float) * parameters.Where(p => p.Int8 is null && p.Half is null).Sum(p => (long)p.Shape.Elements);
        WeightType[] types = [.. stored.Select(e => e.Type)];
        bool mapped = types.All(t => t is WeightType.F32 or WeightType.I8 or WeightType.I32 || (t == WeightType.F16 && half > 0))
            && (int8 == 0 || types.Contains(WeightType.I8)) && (half == 0 || types.Contains(WeightType.F16));
        string[] parts = [.. new[] { (int8, "int8"), (half, "float16"), (floats, "float32") }.Where(part => part.Item1 > 0)
            .Select(part => $"{Size(part.Item1)} as {part.Item2}")];
        // Queries, keys and values that are stored head by head lie in pieces: each is gathered into memory of its own.
        long gathered = parameters.Where(p => p is { Int8: null, Place.Part: { Groups: > 1 } })
            .Sum(p => (p.Half is null ? sizeof(float) : 2L) * p.Shape.Elements);
        return (parts.Length > 1 ? $"{Size(int8 + half + floats)}: " : "") + string.Join(", ", parts)
            + (mapped ? ", mapped from the file" : "")
            + (mapped && gathered > 0 ? $" but for {Size(gathered)}, which it stores head by head and which are copied" : "");
    }

    private static IEnumerable<(string Name, JsonNode Value)> Settings(string folder) =>
        JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder, "config.json")))!.AsObject()
        .Select(pair => (pair.Key, pair.Value?.DeepClone() ?? JsonValue.Create("null")!));

    private static string Grouped(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Size(long bytes) => bytes switch
    {
        < 10_000 => $"{Grouped(bytes)} bytes",
        < 10_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0} kB"),
        < 10_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB"),
    };
}
