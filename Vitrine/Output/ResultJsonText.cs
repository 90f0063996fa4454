using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vitrine;

/// <summary>How the library writes JSON: over several lines for people, on one line for rows.</summary>
internal static class ResultJsonText
{
    private static readonly JsonSerializerOptions s_indented =
        new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions s_compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A document with a line break at its end.</summary>
    public static string Of(JsonObject document) => document.ToJsonString(s_indented) + "\n";

    /// <summary>An object on one line.</summary>
    public static string Line(JsonObject document) => document.ToJsonString(s_compact);

    /// <summary>The members of an object, without braces, on one line.</summary>
    public static string Members(JsonObject document) => Line(document)[1..^1];

    /// <summary>A list of texts.</summary>
    public static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);
}
