using System.Text.Json;
using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// Inseq's JSON, in and out: what <c>FeatureAttributionOutput.save</c> of Inseq 0.7.1, or 0.6, writes and <c>load</c> reads.
/// </summary>
public static class InseqJson
{
    private const string File = "inseq json", Module = "inseq.data.attribution", Root = "FeatureAttributionOutput";

    private static readonly (string Name, JsonValueKind Kind)[] s_info =
    [
        ("attributed_fn", JsonValueKind.String), ("attribution_args", JsonValueKind.Object), ("attribution_method", JsonValueKind.String),
        ("model_class", JsonValueKind.String),
    ];

    /// <summary>Reads a file, compressed or not; every field is checked.</summary>
    /// <exception cref="VitrineException">It is not Inseq's, or damaged.</exception>
    public static InseqOutput Read(byte[] file)
    {
        byte[] text;
        try
        {
            text = Unzipped(file);
        }
        catch (InvalidDataException e)
        {
            throw InseqArray.Bad($"a file whose gzip is damaged ({e.Message.TrimEnd('.')})");
        }
        JsonField root = JsonField.Parse(File, PythonNumbers.Quoted(text)), attributes = Attributes(root, out string name);
        if (name != Root)
        {
            throw InseqArray.Bad($"a {name}");
        }
        JsonField? info = attributes.Optional("info");
        foreach ((string key, JsonValueKind kind) in s_info)
        {
            if (info?.Optional(key) is { } field && field.Value.ValueKind != kind)
            {
                throw field.Bad("is of another kind", kind == JsonValueKind.String ? "a text" : "an object");
            }
        }
        return new(
            info is { } known ? JsonObject.Create(known.Value) ?? [] : [],
            [.. attributes["sequence_attributions"].Items(least: 1).Select(Sequence)]);
    }

    /// <summary>
    /// Whether a file looks like Inseq's: its module is named at the start, or stands where <c>use_primitives</c> leaves it out.
    /// </summary>
    public static bool Is(byte[] file)
    {
        try
        {
            byte[] start = Unzipped(file);
            return start.AsSpan(0, Math.Min(start.Length, 512)) is var head
                && (head.IndexOf("\"inseq.data.attribution\""u8) >= 0
                    || (head.IndexOf("\"attribution_args\""u8) >= 0 && head.IndexOf("\"attributed_fn\""u8) >= 0));
        }
        catch (InvalidDataException)
        {
            return true; // gzip, which own results never are: reading it says what is wrong
        }
    }

    /// <summary>
    /// The file's text: keys in alphabetical order, four spaces per level, ASCII, byte for byte as Python's json writes it.
    /// </summary>
    /// <param name="output">The explanations.</param>
    /// <param name="form">How arrays are written; 0.7.1 cannot read 0.6's, nor 0.6 those of 0.7.1.</param>
    public static string Write(InseqOutput output, InseqForm form = InseqForm.Float32) => PythonJson.Write(Instance(Module, Root, new()
    {
        ["info"] = output.Info.DeepClone(),
        ["sequence_attributions"] =
            new JsonArray([.. output.Sequences.Select(sequence => (JsonNode)Instance(Module, sequence.Class, Sequence(sequence, form)))]),
        ["step_attributions"] = null,
    }));

    /// <summary>The text gzipped, which Inseq's <c>load</c> reads with <c>decompress=True</c>, and ours as it is.</summary>
    public static byte[] Compressed(string text) => Gzip.Pack(System.Text.Encoding.ASCII.GetBytes(text));

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

    private static InseqSequence Sequence(JsonField field)
    {
        JsonField attributes = Attributes(field, out string name);
        InseqToken[] target = Tokens(attributes["target"]);
        return new()
        {
            Class = name,
            Source = Tokens(attributes["source"]),
            Target = target,
            SourceAttributions = attributes.Optional("source_attributions") is { } source ? InseqArray.Read(source) : null,
            TargetAttributions = attributes.Optional("target_attributions") is { } written ? InseqArray.Read(written) : null,
            StepScores = Arrays(attributes.Optional("step_scores")),
            SequenceScores = Arrays(attributes.Optional("sequence_scores")),
            Start = attributes.Optional("attr_pos_start")?.Whole(-1, target.Length) ?? 0, // −1 where Inseq cut off a decoder's start
            End = attributes.Optional("attr_pos_end")?.Whole(0, target.Length) ?? target.Length,
        };
    }

    private static JsonObject Instance(string module, string name, JsonObject attributes) =>
        new() { ["__instance_type__"] = new JsonArray(module, name), ["attributes"] = attributes };

    private static JsonField Attributes(JsonField field, out string name)
    {
        if (field.Optional("__instance_type__") is not { } type)
        {
            throw field.Optional("sequence_attributions") is null && field.Optional("source") is null && field.Path.Length == 0
                ? InseqArray.Bad("an object without __instance_type__")
                : InseqArray.Bad("a file saved with use_primitives=True, which leaves out the classes that loading needs; "
                    + "Inseq cannot load it either. Save it without");
        }
        IReadOnlyList<JsonField> names = type.Items();
        name = names.Count == 2 ? names[1].Text() : throw type.Bad("is no type", "a module and a name");
        return field["attributes"];
    }

    private static JsonArray Tokens(IEnumerable<InseqToken> tokens) => new([.. tokens.Select(token =>
        (JsonNode)Instance("inseq.utils.typing", "TokenWithId", new() { ["id"] = token.Id, ["token"] = token.Token }))]);

    private static InseqToken[] Tokens(JsonField list) => [.. list.Items().Select(token =>
    {
        JsonField attributes = Attributes(token, out _);
        return new InseqToken(attributes["token"].Text(), attributes["id"].Whole(-1, int.MaxValue));
    })];

    private static JsonObject Arrays(IReadOnlyDictionary<string, InseqArray> arrays, InseqForm form)
    {
        var json = new JsonObject();
        foreach ((string name, InseqArray array) in arrays)
        {
            json[name] = array.ToJson(form);
        }
        return json;
    }

    private static Dictionary<string, InseqArray> Arrays(JsonField? field) => (field?.Members() ?? [])
        .Where(member => !member.Field.IsNull).ToDictionary(member => member.Name, member => InseqArray.Read(member.Field),
            StringComparer.Ordinal);

    private static byte[] Unzipped(byte[] file) => file is [0x1F, 0x8B, ..] ? Gzip.Unpack(file) : file;
}
