using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>The answer of a reader: the best span, or one that was named; one target unless start and end are asked for by name.</summary>
internal static class AnswerSubject
{
    private const string Named = "answer:"; // before a text that would else be the name of a part

    private static readonly Dictionary<string, AnswerPart> s_parts =
        new() { ["start"] = AnswerPart.Start, ["end"] = AnswerPart.End, ["answer"] = AnswerPart.Whole };

    /// <summary>From a reader and what it found to what is explained.</summary>
    /// <param name="loaded">A reader.</param>
    /// <param name="windows">Question and context, in one window or several, read.</param>
    /// <param name="request">The answer and its parts; by default the best, as a whole.</param>
    /// <param name="score">Which number is explained.</param>
    public static Subject Of(LoadedModel loaded, IReadOnlyList<ReadWindow> windows, ExplainRequest request, ScoreChoice score)
    {
        var nothing = NullAnswer.Of(windows);
        AnswerPart[] parts = [.. request.Targets.SelectMany(target => target == "all" ? s_parts.Values
            : s_parts.TryGetValue(target, out AnswerPart part) ? [part] : (IEnumerable<AnswerPart>)[]).Distinct()];
        string[] texts = [.. request.Targets.Where(target => target != "all" && !s_parts.ContainsKey(target))];
        bool isNone = texts.Length == 0 && nothing.Wins(request.NullThreshold);
        ExplainedText text = isNone ? nothing.Window : AnswerWindows.Best(windows).Text;
        (AnswerSpan answer, string[] places) = texts switch
        {
            [] when isNone => (Choices.Nothing(loaded, text), []),
            [] => (Choices.Answers(loaded, text, 1) is [var best] ? best : throw new RequestException(
                Fault.Text, "context: no token of it is left; expected some text that may hold the answer."), []),
            [var given] => Find(loaded, text, given),
            _ => throw new RequestException(Fault.Request,
                $"target: too many answers; got {string.Join(" and ", texts.Select(one => $"'{one}'"))}; expected one, and start, end, "
                    + $"answer or all for its parts."),
        };
        return Of(loaded, text, answer, parts is [] ? [AnswerPart.Whole] : parts, score) with
        {
            Facts =
            [
                new("answer", answer.Text), new("probability", Numbers.Percent(answer.Probability)),
                    .. places.Select(place => new Fact("places", place)),
                new("no answer", $"score {Numbers.Exact(nothing.Score)}, best span {Numbers.Exact(nothing.Span)}"),
            ],
        };
    }

    private static Subject Of(LoadedModel loaded, ExplainedText text, AnswerSpan answer, AnswerPart[] parts, ScoreChoice score)
    {
        (InputToken first, InputToken last) = (text.Tokens[answer.Start], text.Tokens[answer.End]);
        AnswerSpan? foil = score.Contrast is { } contrast ? Find(loaded, text, contrast).Answer : null;
        return new()
        {
            Function = score.Build(
                "logit",
                step => score.IsSequence
                    ? Targets.Answer(loaded.Model, text, answer.Start, answer.End, step)
                        : Targets.AnswerSpan(loaded.Model, text, answer.Start, answer.End, step, parts),
                foil is { } other ? [other.Start, other.End] : null, null),
            Labels = score.IsSequence ? []
                : [.. parts.Select(part =>
                    foil is { } against ? Subject.Against(Label(part, answer), Label(part, against)) : Label(part, answer))],
            Marks = first.Text >= 0 ? [new(first.Text, first.Start, last.End)] : [],
        };
    }

    private static string Label(AnswerPart part, AnswerSpan answer) => part switch
    {
        AnswerPart.Start => FormattableString.Invariant($"start {answer.Start}"),
        AnswerPart.End => FormattableString.Invariant($"end {answer.End}"),
        _ => answer.Text,
    };

    // Where the context has it: of several places the one that the model rates highest, or the n-th by "text#n"; inside words only where
    // it is nowhere else.
    private static (AnswerSpan Answer, string[] Places) Find(LoadedModel loaded, ExplainedText text, string given)
    {
        string context = text.Texts.Count > 1 ? text.Texts[1] : "", wanted = given.StartsWith(Named, StringComparison.Ordinal)
            ? given[Named.Length..] : given;
        List<AnswerSpan> places = Places(loaded, text, context, wanted);
        int? number = null;
        if (places.Count == 0 && wanted.LastIndexOf('#') is > 0 and var at
            && int.TryParse(wanted.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int named))
        {
            number = named;
            places = Places(loaded, text, context, wanted[..at]);
        }
        if (places.Count == 0 || number is < 1 || number > places.Count)
        {
            throw new RequestException(Fault.Request, places.Count == 0
                ? $"target: the context does not contain it; got '{given}'; expected words of the context, or start, end or all."
                : FormattableString.Invariant($"target: the context has no such place; got '{given}'; expected #1 to #{places.Count}."));
        }
        AnswerSpan answer = number is { } n ? places[n - 1] : places.MaxBy(place => place.Probability);
        return (answer, places.Count == 1 ? []
            : [FormattableString.Invariant($"{places.Count}, explained: #{places.IndexOf(answer) + 1}")]);
    }

    private static List<AnswerSpan> Places(LoadedModel loaded, ExplainedText text, string context, string wanted)
    {
        List<(AnswerSpan Span, bool IsWhole, bool IsExact)> found = [];
        for (int at = context.IndexOf(wanted, StringComparison.OrdinalIgnoreCase); at >= 0 && wanted.Length > 0;
        at = context.IndexOf(wanted, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            int end = at + wanted.Length;
            int[] inside = [.. Enumerable.Range(0, text.Tokens.Count)
                .Where(i => text.Tokens[i] is { Text: 1 } t && t.Start < end && at < t.End)];
            if (inside is [var first, ..])
            {
                bool isWhole = !(at > 0 && char.IsLetterOrDigit(context[at - 1]) && char.IsLetterOrDigit(wanted[0]))
                    && !(end < context.Length && char.IsLetterOrDigit(context[end]) && char.IsLetterOrDigit(wanted[^1]));
                found.Add((Choices.Span(loaded, text, first, inside[^1]), isWhole,
                    string.CompareOrdinal(context, at, wanted, 0, wanted.Length) == 0));
            }
        }
        // Whole words before parts of words, then the case that was asked for before another.
        found = found.Exists(one => one.IsWhole) ? found.FindAll(one => one.IsWhole) : found;
        found = found.Exists(one => one.IsExact) ? found.FindAll(one => one.IsExact) : found;
        return found.ConvertAll(one => one.Span);
    }
}
