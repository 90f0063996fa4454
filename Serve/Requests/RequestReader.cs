using System.Text.Json;
using Vitrine.Tensors;

namespace Vitrine.Serve;

/// <summary>From what a request says to the records of the library, within the limits.</summary>
internal static class RequestReader
{
    /// <summary>The values of a JSON object: texts, numbers, booleans, lists of them, and one level of an object.</summary>
    /// <exception cref="RequestException">It is something else.</exception>
    public static Values Read(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw new RequestException(Fault.Request, $"body: not an object; got {Kind(body)}; expected members such as \"text\".");
        }
        try
        {
            return Members(body);
        }
        catch (InvalidOperationException)
        {
            throw new RequestException(Fault.Request, "body: not text; got half of a surrogate pair; expected Unicode.");
        }
    }

    private static Values Members(JsonElement body)
    {
        var values = new Values();
        foreach (JsonProperty member in body.EnumerateObject())
        {
            if (values.All(member.Name).Count > 0)
            {
                throw new RequestException(Fault.Request, $"body: a member twice; got '{member.Name}'; expected each name once.");
            }
            string[] said = member.Value.ValueKind switch
            {
                JsonValueKind.Null => [],
                JsonValueKind.Array => [.. member.Value.EnumerateArray().Select(one => Single(member.Name, one))],
                JsonValueKind.Object => [.. member.Value.EnumerateObject().Select(pair =>
                    $"{pair.Name}={Single(member.Name, pair.Value)}")],
                _ => [Single(member.Name, member.Value)],
            };
            values.Set(member.Name, said);
        }
        return values;
    }

    /// <summary>Throws where JSON holds another kind of value than the field: <c>"text": 5</c>.</summary>
    /// <exception cref="RequestException">It does.</exception>
    public static void CheckKinds(JsonElement body, Asks asks)
    {
        foreach (Field field in Fields.Of(asks))
        {
            if (body.TryGetProperty(field.Name, out JsonElement value) && !Fits(field.Kind, value))
            {
                throw new RequestException(Fault.Request,
                    $"{field.Name}: another kind of value; got {Kind(value)}; expected {Expected(field.Kind)}.");
            }
        }
    }

    /// <summary>A request of the library.</summary>
    /// <param name="values">What it says.</param>
    /// <param name="asks">Which request it is.</param>
    /// <param name="limits">How much it may ask for.</param>
    /// <param name="more">Names that mean something to the caller.</param>
    /// <exception cref="VitrineException">A name is not known, a value is not understood or beyond a limit.</exception>
    public static T Request<T>(Values values, Asks asks, ServeLimits limits, params IReadOnlyList<string> more)
        where T : TextRequest, new()
    {
        Field[] fields = [.. Fields.Of(asks)];
        string? unknown = values.Names.FirstOrDefault(name => !more.Contains(name) && Array.TrueForAll(fields, field =>
            field.Name != name));
        if (unknown is not null)
        {
            string[] names = [.. more, .. fields.Select(field => field.Name)];
            throw new RequestException(Fault.Request, $"request: no such member; got '{unknown}'; expected one of "
                + $"{string.Join(", ", names)}.{Nearest.Hint(unknown, names)}");
        }
        CheckLength(values, limits);
        TextRequest request = new T();
        foreach (Field field in fields)
        {
            if (values.All(field.Name) is { Count: > 0 } said)
            {
                var value = new FieldValue(field.Name, said);
                if (field.Most?.Invoke(limits) is { } most && value.Whole > most)
                {
                    throw new RequestException(
                        Fault.Request, $"{field.Name}: out of range; got {value.Text}; expected at most {most}.");
                }
                request = field.Apply(request, value);
            }
        }
        if (request is ExplainRequest { Methods.Count: var methods } && methods > limits.Methods)
        {
            throw new RequestException(Fault.Request, $"methods: too many; got {methods}; expected at most {limits.Methods}.");
        }
        return (T)request;
    }

    /// <summary>Throws where the texts of a request are longer than the limit, all together.</summary>
    /// <exception cref="TooLargeException">They are.</exception>
    public static void CheckLength(Values values, ServeLimits limits)
    {
        int length = values.Names.Sum(name => values.All(name).Sum(value => value.Length));
        if (length > limits.Text)
        {
            throw new TooLargeException($"text: too long; got {length} characters; expected at most {limits.Text} in one request.");
        }
    }

    private static string Single(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => throw new RequestException(Fault.Request, $"{name}: too deep; got {Kind(value)} in a list; expected texts or numbers."),
    };

    private static bool Fits(FieldKind kind, JsonElement value) => value.ValueKind == JsonValueKind.Null || (kind switch
    {
        FieldKind.Text => value.ValueKind == JsonValueKind.String,
        FieldKind.Whole or FieldKind.Number => value.ValueKind == JsonValueKind.Number,
        FieldKind.Flag => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        FieldKind.Texts => value.ValueKind == JsonValueKind.String || IsListOf(value, JsonValueKind.String),
        FieldKind.Wholes => IsListOf(value, JsonValueKind.Number),
        _ => value.ValueKind == JsonValueKind.Object,
    });

    private static bool IsListOf(JsonElement value, JsonValueKind kind) =>
        value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(one => one.ValueKind == kind);

    private static string Expected(FieldKind kind) => kind switch
    {
        FieldKind.Text => "a text",
        FieldKind.Whole => "a whole number",
        FieldKind.Number => "a number",
        FieldKind.Flag => "true or false",
        FieldKind.Texts => "a list of texts",
        FieldKind.Wholes => "a list of whole numbers",
        _ => "an object of texts",
    };

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => $"the number {value.GetRawText()}",
        JsonValueKind.Null => "null",
        _ => value.GetRawText(),
    };
}
