using System.Globalization;
using System.Text.Json;

namespace Vitrine.Training;

/// <summary>A text with what a probe is to tell from the activations: a label for the whole, labels for stretches of it, or both.</summary>
/// <param name="Text">The text.</param>
/// <param name="Label">Its class; null when only stretches have one.</param>
/// <param name="Spans">Stretches with a class, first and past-the-last UTF-16 code unit.</param>
public sealed record ProbeText(string Text, string? Label, IReadOnlyList<LabelledSpan> Spans)
{
    /// <summary>What a model that reads pairs is given before the text; null for nothing.</summary>
    public string? Question { get; init; }

    /// <summary>
    /// Lines of JSON: <c>{"text": …, "label": …}</c>, or <c>{"text": …, "spans": [[start, end, label], …]}</c>, or words with a label each,
    /// <c>{"tokens": […], "labels": […]}</c>, which are joined by spaces; a word whose label is null is not asked. <c>"question"</c> may be
    /// next to them; other members are not looked at.
    /// </summary>
    /// <exception cref="TrainingException">The file cannot be read, or a line is not such an object.</exception>
    public static IReadOnlyList<ProbeText> Read(string path) => Parse(TextLines.Read(path), path);

    /// <summary>Lines as <see cref="Read"/> takes them, which come from <paramref name="source"/>.</summary>
    /// <exception cref="TrainingException">A line is not such an object.</exception>
    public static IReadOnlyList<ProbeText> Parse(IReadOnlyList<string> lines, string source) => [.. lines.Select((line, at) =>
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            ProbeText text = json.RootElement.TryGetProperty("tokens", out JsonElement words)
                ? OfWords([.. words.EnumerateArray().Select(word => word.GetString() ?? "")],
                    [.. json.RootElement.GetProperty("labels").EnumerateArray().Select(Name)])
                : new(json.RootElement.GetProperty("text").GetString()
                    ?? "", json.RootElement.TryGetProperty("label", out JsonElement label) ? Name(label) : null, SpansOf(json.RootElement));
            bool asks = text.Label is not null || text.Spans.Count > 0;
            return asks && text.Text.Length > 0 && text.Spans.All(span => 0 <= span.Start && span.Start < span.End
                && span.End <= text.Text.Length)
                ? text with { Question = json.RootElement.TryGetProperty("question", out JsonElement question)
                    ? question.GetString() : null }
                : throw Wrong(asks ? "an empty text, or a span outside it" : "no label", "a text, and a label or spans inside it");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException
            or FormatException)
        {
            throw Wrong(e.Message.TrimEnd('.'), "an object with text and label, text and spans, or tokens and labels");
        }

        TrainingException Wrong(string got, string expected) => new(
            $"probe: a line that is no example; got {got} at line {(at + 1).ToString(CultureInfo.InvariantCulture)}; expected {expected}. "
            + $"File: {source}");
    })];

    private static IReadOnlyList<LabelledSpan> SpansOf(JsonElement line) => line.TryGetProperty("spans", out JsonElement spans)
        ? [.. spans.EnumerateArray().Select(span => new LabelledSpan(span[0].GetInt32(), span[1].GetInt32(), Name(span[2]) ?? ""))]
        : [];

    private static ProbeText OfWords(string[] words, string?[] labels)
    {
        if (words.Length != labels.Length)
        {
            throw new FormatException($"{words.Length} tokens with {labels.Length} labels");
        }
        List<LabelledSpan> spans = [];
        int start = 0;
        for (int i = 0; i < words.Length; i++)
        {
            if (labels[i] is { } label)
            {
                spans.Add(new(start, start + words[i].Length, label));
            }
            start += words[i].Length + 1;
        }
        return new(string.Join(' ', words), null, spans);
    }

    // Numbers and truth values are labels too.
    private static string? Name(JsonElement label) => label.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => label.GetString(),
        _ => label.GetRawText(),
    };
}

/// <summary>A stretch of a text and its class.</summary>
/// <param name="Start">First UTF-16 code unit.</param>
/// <param name="End">Past the last.</param>
/// <param name="Label">Name of the class.</param>
public readonly record struct LabelledSpan(int Start, int End, string Label);
