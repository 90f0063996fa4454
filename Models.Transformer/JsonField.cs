using System.Globalization;
using System.Text.Json;
using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// A value of a JSON file that knows where it stands: every reader of an untrusted file asks for what it expects, and what is missing or of
/// another kind is an error that names the place. Nothing after it can meet a null.
/// </summary>
/// <param name="File">What is read, the first word of errors: <c>inseq json</c>.</param>
/// <param name="Path">Where the value stands: <c>attributes.info</c>; empty for the root.</param>
/// <param name="Value">The value.</param>
/// <param name="Error">From a message to the exception.</param>
internal readonly record struct JsonField(string File, string Path, JsonElement Value, Func<string, VitrineException> Error)
{
    private const long MostExact = 1L << 53;

    /// <summary>The root of a text: no key twice, no half surrogate pairs.</summary>
    /// <exception cref="VitrineException">It is not JSON.</exception>
    public static JsonField Parse(string file, ReadOnlyMemory<byte> utf8, Func<string, VitrineException>? error = null)
    {
        error ??= message => new VitrineException(message);
        try
        {
            return new(file, "", StrictJson.Parse(utf8), error);
        }
        catch (JsonException e)
        {
            throw error($"{file}: cannot be read; got {e.Message.Split(" LineNumber")[0].TrimEnd('.')}; expected JSON.");
        }
    }

    /// <summary>A member that must be there.</summary>
    public JsonField this[string name] => Optional(name) ?? throw Bad($"has no '{name}'", null);

    /// <summary>Whether it is null.</summary>
    public bool IsNull => Value.ValueKind == JsonValueKind.Null;

    /// <summary>A member; null where it is absent or null.</summary>
    public JsonField? Optional(string name)
    {
        if (Value.ValueKind != JsonValueKind.Object)
        {
            throw Bad("is no object", "an object");
        }
        return Value.TryGetProperty(name, out JsonElement member) && member.ValueKind != JsonValueKind.Null ? At(name, member) : null;
    }

    /// <summary>Whether there is a value: what <see cref="Part"/> returns may be none.</summary>
    public bool IsPresent => Value.ValueKind != JsonValueKind.Undefined;

    /// <summary>A member, or no value where it is absent or null, or where this is none itself.</summary>
    public JsonField Part(string name) => !IsPresent ? At(name, default) : Optional(name) ?? At(name, default);

    /// <summary>A text, or null where it is absent or null.</summary>
    public string? Text(string name) => Part(name) is { IsPresent: true } part ? part.Text() : null;

    /// <summary>A whole number of at least <paramref name="least"/>, or null where it is absent or null.</summary>
    public int? Whole(string name, int least) => Part(name) is { IsPresent: true } part ? part.Whole(least, int.MaxValue) : null;

    /// <summary>True or false, <paramref name="absent"/> where it is absent or null.</summary>
    public bool Flag(string name, bool absent) => Part(name) is { IsPresent: true } part ? part.Flag() : absent;

    /// <summary>A text of one character.</summary>
    public char Character(string name, char absent) => Text(name) switch
    {
        null => absent,
        { Length: 1 } text => text[0],
        _ => throw Part(name).Bad("is too long or empty", "one character"),
    };

    /// <summary>All members in their order, those that are null included; none where there is no value.</summary>
    public IReadOnlyList<(string Name, JsonField Field)> Members()
    {
        if (!IsPresent)
        {
            return [];
        }
        if (Value.ValueKind != JsonValueKind.Object)
        {
            throw Bad("is no object", "an object");
        }
        JsonField here = this;
        return [.. Value.EnumerateObject().Select(member => (member.Name, here.At(member.Name, member.Value)))];
    }

    /// <summary>The items of a list, at least <paramref name="least"/>; none where there is no value.</summary>
    public IReadOnlyList<JsonField> Items(int least = 0)
    {
        if (!IsPresent && least == 0)
        {
            return [];
        }
        if (Value.ValueKind != JsonValueKind.Array)
        {
            throw Bad("is no list", "a list");
        }
        JsonField here = this;
        JsonField[] items = [.. Value.EnumerateArray()
            .Select((item, i) => here with { Path = string.Create(CultureInfo.InvariantCulture, $"{here.Path}[{i}]"), Value = item })];
        return items.Length >= least ? items : throw Bad("is too short",
            string.Create(CultureInfo.InvariantCulture, $"at least {least} items"));
    }

    /// <summary>The items without their places, for lists of hundreds of thousands; none where there is no value.</summary>
    public JsonElement.ArrayEnumerator Elements() => !IsPresent ? default
        : Value.ValueKind == JsonValueKind.Array ? Value.EnumerateArray() : throw Bad("is no list", "a list");

    /// <summary>The members without their places, for objects of hundreds of thousands; none where there is no value.</summary>
    public JsonElement.ObjectEnumerator Properties() => !IsPresent ? default
        : Value.ValueKind == JsonValueKind.Object ? Value.EnumerateObject() : throw Bad("is no object", "an object");

    /// <summary>A text.</summary>
    public string Text() => Value.ValueKind == JsonValueKind.String ? Value.GetString()! : throw Bad("is no text", "a text");

    /// <summary>A whole number of a range.</summary>
    public int Whole(int least, int most) => Value.ValueKind == JsonValueKind.Number && Value.TryGetInt32(out int number) && number >= least
        && number <= most ? number
        : throw Bad("is out of range", string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}"));

    /// <summary>A number of bytes.</summary>
    public long Bytes() => Value.ValueKind == JsonValueKind.Number && Value.TryGetInt64(out long bytes) && bytes >= 0
        ? bytes : throw Bad("is no size", "a whole number of at least 0");

    /// <summary>A number of things that may be many: up to 2⁵³, which every reader of JSON keeps.</summary>
    public long Count(long least) => Value.ValueKind == JsonValueKind.Number && Value.TryGetInt64(out long count) && count >= least
        && count <= MostExact ? count
        : throw Bad("is out of range", string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {MostExact}"));

    /// <summary>A finite number of at least 0.</summary>
    public double Magnitude() => Number() is >= 0 and var number ? number : throw Bad("is negative", "a number of at least 0");

    /// <summary>A finite number.</summary>
    public double Number() => Value.ValueKind == JsonValueKind.Number && Value.TryGetDouble(out double number) && double.IsFinite(number)
        ? number : throw Bad("is no number", "a finite number");

    /// <summary>True or false.</summary>
    public bool Flag() => Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ =>
        throw Bad("is neither true nor false", "true or false")
    };

    /// <summary>What is wrong with this value.</summary>
    /// <param name="what">What it is: <c>is no list</c>.</param>
    /// <param name="expected">What it should be; null: it follows from <paramref name="what"/>.</param>
    public VitrineException Bad(string what, string? expected)
    {
        string raw = IsPresent ? Value.GetRawText().ReplaceLineEndings(" ") : "nothing";
        string got = raw.Length <= 60 ? raw : raw[..60] + "…";
        return Error($"{File}: {(Path.Length == 0 ? "the value" : Path)} {what}; "
            + $"got {got}{(expected is null ? "" : $"; expected {expected}")}.");
    }

    private JsonField At(string name, JsonElement member) =>
        this with { Path = Path.Length == 0 ? name : $"{Path}.{name}", Value = member };
}
