// Little stories in plain English whose every turn follows from something said before, and the generator says from what. After the idea of
// TinyStories (Eldan and Li
// 2023), by rules instead of a model, so that the truth is known. Read Plots at the end first: a story is written there as it reads.
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Vitrine.Training;

/// <summary>A word of a story that follows from earlier ones.</summary>
/// <param name="Start">Where the word begins, in UTF-16 code units of the story.</param>
/// <param name="End">Past its last.</param>
/// <param name="Evidence">The earlier words by which it was chosen, first and past-the-last: all of them, and no others.</param>
public sealed record TaleTurn(int Start, int End, IReadOnlyList<(int Start, int End)> Evidence);

/// <summary>A little story and the words in it that follow from others.</summary>
/// <param name="Text">The story, one line.</param>
/// <param name="Turns">In the order of the text.</param>
public sealed record Tale(string Text, IReadOnlyList<TaleTurn> Turns);

/// <summary>Makes little stories: a child wants something, goes where it is, something happens to it because of the weather, and
/// the family hears of it.</summary>
public static partial class Tales
{
    private static readonly JsonSerializerOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Makes stories.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Equal seeds give equal stories.</param>
    public static IEnumerable<Tale> Make(int count, int seed) => Enumerable.Range(0, count).Select(i => One(RandomAt.Of(seed, i)));

    /// <summary>
    /// Lines of JSON for <c>vitrine evaluate</c>: the story up to a word that follows from earlier ones (<c>text</c>), that word
    /// (<c>forced</c>, with the blank before it) and the
    /// earlier words (<c>rationale</c>, spans of <c>text</c>); one turn of each story that has one whose causes
    /// stand in it once: where a name was said three times, none of the three alone decides.
    /// </summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Equal seeds give equal lines.</param>
    public static IEnumerable<string> Questions(int count, int seed) => Make(int.MaxValue, seed).Select((tale, i) =>
    {
        TaleTurn[] turns = [.. tale.Turns.Where(turn =>
            turn.Evidence.All(span => Once(tale.Text[..turn.Start], tale.Text[span.Start..span.End])))];
        return turns.Length == 0 ? null : Line(tale, turns[RandomAt.Of(seed, i, 1).Next(turns.Length)]);
    }).OfType<string>().Take(count);

    private static string Line(Tale tale, TaleTurn turn) => JsonSerializer.Serialize(new
    {
        text = tale.Text[..(turn.Start - 1)],
        forced = tale.Text[(turn.Start - 1)..turn.End],
        rationale = turn.Evidence.Select(span => new[] { span.Start, span.End }),
    }, s_plain);

    private static bool Once(string text, string word) => Regex.Count(text, $@"\b{word}\b") == 1;

    private static Tale One(Random random)
    {
        var telling = new Telling(random);
        Plots[random.Next(Plots.Length)](telling);
        return telling.Told();
    }

    /// <summary>
    /// A story while it is told. <c>{word}</c> writes what is known under that name; <c>{word&lt;cause,cause&gt;}</c> writes it as a word
    /// that follows from the last mentions of the causes;
    /// a capital in the name begins the word with one; <c>[a|b]</c> is one of two ways to say the same.
    /// </summary>
    internal sealed partial class Telling(Random random)
    {
        private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);
        private readonly Dictionary<string, (int Start, int End)> _said = new(StringComparer.Ordinal);
        private readonly List<TaleTurn> _turns = [];
        private readonly StringBuilder _text = new();

        public string this[string name]
        {
            get => _known[name];
            set => _known[name] = value;
        }

        public string One(params string[] choices) => choices[random.Next(choices.Length)];

        /// <summary>One of the values that a table has for a word.</summary>
        public string Of(Dictionary<string, string[]> table, string word) => One(table[word]);

        /// <summary>Writes a sentence after the others.</summary>
        public void Say(string sentence)
        {
            _text.Append(_text.Length > 0 ? " " : "");
            int at = 0;
            foreach (Match match in Slots().Matches(sentence))
            {
                _text.Append(sentence, at, match.Index - at);
                at = match.Index + match.Length;
                if (match.Groups["ways"].Success)
                {
                    _text.Append(One(match.Groups["ways"].Value.Split('|')));
                    continue;
                }
                string slot = match.Groups["slot"].Value, name = char.ToLowerInvariant(slot[0]) + slot[1..];
                string word = _known[name];
                (int Start, int End) span = (_text.Length, _text.Length + word.Length);
                _text.Append(char.IsUpper(slot[0]) ? char.ToUpperInvariant(word[0]) + word[1..] : word);
                if (match.Groups["causes"].Success)
                {
                    _turns.Add(new(span.Start, span.End, [.. match.Groups["causes"].Value.Split(',').Select(cause => _said[cause]).Order()
                        .Distinct()]));
                }
                _said[name] = span;
            }
            _text.Append(sentence, at, sentence.Length - at);
        }

        public Tale Told() => new(_text.ToString(), [.. _turns]);

        [GeneratedRegex(@"\{(?<slot>\w+)(?:<(?<causes>[\w,]+)>)?\}|\[(?<ways>[^\]]*)\]")]
        private static partial Regex Slots();
    }
}
