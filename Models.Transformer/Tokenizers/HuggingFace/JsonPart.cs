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

    /// <summary>The property "type", by which tokenizer.json names its components; empty where there is none.</summary>
    public string Type => Text("type") ?? "";

    /// <summary>A member; absent where this is null or lacks it.</summary>
    public JsonPart this[string name] => new(
        !IsPresent ? default
            : element.ValueKind != JsonValueKind.Object ? throw Malformed("an object")
            : element.TryGetProperty(name, out JsonElement value) ? value : default,
        place.Length == 0 ? name : $"{place}.{name}", path);

    public string? Text(string name) => this[name] is { IsPresent: true } part ? part.AsText() : null;

    public int? Integer(string name, int least) => this[name] is { IsPresent: true } part ? part.AsInteger(least) : null;

    public bool Flag(string name, bool absent) => this[name] is { IsPresent: true } part ? part.AsFlag() : absent;

    /// <summary>A text of one character.</summary>
    public char Character(string name, char absent) => Text(name) switch
    {
        null => absent,
        { Length: 1 } text => text[0],
        _ => throw this[name].Malformed("one character"),
    };

    /// <summary>The elements of an array; none where it is absent.</summary>
    public IEnumerable<JsonPart> Items() => Elements().Select((e, i) => new JsonPart(e, $"{place}[{i}]", path));

    /// <summary>The same without their places, for arrays of hundreds of thousands.</summary>
    public JsonElement.ArrayEnumerator Elements() => !IsPresent ? default
        : element.ValueKind == JsonValueKind.Array ? element.EnumerateArray()
        : throw Malformed("an array");

    /// <summary>The members of an object, in order; none where it is absent.</summary>
    public JsonElement.ObjectEnumerator Members() => !IsPresent ? default
        : element.ValueKind == JsonValueKind.Object ? element.EnumerateObject()
        : throw Malformed("an object");

    /// <summary>Names of members other than these.</summary>
    public IEnumerable<string> Others(params string[] known) =>
        Members().Select(member => member.Name).Where(name => !known.Contains(name));

    public string AsText() => IsText ? element.GetString() ?? "" : throw Malformed("a string");

    public int AsInteger(int least = int.MinValue) => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value)
        && value >= least
        ? value
        : throw Malformed(least == int.MinValue ? "a whole number" : $"a whole number of at least {least}");

    public double AsNumber() => element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double value)
        && double.IsFinite(value)
        ? value
        : throw Malformed("a finite number");

    public bool IsText => element.ValueKind == JsonValueKind.String;

    public bool IsArray => element.ValueKind == JsonValueKind.Array;

    /// <summary>An entry of <c>added_tokens</c>, or of <c>added_tokens_decoder</c> in tokenizer_config.json.</summary>
    public AddedToken AsAddedToken(int id) => this["content"].AsText() is { Length: > 0 } content
        ? new(content, id)
        {
            Special = Flag("special", false),
            SingleWord = Flag("single_word", false),
            LeftStrip = Flag("lstrip", false),
            RightStrip = Flag("rstrip", false),
            Normalized = Flag("normalized", false),
        }
        : throw this["content"].Malformed("a spelling that is not empty");

    public TokenizerException Malformed(string expected) => new(
        $"tokenizer_json: malformed {place}; got {(IsPresent ? element.ValueKind.ToString() : "nothing")} in {path}; expected {expected}.");

    private bool AsFlag() => element.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? element.GetBoolean() : throw Malformed("true or false");
}
