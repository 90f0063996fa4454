using System.Text.Json;

namespace Vitrine.Transformers;

/// <summary>Parses JSON that other code may rely on: no key twice in an object, no half of a surrogate pair in a text.</summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions s_options = new() { AllowDuplicateProperties = false };

    /// <summary>The root of a document.</summary>
    /// <exception cref="JsonException">It is not JSON, or breaks one of the rules above; the message ends without a full stop.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> utf8)
    {
        utf8 = utf8.Span.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
        try
        {
            if (!System.Text.Unicode.Utf8.IsValid(utf8.Span)) // the parser looks at texts only when they are asked for
            {
                throw new JsonException("a text that is not UTF-8");
            }
            if (HalfPair(utf8.Span) is >= 0 and int at)
            {
                throw new JsonException($"half a surrogate pair at byte {at}");
            }

            using JsonDocument document = JsonDocument.Parse(utf8, s_options);
            return document.RootElement.Clone();
        }
        catch (InvalidOperationException e) // a text that UTF-8 cannot hold
        {
            throw new JsonException("a text that is not Unicode", e);
        }
        catch (JsonException e) when (e.Message.EndsWith('.'))
        {
            throw new JsonException(e.Message.TrimEnd('.').ReplaceLineEndings(" "), e.Path, e.LineNumber, e.BytePositionInLine, e);
        }
    }

    /// <summary>Where an escape like <c>\ud83d</c> stands without its other half; -1 where none does.</summary>
    private static int HalfPair(ReadOnlySpan<byte> json)
    {
        int at = 0;
        while (json[at..].IndexOf((byte)'\\') is >= 0 and int found)
        {
            at += found;
            int unit = Unit(json, at);
            if (unit is >= 0xD800 and < 0xDC00 && Unit(json, at + 6) is >= 0xDC00 and < 0xE000)
            {
                at += 12;
            }
            else if (unit is >= 0xD800 and < 0xE000)
            {
                return at;
            }
            else
            {
                at = Math.Min(at + 2, json.Length); // an escaped backslash must not be read as the beginning of an escape
            }
        }

        return -1;
    }

    /// <summary>The code unit of the escape at <paramref name="at"/>, or -1 where there is none.</summary>
    private static int Unit(ReadOnlySpan<byte> json, int at) =>
        at + 6 <= json.Length && json[at] == '\\' && json[at + 1] == 'u'
            && System.Buffers.Text.Utf8Parser.TryParse(json.Slice(at + 2, 4), out ushort unit, out int used, 'x') && used == 4
            ? unit
            : -1;
}
