using System.Text;
using System.Text.RegularExpressions;

namespace Vitrine.Training;

/// <summary>A text in which stretches have a label: names of people, places, times.</summary>
/// <param name="Text">The text, without marks.</param>
/// <param name="Spans">Stretches, first and past-the-last UTF-16 code unit, with their labels; in the order of the text.</param>
public sealed partial record MarkedText(string Text, IReadOnlyList<(int Start, int End, string Label)> Spans)
{
    /// <summary>The label of words that decide what the stretches next to them are: no entity, but what an explanation should point
    /// at.</summary>
    public const string Cue = "cue";

    /// <summary>Reads a text with marks: <c>[Anna Miller](PER) lives in [Rome](LOC).</c></summary>
    public static MarkedText Parse(string marked)
    {
        (var text, List<(int, int, string)> spans, int at) = (new StringBuilder(), [], 0);
        foreach (Match mark in Mark().Matches(marked))
        {
            text.Append(marked, at, mark.Index - at);
            spans.Add((text.Length, text.Length + mark.Groups[1].Length, mark.Groups[2].Value));
            text.Append(mark.Groups[1].Value);
            at = mark.Index + mark.Length;
        }
        return new(text.Append(marked, at, marked.Length - at).ToString(), spans);
    }

    /// <summary>The stretches that are named, without <see cref="Cue"/>.</summary>
    public IEnumerable<(int Start, int End, string Label)> Entities => Spans.Where(span => span.Label != Cue);

    /// <summary>What is named in it: texts with the same names fall on one side when some are held out.</summary>
    public string Group => Entities.Any() ? string.Join(", ", Entities.Select(span => Text[span.Start..span.End])) : Text;

    [GeneratedRegex(@"\[([^\]]+)\]\((\w+)\)")]
    private static partial Regex Mark();
}
