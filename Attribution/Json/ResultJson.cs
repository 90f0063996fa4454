using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Vitrine.Tensors;

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

    /// <summary>Reads a document; what is wrong with it is said with its place.</summary>
    /// <param name="file">What is read, the first word of errors.</param>
    /// <param name="json">Its text.</param>
    /// <param name="type">How it is read.</param>
    /// <exception cref="VitrineException">It is not JSON, or a member is missing, null or of another kind.</exception>
    public static T Read<T>(string file, string json, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type)
                ?? throw new VitrineException($"{file}: the value is null; got null; expected what --json writes.");
        }
        catch (JsonException e)
        {
            throw Bad(file, What(e), e);
        }
        catch (InvalidOperationException e)
        {
            throw Bad(file, "a text holds half of a surrogate pair", e);
        }
    }

    private static VitrineException Bad(string file, string what, Exception inner) => new(
        $"{file}: {what}; expected what --json writes.", inner);

    // The library's messages are about .NET types, and end in a path.
    private static string What(JsonException e)
    {
        string message = e.Message.Split(" Path:")[0].Split(" LineNumber:")[0].TrimEnd('.').ReplaceLineEndings(" ");
        string place = e.Path?.TrimStart('$', '.') is { Length: > 0 } path ? path : "the value";
        return message switch
        {
            _ when message.Contains("allow null", StringComparison.Ordinal) => $"{place} is null",
            _ when message.Split("including: ") is [_, var names] => $"{place} has no {names}",
            _ when e.InnerException?.Message.Contains("UTF", StringComparison.Ordinal) is true => $"{place} holds half of a surrogate pair",
            _ when message.Contains("could not be converted", StringComparison.Ordinal) => $"{place} is of another kind",
            _ when message.StartsWith("Duplicate property", StringComparison.Ordinal) => $"{place} stands there twice",
            _ when e.InnerException is null => $"{place} does not fit; got {message}",
            _ => FormattableString.Invariant($"not JSON; got an error at line {(e.LineNumber ?? 0) + 1}: {message}"),
        };
    }

    private static ResultJson Readable(bool indented) => new(new JsonSerializerOptions(Default.Options)
    {
        WriteIndented = indented,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
