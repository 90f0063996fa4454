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

    /// <summary>The members of an object, without braces, on one line.</summary>
    public static string Members(JsonObject document) => document.ToJsonString(s_compact)[1..^1];
}
