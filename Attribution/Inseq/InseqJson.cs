using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Inseq's JSON, in and out: what <c>FeatureAttributionOutput.save</c> of Inseq 0.7.1, or 0.6, writes and <c>load</c> reads.</summary>
public static class InseqJson
{
    private const string Module = "inseq.data.attribution", Root = "FeatureAttributionOutput";

    /// <summary>Reads a file, compressed or not.</summary>
    /// <exception cref="VitrineException">It is not Inseq's.</exception>
    public static InseqOutput Read(byte[] file)
    {
        JsonObject root;
        try
        {
            root = JsonNode.Parse(WithoutBareNumbers(Encoding.UTF8.GetString(Unzipped(file)))) as JsonObject ?? throw InseqArray.Bad("no object");
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            throw new VitrineException($"inseq json: cannot be read; {e.Message.Split(" LineNumber")[0]} Expected what FeatureAttributionOutput.save writes.", e);
        }
        try
        {
            JsonObject attributes = Attributes(root, out string name);
            return name != Root ? throw InseqArray.Bad($"a {name}") : new(
                (attributes["info"] as JsonObject ?? []).DeepClone().AsObject(),
                [.. (attributes["sequence_attributions"] as JsonArray ?? throw InseqArray.Bad("a file without sequences")).Select(Sequence)]);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or OverflowException)
        {
            throw InseqArray.Bad($"a value of another type ({e.Message.TrimEnd('.')})");
        }
    }

    /// <summary>Whether a file looks like Inseq's: its module is named at the start, or stands where <c>use_primitives</c> leaves it out.</summary>
    public static bool Is(byte[] file)
    {
        byte[] start = file is [0x1F, 0x8B, ..] ? Unzipped(file) : file;
        return start.AsSpan(0, Math.Min(start.Length, 512)) is var head
            && (head.IndexOf("\"inseq.data.attribution\""u8) >= 0 || (head.IndexOf("\"attribution_args\""u8) >= 0 && head.IndexOf("\"attributed_fn\""u8) >= 0));
    }

    /// <summary>The file's text: keys in alphabetical order, four spaces per level, ASCII, byte for byte as Python's json writes it.</summary>
    /// <param name="output">The explanations.</param>
    /// <param name="form">How arrays are written; 0.7.1 cannot read 0.6's, nor 0.6 those of 0.7.1.</param>
    public static string Write(InseqOutput output, InseqForm form = InseqForm.Float32) => PythonJson.Write(Instance(Module, Root, new()
    {
        ["info"] = output.Info.DeepClone(),
        ["sequence_attributions"] = new JsonArray([.. output.Sequences.Select(sequence => (JsonNode)Instance(Module, sequence.Class, Sequence(sequence, form)))]),
        ["step_attributions"] = null,
    }));

    /// <summary>The text gzipped, which Inseq's <c>load</c> reads with <c>decompress=True</c>, and ours as it is.</summary>
    public static byte[] Compressed(string text)
    {
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            zip.Write(Encoding.ASCII.GetBytes(text));
        }
        return packed.ToArray();
    }

    private static JsonObject Sequence(InseqSequence sequence, InseqForm form) => new()
    {
        ["attr_pos_end"] = sequence.End,
        ["attr_pos_start"] = sequence.Start,
        ["sequence_scores"] = Arrays(sequence.SequenceScores, form),
        ["source"] = Tokens(sequence.Source),
        ["source_attributions"] = sequence.SourceAttributions?.ToJson(form),
        ["step_scores"] = Arrays(sequence.StepScores, form),
        ["target"] = Tokens(sequence.Target),
        ["target_attributions"] = sequence.TargetAttributions?.ToJson(form),
    };

    private static InseqSequence Sequence(JsonNode? node)
    {
        JsonObject attributes = Attributes(node, out string name);
        InseqToken[] target = Tokens(attributes["target"]);
        return new()
        {
            Class = name,
            Source = Tokens(attributes["source"]),
            Target = target,
            SourceAttributions = InseqArray.Read(attributes["source_attributions"]),
            TargetAttributions = InseqArray.Read(attributes["target_attributions"]),
            StepScores = Arrays(attributes["step_scores"]),
            SequenceScores = Arrays(attributes["sequence_scores"]),
            Start = (int?)attributes["attr_pos_start"] ?? 0,
            End = (int?)attributes["attr_pos_end"] ?? target.Length,
        };
    }

    private static JsonObject Instance(string module, string name, JsonObject attributes) =>
        new() { ["__instance_type__"] = new JsonArray(module, name), ["attributes"] = attributes };

    private static JsonObject Attributes(JsonNode? node, out string name)
    {
        name = node is JsonObject instance && instance["__instance_type__"] is JsonArray { Count: 2 } type ? (string?)type[1] ?? ""
            : throw InseqArray.Bad("an object without __instance_type__ (files saved with use_primitives cannot be loaded)");
        return node["attributes"] as JsonObject ?? throw InseqArray.Bad($"a {name} without attributes");
    }

    private static JsonArray Tokens(IEnumerable<InseqToken> tokens) => new([.. tokens.Select(token =>
        (JsonNode)Instance("inseq.utils.typing", "TokenWithId", new() { ["id"] = token.Id, ["token"] = token.Token }))]);

    private static InseqToken[] Tokens(JsonNode? list) => [.. (list as JsonArray ?? []).Select(token =>
    {
        JsonObject attributes = Attributes(token, out _);
        return new InseqToken((string?)attributes["token"] ?? "", (int?)attributes["id"] ?? -1);
    })];

    private static JsonObject Arrays(IReadOnlyDictionary<string, InseqArray> arrays, InseqForm form)
    {
        var json = new JsonObject();
        foreach ((string name, InseqArray array) in arrays.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            json[name] = array.ToJson(form);
        }
        return json;
    }

    private static Dictionary<string, InseqArray> Arrays(JsonNode? json) => (json as JsonObject ?? [])
        .Where(pair => pair.Value is not null).ToDictionary(pair => pair.Key, pair => InseqArray.Read(pair.Value)!, StringComparer.Ordinal);

    private static byte[] Unzipped(byte[] file)
    {
        if (file is not [0x1F, 0x8B, ..])
        {
            return file;
        }
        using var zip = new GZipStream(new MemoryStream(file), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        zip.CopyTo(bytes);
        return bytes.ToArray();
    }

    // Python writes NaN, Infinity and -Infinity bare, which JSON does not know: between strings they become strings.
    private static string WithoutBareNumbers(string json)
    {
        if (!json.Contains("NaN", StringComparison.Ordinal) && !json.Contains("Infinity", StringComparison.Ordinal))
        {
            return json;
        }
        var text = new StringBuilder(json.Length);
        bool isString = false;
        for (int i = 0; i < json.Length; i++)
        {
            string? bare = isString ? null : Array.Find(["NaN", "-Infinity", "Infinity"], name => string.CompareOrdinal(json, i, name, 0, name.Length) == 0);
            if (bare is not null)
            {
                text.Append('"').Append(bare).Append('"');
                i += bare.Length - 1;
                continue;
            }
            text.Append(json[i]);
            if (isString && json[i] == '\\')
            {
                text.Append(json[++i]);
            }
            else if (json[i] == '"')
            {
                isString = !isString;
            }
        }
        return text.ToString();
    }
}
