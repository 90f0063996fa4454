using System.Text.Json;

namespace Vitrine.Transformers;

/// <summary>One object of a tokenizer.json; its errors name the file and the place.</summary>
/// <param name="element">The JSON value; undefined where it is absent.</param>
/// <param name="place">Path inside the file, as <c>model.vocab</c>.</param>
/// <param name="path">The file.</param>
internal sealed class JsonPart(JsonElement element, string place, string path)
{
    public string Place => place;

    /// <summary>False where the value is absent or null.</summary>
    public bool IsPresent => element.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    /// <summary>The property "type", by which tokenizer.json names its components.</summary>
    public string Type => Text("type") ?? "";

    /// <summary>A member; absent where this is no object or lacks it.</summary>
    public JsonPart this[string name] => new(
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : default,
        place.Length == 0 ? name : $"{place}.{name}", path);

    public string? Text(string name) => Value(name, JsonValueKind.String)?.GetString();

    public int? Integer(string name) =>
        Value(name, JsonValueKind.Number) is not { } value ? null : value.TryGetInt32(out int number) ? number : throw this[name].Malformed("a whole number");

    public bool Flag(string name, bool absent) => this[name] is not { IsPresent: true } part ? absent : part.AsFlag();

    /// <summary>The elements of an array; none where it is absent.</summary>
    public IEnumerable<JsonPart> Items() => !IsPresent ? []
        : element.ValueKind != JsonValueKind.Array ? throw Malformed("an array")
        : element.EnumerateArray().Select((e, i) => new JsonPart(e, $"{place}[{i}]", path));

    /// <summary>The members of an object, in order.</summary>
    public IEnumerable<(string Name, JsonPart Value)> Members() => element.ValueKind != JsonValueKind.Object
        ? throw Malformed("an object")
        : element.EnumerateObject().Select(p => (p.Name, new JsonPart(p.Value, $"{place}['{p.Name}']", path)));

    public string AsText() => element.ValueKind == JsonValueKind.String ? element.GetString() ?? "" : throw Malformed("a string");

    public int AsInteger() => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) ? value : throw Malformed("a whole number");

    public bool IsText => element.ValueKind == JsonValueKind.String;

    /// <summary>An entry of <c>added_tokens</c>, or of <c>added_tokens_decoder</c> in tokenizer_config.json.</summary>
    public AddedToken AsAddedToken(int id) => new(this["content"].AsText(), id)
    {
        Special = Flag("special", false),
        SingleWord = Flag("single_word", false),
        LeftStrip = Flag("lstrip", false),
        RightStrip = Flag("rstrip", false),
        Normalized = Flag("normalized", false),
    };

    public TokenizerException Malformed(string expected) => new(
        $"tokenizer_json: malformed {place}; got {(IsPresent ? element.ValueKind.ToString() : "nothing")} in {path}; expected {expected}.");

    private bool AsFlag() => element.ValueKind is JsonValueKind.True or JsonValueKind.False ? element.GetBoolean() : throw Malformed("true or false");

    private JsonElement? Value(string name, JsonValueKind kind)
    {
        JsonPart part = this[name];
        return !part.IsPresent ? null
            : element.GetProperty(name) is var value && value.ValueKind == kind ? value
            : throw part.Malformed(kind == JsonValueKind.String ? "a string" : "a number");
    }
}
