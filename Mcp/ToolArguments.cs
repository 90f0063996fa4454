using System.Text.Json;

namespace Vitrine.Mcp;

/// <summary>The arguments of a call, checked as they are read.</summary>
/// <param name="given">By name.</param>
/// <param name="longest">How many characters a text may have.</param>
internal sealed class ToolArguments(IDictionary<string, JsonElement>? given, int longest)
{
    /// <summary>A text that may be left out.</summary>
    /// <exception cref="RequestException">It is no string, or too long.</exception>
    public string? Find(string name)
    {
        if (given is null || !given.TryGetValue(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }
        string text = value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new RequestException(Fault.Request,
            $"{name}: not a string; got {value.ValueKind.ToString().ToLowerInvariant()}; expected a string.");
        return text.Length <= longest ? text : throw new RequestException(Fault.Text, FormattableString.Invariant(
            $"{name}: too long; got {text.Length} characters; expected at most {longest}."));
    }

    /// <summary>A text that must be there.</summary>
    /// <exception cref="RequestException">It is missing.</exception>
    public string Text(string name) => Find(name)
        ?? throw new RequestException(Fault.Request, $"{name}: missing; got no argument of that name; expected a string.");

    /// <summary>A whole number that may be left out.</summary>
    /// <exception cref="RequestException">It is none.</exception>
    public int? Whole(string name) => given is null || !given.TryGetValue(name, out JsonElement value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number
        : throw new RequestException(Fault.Request, $"{name}: not a whole number; got {value.GetRawText()}; expected a whole number.");
}
