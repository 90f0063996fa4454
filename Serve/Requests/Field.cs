using System.Globalization;
using System.Text.Json.Nodes;

namespace Vitrine.Serve;

/// <summary>What kind of value a field holds.</summary>
internal enum FieldKind
{
    Text, Whole, Number, Flag, Texts, Wholes, Pairs,
}

/// <summary>Which requests have a field.</summary>
[Flags]
internal enum Asks
{
    Predict = 1,
    Generate = 2,
    Explain = 4,
    Read = Predict | Generate | Explain,
    Write = Generate | Explain,
}

/// <summary>One setting of a request: its name in JSON and addresses, on the command line, and in C#.</summary>
/// <param name="Name">In JSON and in addresses: <c>max_new_tokens</c>.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Asks">The requests that have it.</param>
/// <param name="Option">On the command line: <c>--max-new-tokens</c>; empty for the text, which is an argument.</param>
/// <param name="Property">In C#: <c>MaxNewTokens</c>.</param>
/// <param name="Description">In a sentence.</param>
/// <param name="Apply">From a request and the value to the request with it.</param>
internal sealed record Field(
    string Name, FieldKind Kind, Asks Asks, string Option, string Property, string Description,
    Func<TextRequest, FieldValue, TextRequest> Apply)
{
    /// <summary>The most that a whole number may be; null: anything.</summary>
    public Func<ServeLimits, int>? Most { get; init; }

    /// <summary>A value of another form in C#, where text is not enough.</summary>
    public Func<string, string>? InCSharp { get; init; }

    /// <summary>Its schema in an OpenAPI document.</summary>
    public JsonObject Schema(ServeLimits limits)
    {
        JsonObject schema = Kind switch
        {
            FieldKind.Text => new() { ["type"] = "string" },
            FieldKind.Whole => new() { ["type"] = "integer" },
            FieldKind.Number => new() { ["type"] = "number" },
            FieldKind.Flag => new() { ["type"] = "boolean" },
            FieldKind.Texts => new() { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" } },
            FieldKind.Wholes => new() { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "integer" } },
            _ => new() { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "string" } },
        };
        if (Most is { } most)
        {
            schema["maximum"] = most(limits);
        }
        schema["description"] = Description;
        return schema;
    }
}

/// <summary>What a request says in a field.</summary>
/// <param name="Name">The field's name, for errors.</param>
/// <param name="All">Its values, as text.</param>
internal sealed record FieldValue(string Name, IReadOnlyList<string> All)
{
    /// <summary>A single text.</summary>
    /// <exception cref="RequestException">There are several.</exception>
    public string Text => All is [var only] ? only : throw Wrong($"{All.Count} values", "one");

    /// <summary>A whole number.</summary>
    /// <exception cref="RequestException">It is none.</exception>
    public int Whole => OneWhole(Text);

    /// <summary>Whole numbers.</summary>
    /// <exception cref="RequestException">One is none.</exception>
    public int[] Wholes => [.. All.Select(OneWhole)];

    /// <summary>A number.</summary>
    /// <exception cref="RequestException">It is none, or not finite.</exception>
    public double Number => double.TryParse(Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
        && double.IsFinite(number) ? number : throw Wrong($"'{Text}'", "a number");

    /// <summary>Yes or no.</summary>
    /// <exception cref="RequestException">It is neither.</exception>
    public bool Flag => Text is "true" or "false" ? Text == "true" : throw Wrong($"'{Text}'", "true or false");

    /// <summary>Names with their texts, each as <c>name=text</c>.</summary>
    /// <exception cref="RequestException">One has no name, or a name comes twice.</exception>
    public IReadOnlyDictionary<string, string> Pairs
    {
        get
        {
            var pairs = new Dictionary<string, string>();
            foreach (string one in All)
            {
                if (one.Split('=', 2) is not [{ Length: > 0 } name, var text] || !pairs.TryAdd(name, text))
                {
                    throw Wrong($"'{one}'", "name=text, each name once");
                }
            }
            return pairs;
        }
    }

    /// <summary>An error about this field.</summary>
    public RequestException Wrong(string got, string expected) =>
        new(Fault.Request, $"{Name}: not understood; got {got}; expected {expected}.");

    private int OneWhole(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
        ? number : throw Wrong($"'{text}'", "a whole number");
}
