using System.Globalization;
using System.Text;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>A text and its class.</summary>
/// <param name="Label">Name of the class.</param>
/// <param name="Text">The text.</param>
public sealed record LabelledText(string Label, string Text)
{
    /// <summary>Probability that the label is right; the other labels share the rest. Default 1.</summary>
    public double Sure { get; init; } = 1;

    /// <summary>A second text, of a label that says how the two go together; null: there is none.</summary>
    public string? Second { get; init; }

    /// <summary>Texts of one group are learned or judged together; null: those that are the same.</summary>
    public string? Group { get; init; }

    /// <summary>What decides on which side the text is.</summary>
    public string Key => Group ?? (Second is null ? Text : $"{Text}\n{Second}");
}

/// <summary>A text and its translation.</summary>
/// <param name="Source">The text.</param>
/// <param name="Target">In the other language.</param>
public sealed record TextPair(string Source, string Target);

/// <summary>A question, the text that answers it, and where.</summary>
/// <param name="Context">The text.</param>
/// <param name="Question">The question.</param>
/// <param name="Answer">A stretch of the context.</param>
/// <param name="Start">Where it begins, in UTF-16 code units.</param>
public sealed record AnsweredQuestion(string Context, string Question, string Answer, int Start)
{
    /// <summary>Questions of one group are learned or judged together; null: those about one context are.</summary>
    public string? Group { get; init; }

    /// <summary>What decides on which side the question is.</summary>
    public string Key => Group ?? Context;
}

/// <summary>Reads training data from UTF-8 text files.</summary>
public static class TextLines
{
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The lines that are not empty.</summary>
    /// <exception cref="TrainingException">The file cannot be read, is not UTF-8, or holds nothing.</exception>
    public static IReadOnlyList<string> Read(string path)
    {
        string[] lines = [.. Whole(path).Split('\n').Select(line => line.TrimEnd('\r')).Where(line => !string.IsNullOrWhiteSpace(line))];
        return lines.Length > 0 ? lines : throw new TrainingException($"train: no data; got an empty file; expected one example a line. "
            + $"File: {path}");
    }

    /// <summary>A whole file as one text.</summary>
    /// <exception cref="TrainingException">The file cannot be read, is not UTF-8, or holds nothing.</exception>
    public static string Whole(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"train: cannot read the data; got {e.Message.TrimEnd('.')}; expected a text file. "
                + $"File: {path}", e);
        }
        try
        {
            string text = s_strict.GetString(bytes.AsSpan(bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0));
            return text.Length > 0 ? text : throw new TrainingException($"train: no data; got an empty file; expected text. File: {path}");
        }
        catch (DecoderFallbackException e)
        {
            throw new TrainingException($"train: not UTF-8; got a byte that is not at offset {e.Index}; expected UTF-8 text. "
                + $"Convert it, e.g. with iconv -t UTF-8. File: {path}", e);
        }
    }

    /// <summary>Lines <c>label⇥text</c>; in a file named <c>label=path</c> every line is a text of that class.</summary>
    /// <exception cref="TrainingException">A line has no tab, or the file cannot be read.</exception>
    public static IEnumerable<LabelledText> Labelled(string file)
    {
        int equals = file.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && !File.Exists(file)
            ? Read(file[(equals + 1)..]).Select(line => new LabelledText(file[..equals], line.Trim()))
            : Columns(file, "label and text").Select(columns => new LabelledText(columns[0], columns[1]));
    }

    /// <summary>Lines <c>label⇥text⇥second text</c>, perhaps with a fourth column, the group.</summary>
    /// <exception cref="TrainingException">A line has fewer than three columns, or the file cannot be read.</exception>
    public static IEnumerable<LabelledText> LabelledPairs(string path) =>
        Columns(path, "label, text and second text").Select(columns => columns.Length >= 3
        ? new LabelledText(columns[0], columns[1]) { Second = columns[2], Group = columns.ElementAtOrDefault(3) }
        : throw new TrainingException($"train: a line without a second text; got '{string.Join('\t', columns)}'; expected label, text "
            + $"and second text, tabs between. File: {path}"));

    /// <summary>Lines <c>source⇥target</c>; more columns are not looked at.</summary>
    /// <param name="path">The file.</param>
    /// <param name="swap">Whether the target comes first.</param>
    /// <exception cref="TrainingException">A line has no tab, or the file cannot be read.</exception>
    public static IEnumerable<TextPair> Pairs(string path, bool swap) =>
        Columns(path, "a text and its translation").Select(columns => swap
            ? new TextPair(columns[1], columns[0]) : new TextPair(columns[0], columns[1]));

    /// <summary>
    /// Lines of JSON: <c>{"context": …, "question": …, "answer": …, "start": …, "group": …}</c>; without a start, the first place the
    /// answer is found; the group may be absent; other members are not looked at.
    /// </summary>
    /// <exception cref="TrainingException">A line is not such an object, or its answer is not in its context.</exception>
    public static IEnumerable<AnsweredQuestion> Questions(string path) => Read(path).Select((line, at) =>
    {
        JsonField json = Json(line, at, path), answer = json["answer"];
        string context = json["context"].Text(), sought = answer.Text();
        int start = json.Optional("start")?.Whole(0, context.Length) ?? context.IndexOf(sought, StringComparison.Ordinal);
        return sought.Length > 0 && start >= 0 && start <= context.Length - sought.Length
            && string.CompareOrdinal(context, start, sought, 0, sought.Length) == 0
            ? new AnsweredQuestion(context, json["question"].Text(), sought, start) { Group = json.Optional("group")?.Text() }
            : throw answer.Bad("is not in its context", "an answer that stands in its context");
    });

    /// <summary>A line of JSON whose errors name the line.</summary>
    /// <exception cref="TrainingException">It is not JSON.</exception>
    internal static JsonField Json(string line, int index, string path) => JsonField.Parse(
        string.Create(CultureInfo.InvariantCulture, $"data: line {index + 1} of {path}"), System.Text.Encoding.UTF8.GetBytes(line),
        message => new TrainingException(message));

    private static IEnumerable<string[]> Columns(string path, string what) =>
        Read(path).Select((line, at) => line.Split('\t') is [_, _, ..] columns
        ? columns
        : throw new TrainingException(
            $"train: a line without a tab; got '{(line.Length > 40 ? line[..40] + "…" : line)}', "
            + $"line {(at + 1).ToString(CultureInfo.InvariantCulture)} of those that are not empty; expected {what}, a tab between. "
            + $"File: {path}"));
}
