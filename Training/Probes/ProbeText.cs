using System.Text.Json;
using Vitrine.Transformers;

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
        JsonField json = TextLines.Json(line, at, source);
        ProbeText text = json.Optional("tokens") is { } words ? OfWords([.. words.Items().Select(word => word.Text())], json["labels"])
            : new(json["text"].Text(), json.Optional("label") is { } label ? Name(label) : null, SpansOf(json));
        return text.Text.Length == 0 || (text.Label is null && text.Spans.Count == 0)
            ? throw json.Bad("is no example", "a text that is not empty, with a label or spans")
            : text with { Question = json.Optional("question")?.Text() };
    })];

    private static IReadOnlyList<LabelledSpan> SpansOf(JsonField line)
    {
        int length = line["text"].Text().Length;
        return [.. (line.Optional("spans")?.Items() ?? []).Select(span => span.Items(3) is [var start, var end, var label]
            ? new LabelledSpan(start.Whole(0, length - 1), end.Whole(start.Whole(0, length - 1) + 1, length), Name(label) ?? "")
            : throw span.Bad("is no span", "start, end and label"))];
    }

    private static ProbeText OfWords(string[] words, JsonField list)
    {
        string?[] labels = [.. list.Items().Select(Name)];
        if (words.Length != labels.Length)
        {
            throw list.Bad("does not fit the tokens", FormattableString.Invariant($"a label for each of {words.Length}"));
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
    private static string? Name(JsonField label) =>
        label.IsNull ? null : label.Value.ValueKind == JsonValueKind.String ? label.Text() : label.Value.GetRawText();
}

/// <summary>A stretch of a text and its class.</summary>
/// <param name="Start">First UTF-16 code unit.</param>
/// <param name="End">Past the last.</param>
/// <param name="Label">Name of the class.</param>
public readonly record struct LabelledSpan(int Start, int End, string Label);
