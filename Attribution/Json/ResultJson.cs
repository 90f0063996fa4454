using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vitrine.Attributions;

/// <summary>
/// How everything about results is written as JSON: names in snake_case, nothing for null, text of any script as it is, NaN as a string.
/// </summary>
/// <remarks>Code that puts the text into HTML escapes it there.</remarks>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(AttributionDocument))]
[JsonSerializable(typeof(CombinationDocument))]
[JsonSerializable(typeof(ContextDocument))]
[JsonSerializable(typeof(ScoreboardDocument))]
[JsonSerializable(typeof(DossierDocument))]
[JsonSerializable(typeof(InsideDocument))]
internal sealed partial class ResultJson : JsonSerializerContext
{
    /// <summary>On one line, for JSONL.</summary>
    public static ResultJson Compact => field ??= Readable(indented: false);

    /// <summary>Over several lines, for people.</summary>
    public static ResultJson Indented => field ??= Readable(indented: true);

    private static ResultJson Readable(bool indented) => new(new JsonSerializerOptions(Default.Options)
    {
        WriteIndented = indented,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
