using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vitrine.Cli;

/// <summary>The JSON that commands write of what the library has no result for: a format, a version, and members.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions s_indented =
        new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A document; absent members are left out.</summary>
    /// <param name="format">What it is: <c>vitrine.model</c>.</param>
    /// <param name="members">Its members in their order.</param>
    public static string Of(string format, params IEnumerable<(string Name, JsonNode? Value)> members)
    {
        var document = new JsonObject { ["format"] = format, ["version"] = 1 };
        foreach ((string name, JsonNode? value) in members.Where(member => member.Value is not null))
        {
            document[name] = value;
        }
        return document.ToJsonString(s_indented) + "\n";
    }

    /// <summary>A list of texts.</summary>
    public static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);
}
