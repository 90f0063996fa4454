using System.Text.Json;
using Vitrine.Attributions;

namespace Vitrine;

/// <summary>What a model reads: a text, a pair of texts, or bare token ids, within the model's limits.</summary>
public record TextRequest
{
    /// <summary>The text; for a reader, the question. Null where <see cref="Ids"/> are given, or where rows have texts of their
    /// own.</summary>
    public string? Text { get; init; }

    /// <summary>
    /// A second text: the context of a question, the second sentence of a pair. Of a model that writes: what its input is shown with and
    /// without, to see what depends on it. With <see cref="Ids"/> it holds token ids.
    /// </summary>
    public string? Context { get; init; }

    /// <summary>
    /// Whether the text is what a user says in a chat: it is written as the checkpoint's chat template has it, with the beginning of the
    /// answer.
    /// </summary>
    public bool Chat { get; init; }

    /// <summary>What the system says before, in a <see cref="Chat"/>; null: nothing.</summary>
    public string? System { get; init; }

    /// <summary>Token ids instead of a text, for models without a tokenizer.</summary>
    public IReadOnlyList<int>? Ids { get; init; }

    /// <summary>The options of a multiple choice, at least two.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>
    /// Labels of the request's own (zero-shot classification): a model of natural language inference says how far the text entails the
    /// hypothesis that each makes. Empty: the model's labels.
    /// </summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>The hypothesis that stands for a label, with <c>{}</c> where the label goes.</summary>
    public string Hypothesis { get; init; } = ZeroShot.Template;

    /// <summary>Whether <see cref="Labels"/> do not compete: each is true or not by itself.</summary>
    public bool AnyLabels { get; init; }

    /// <summary>Whether a text that is longer than the model can read is cut; else it is refused, or, the context of a question, read in
    /// windows.</summary>
    public bool Truncate { get; init; }

    /// <summary>Tokens that are read at most; null: as many as the model can.</summary>
    /// <exception cref="RequestException">It is less than 1.</exception>
    public int? MaxLength
    {
        get;
        init => field = value is { } given ? RequestException.Positive(given, "max-length") : null;
    }

    /// <summary>Tokens that the windows of a long context share; null: 128.</summary>
    public int? DocStride { get; init; }

    /// <summary>
    /// Of a reader: it says that there is no answer where the score of none (start + end at [CLS]) is above that of the best span by more
    /// than this, for example 0. Null: there always is an answer.
    /// </summary>
    public double? NullThreshold { get; init; }

    /// <summary>How much is read.</summary>
    internal InputLimit ReadLimit => new(Truncate, MaxLength, DocStride, Notes);

    /// <summary>Told, while the request is answered, how its texts were read.</summary>
    internal ReadNotes? Notes { get; init; }

    /// <summary>Every setting that differs from its default, by name: <c>Text = good movie, Truncate = True</c>.</summary>
    public sealed override string ToString()
    {
        string[] set = [.. Settings().Select(setting => $"{setting.Name} = {setting.Value}")];
        return set.Length == 0 ? $"{GetType().Name}: all defaults" : $"{GetType().Name}: {string.Join(", ", set)}";
    }

    /// <summary>The settings that differ from their defaults, by name and as text: what makes two requests the same.</summary>
    internal virtual IEnumerable<(string Name, string Value)> Settings() =>
    [
        .. Setting(nameof(Text), Text), .. Setting(nameof(Context), Context), .. List(nameof(Ids), Ids ?? []),
            .. List(nameof(Choices), Choices),
        .. List(nameof(Labels), Labels), .. Setting(nameof(Hypothesis), Hypothesis == ZeroShot.Template ? null : Hypothesis),
        .. Setting(nameof(AnyLabels), AnyLabels ? true : null),
        .. Setting(nameof(Truncate), Truncate ? true : null), .. Setting(nameof(MaxLength), MaxLength),
            .. Setting(nameof(DocStride), DocStride),
        .. Setting(nameof(NullThreshold), NullThreshold), .. Setting(nameof(Chat), Chat ? true : null), .. Setting(nameof(System), System),
    ];

    /// <summary>A setting, where it is set.</summary>
    private protected static IEnumerable<(string Name, string Value)> Setting(string name, object? value) =>
        value is null ? [] : [(name, FormattableString.Invariant($"{value}"))];

    /// <summary>A setting of several values, where there are any.</summary>
    private protected static IEnumerable<(string Name, string Value)> List<T>(string name, IEnumerable<T> values) =>
        string.Join(", ", values.Select(value => Listed(FormattableString.Invariant($"{value}")))) is { Length: > 0 } all
            ? [(name, $"[{all}]")] : [];

    /// <summary>A text as an item of a list, which no other list can look like.</summary>
    private protected static string Listed(string text) => text.Length > 0 && text.AsSpan().IndexOfAny(", \"[]") < 0 ? text
        : $"\"{JsonEncodedText.Encode(text)}\"";
}
