using System.Text.RegularExpressions;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// Which tokens make one feature: words, sentences, examples, spans, the slots of a template. Every builder gives one array per side with
/// one number per token, equal for the members of a group and −1 for tokens that belong to none: special tokens, padding, a template's own
/// words.
/// </summary>
/// <remarks>
/// They go into <see cref="AttributionRequest.FeatureGroups"/>, or into <see cref="Grouped"/>, which serves every method.
/// </remarks>
public static class FeatureGroups
{
    /// <summary>The forms that <see cref="Parse"/> reads.</summary>
    public const string Forms = "words, sentences, examples, examples:SEPARATOR, regex:PATTERN, template:TEXT WITH {SLOTS}";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <summary>One group per word: as the tokenizer splits them, and in what a model wrote where letters touch.</summary>
    public static int[][] Words(ScoreFunction f)
    {
        HashSet<(InputSide Side, int Position)> inside =
            [.. f.Sides.SelectMany(side => WordBoundary.Words(side.Tokens, side.Texts, side.GivenLength, 0)
            .SelectMany(word => Enumerable.Range(word.Start + 1, word.Length - 1).Select(p => (side, p))))];
        return Runs(f, (side, p) => inside.Contains((side, p)));
    }

    /// <summary>One group per sentence, as far as punctuation tells.</summary>
    /// <param name="f">The score function.</param>
    /// <param name="givenOnly">Whether what a model wrote belongs to no group.</param>
    public static int[][] Sentences(ScoreFunction f, bool givenOnly = false) =>
        Runs(f, (side, p) => side.Tokens[p].Text == side.Tokens[p - 1].Text && !Attributions.Sentences.Ends(side, p - 1), givenOnly);

    /// <summary>One group per example of a few-shot prompt: whatever stands between two separators.</summary>
    /// <param name="f">The score function.</param>
    /// <param name="separator">Default: an empty line.</param>
    /// <exception cref="VitrineException">The texts do not contain the separator.</exception>
    public static int[][] Examples(ScoreFunction f, string separator = "\n\n")
    {
        int[] Cuts(InputSide side, int text) =>
            [.. Matches(new Regex(Regex.Escape(separator), RegexOptions.None, s_patience), side.Texts[text])
                .Select(match => match.Index + match.Length)];
        if (!f.Sides.Any(side => side.Texts.Any(text => text.Contains(separator, StringComparison.Ordinal))))
        {
            throw new VitrineException($"groups: no examples to tell apart; got a text without '{separator.ReplaceLineEndings("\\n")}'; "
                + $"expected it between examples.");
        }
        return Runs(f, (side, p) =>
        {
            (InputToken before, InputToken token) = (side.Tokens[p - 1], side.Tokens[p]);
            return before.Text == token.Text && (token.Text < 0 || token.Text >= side.Texts.Count
                || !Cuts(side, token.Text).Any(cut => cut > before.Start && cut < token.End && before.End <= cut));
        });
    }

    /// <summary>One group per match of a pattern; every token that is in no match stands alone.</summary>
    /// <exception cref="VitrineException">It is no pattern, it matches nothing, or it takes too long.</exception>
    public static int[][] Spans(ScoreFunction f, string pattern)
    {
        Regex regex;
        try
        {
            regex = new Regex(pattern, RegexOptions.None, s_patience);
        }
        catch (ArgumentException e)
        {
            throw new VitrineException($"groups: not a regular expression; got '{pattern}'; {e.Message}", e);
        }
        return Spans(f, (_, text) => [.. Matches(regex, text).Where(match => match.Length > 0)
            .Select((match, i) => new Span(match.Index, match.Index + match.Length, i))], aloneOutside: true)
            ?? throw new VitrineException($"groups: the pattern matches nothing; got '{pattern}'; expected a match in '{Shown(f)}'.");
    }

    /// <summary>
    /// One group per slot of a template that made the prompt, <c>{name}</c> or <c>{}</c>: its own words stay as they are. A name used twice
    /// is one feature, as in Captum's TextTemplateInput.
    /// </summary>
    /// <exception cref="VitrineException">The template has no slots, or the text does not fit it.</exception>
    public static int[][] Template(ScoreFunction f, string template)
    {
        var made = new TextTemplate(template);
        return Spans(f, (index, text) => index == 0 && made.Find(text) is { } places
            ? [.. places.Select(place => new Span(place.Start, place.End, place.Slot))] : [], aloneOutside: false)
            ?? throw new VitrineException($"template: the text does not fit it; got '{Shown(f)}'; "
                + $"expected '{template}' with something in every slot.");
    }

    /// <summary>Reads what a command line says: <see cref="Forms"/>.</summary>
    /// <exception cref="VitrineException">It is none of these, or does not fit the texts.</exception>
    public static int[][] Parse(ScoreFunction f, string form) => form.Split(':', 2) switch
    {
        ["words"] => Words(f),
        ["sentences"] => Sentences(f),
        ["examples"] => Examples(f),
        ["examples", { Length: > 0 } separator] => Examples(f, separator.Replace("\\n", "\n", StringComparison.Ordinal)),
        ["regex", { Length: > 0 } pattern] => Spans(f, pattern),
        ["template", { Length: > 0 } template] => Template(f, template),
        _ => throw new VitrineException($"groups: not known; got '{form}'; expected one of {Forms}."),
    };

    /// <summary>Neighbours that join, in one group. Special tokens and padding part them.</summary>
    private static int[][] Runs(ScoreFunction f, Func<InputSide, int, bool> joins, bool givenOnly = false)
    {
        int next = -1;
        return [.. f.Sides.Select(side =>
        {
            int[] groups = new int[side.Length];
            for (int p = 0; p < side.Length; p++)
            {
                bool isOut = side.Tokens[p].IsSpecial || side.IsPadding(p) || (givenOnly && p >= side.GivenLength);
                groups[p] = isOut ? -1 : p > 0 && groups[p - 1] >= 0 && joins(side, p) ? next : ++next;
            }
            return groups;
        })];
    }

    /// <summary>Tokens by the span they overlap; null when there is no such token at all.</summary>
    private static int[][]? Spans(ScoreFunction f, Func<int, string, Span[]> find, bool aloneOutside)
    {
        int next = 0;
        bool isFound = false;
        int[][] made = [.. f.Sides.Select(side =>
        {
            Span[][] spans = [.. side.Texts.Select((text, i) => side.Name == "target" && !aloneOutside ? [] : find(i, text))];
            var numbers = new Dictionary<(int Text, int Feature), int>();
            return side.Tokens.Select((token, p) =>
            {
                if (token.IsSpecial || side.IsPadding(p))
                {
                    return -1;
                }
                int found = token.Text < 0 || token.Text >= spans.Length
                    ? -1 : Array.FindIndex(spans[token.Text], span => span.Start < token.End && token.Start < span.End);
                if (found < 0)
                {
                    return aloneOutside ? next++ : -1;
                }
                isFound = true;
                (int, int) key = (token.Text, spans[token.Text][found].Feature);
                return numbers.TryGetValue(key, out int number) ? number : numbers[key] = next++;
            }).ToArray();
        })];
        return isFound ? made : null;
    }

    private static IEnumerable<Match> Matches(Regex regex, string text)
    {
        try
        {
            return [.. (IEnumerable<Match>)regex.Matches(text)];
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new VitrineException($"groups: the pattern takes too long; got '{regex}'; "
                + $"expected one that needs less than {s_patience.TotalSeconds} s. Avoid nested repetitions.", e);
        }
    }

    private static string Shown(ScoreFunction f) => f.Sides[0].Texts is [var text, ..] ? text : "token ids without a text";

    private readonly record struct Span(int Start, int End, int Feature);
}
