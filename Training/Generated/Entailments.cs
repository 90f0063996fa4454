// Pairs of sentences of which logic says whether the first makes the second true, false, or neither; and the words by which it does. Each
// law below is a few lines;
// words in [brackets] are those that decide.
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Vitrine.Training;

/// <summary>Two sentences and what the first says about the second.</summary>
/// <param name="Label"><c>entailment</c>, <c>neutral</c> or <c>contradiction</c>.</param>
/// <param name="Premise">What is given.</param>
/// <param name="Hypothesis">What is asked.</param>
/// <param name="Evidence">The words of both by which the label was chosen: 0 for the premise or 1, first and past-the-last UTF-16 code
/// unit.</param>
/// <param name="Group">Pairs of one group are learned or judged together: a law with these very words.</param>
public sealed record EntailmentPair(string Label, string Premise, string Hypothesis,
    IReadOnlyList<(int Text, int Start, int End)> Evidence, string Group);

/// <summary>
/// Made-up pairs for natural language inference (the task: Bowman et al. 2015): kinds of things with negation, places inside places,
/// numbers, and what holds for all. The laws are those of
/// monotonicity (van Benthem 1986): a claim may be weakened, a denied one strengthened.
/// </summary>
public static partial class Entailments
{
    private const string Yes = "entailment", Open = "neutral", No = "contradiction";

    private static readonly JsonSerializerOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] s_people =
        ["Anna", "Ben", "Clara", "David", "Emma", "Felix", "Grace", "Henry", "Ida", "Jonas", "Kate", "Louis"];

    // Kinds, the general ones first; each thing is of one narrow kind, which is of one broad kind.
    private static readonly (string Broad, string[] Kinds)[] s_animals =
        [("animal", ["dog", "cat", "bird", "fish", "horse"]), ("plant", ["tree", "flower", "herb"]),
            ("vehicle", ["car", "boat", "bike", "plane"]), ("fruit", ["apple", "berry", "lemon"])];

    private static readonly Dictionary<string, string[]> s_narrow = new()
    {
        ["dog"] = ["poodle", "terrier", "beagle"],
        ["cat"] = ["siamese", "tabby"],
        ["bird"] = ["sparrow", "eagle", "parrot"],
        ["fish"] =
            ["trout", "salmon"],
        ["horse"] = ["pony", "stallion"],
        ["tree"] = ["oak", "birch", "pine"],
        ["flower"] = ["rose", "tulip", "daisy"],
        ["herb"] = ["basil", "mint"],
        ["car"] = ["taxi", "jeep", "limousine"],
        ["boat"] = ["canoe", "ferry"],
        ["bike"] = ["tandem", "tricycle"],
        ["plane"] =
            ["jet", "glider"],
        ["apple"] = ["braeburn", "pippin"],
        ["berry"] = ["raspberry", "blueberry"],
        ["lemon"] = ["citron", "limetta"],
    };

    private static readonly Dictionary<string, string[]> s_rooms = new()
    {
        ["house"] = ["kitchen", "bathroom", "bedroom", "attic"],
        ["school"] = ["classroom", "gym", "canteen"],
        ["hotel"] =
            ["lobby", "suite"],
        ["farm"] = ["barn", "stable"],
    };

    private static readonly string[] s_things = ["books", "coins", "shirts", "chairs", "letters", "stamps", "keys", "hats"],
        s_numbers = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
        s_colors = ["red", "blue", "green", "white", "black", "yellow"];

    private static readonly Func<Random, (string, string, string)>[] s_laws =
        [Kind, Kind, Kind, Place, Place, Count, Count, Count, All, Person];

    /// <summary>Makes pairs; the three labels are about equally frequent.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Equal seeds give equal pairs.</param>
    public static IEnumerable<EntailmentPair> Make(int count, int seed) => Enumerable.Range(0, count).Select(i =>
    {
        Random random = RandomAt.Of(seed, i);
        string wanted = new[] { Yes, Open, No }[i % 3];
        while (true)
        {
            (string label, string premise, string hypothesis) = s_laws[random.Next(s_laws.Length)](random);
            if (label == wanted)
            {
                return new EntailmentPair(label, Plain(premise), Plain(hypothesis), [.. Spans(0, premise), .. Spans(1, hypothesis)],
                    string.Join(' ', Decides().Replace($"{premise} / {hypothesis}", "$1").Split(' ')
                        .Where(word => !s_people.Contains(word.TrimEnd('.').Replace("'s", "", StringComparison.Ordinal)))));
            }
        }
    });

    /// <summary>A line for <c>vitrine train classify --pairs</c>: label, premise, hypothesis, group.</summary>
    public static string Line(EntailmentPair pair) => $"{pair.Label}\t{pair.Premise}\t{pair.Hypothesis}\t{pair.Group}";

    /// <summary>A line of JSON for <c>vitrine evaluate</c>: text, context (the hypothesis), target (the label), rationale.</summary>
    public static string Question(EntailmentPair pair) =>
        JsonSerializer.Serialize(new
        {
            text = pair.Premise,
            context = pair.Hypothesis,
            target = pair.Label,
            rationale =
            pair.Evidence.Select(span => new[] { span.Text, span.Start, span.End })
        },
            s_plain);

    /// <summary>Ben's pet is a poodle: it is a dog, it is not a cat, whether it is an old one is open. What is denied of a kind is denied
    /// of all that are of it.</summary>
    private static (string, string, string) Kind(Random random)
    {
        (string broad, string[] kinds) = One(s_animals, random);
        string kind = One(kinds, random), narrow = One(s_narrow[kind], random), other = One([.. kinds.Where(k => k != kind)], random),
            otherNarrow = One(s_narrow[other], random);
        string sibling = One([.. s_narrow[kind].Where(n => n != narrow)], random);
        string who = One(s_people, random), thing =
            broad switch { "animal" => "pet", "plant" => "present", "vehicle" => "toy", _ => "snack" };
        string Is(string what) => $"{who}'s {thing} is {Article(what)} [{what}].";
        string Not(string what) => $"{who}'s {thing} is [not] {Article(what)} [{what}].";
        return One<(string, string, string)>(
        [
            (Yes, Is(narrow), Is(kind)), (Yes, Is(kind), Is(broad)), (Yes, Is(narrow), Is(broad)), (Yes, Not(kind), Not(narrow)),
                (Yes, Not(broad), Not(kind)), (Yes, Not(broad), Not(narrow)),
            (Yes, Is(narrow), Not(other)), (Yes, Is(kind), Not(other)), (Yes, Is(narrow), Not(sibling)), (Yes, Is(kind), Not(otherNarrow)),
            (No, Is(narrow), Not(kind)), (No, Is(kind), Not(broad)), (No, Is(narrow), Not(broad)), (No, Not(kind), Is(narrow)),
                (No, Not(broad), Is(kind)), (No, Not(broad), Is(narrow)),
            (No, Is(narrow), Is(other)), (No, Is(kind), Is(other)), (No, Is(narrow), Is(sibling)), (No, Is(kind), Is(otherNarrow)),
                (No, Is(kind), Not(kind)), (No, Not(narrow), Is(narrow)),
            (Open, Is(kind), Is(narrow)), (Open, Is(broad), Is(kind)), (Open, Is(broad), Is(narrow)), (Open, Not(narrow), Not(kind)),
                (Open, Not(kind), Not(broad)), (Open, Not(narrow), Not(broad)),
            (Open, Not(kind), Is(other)), (Open, Not(narrow), Is(sibling)), (Open, Is(kind), Not(narrow)), (Open, Is(broad), Not(narrow)),
                (Open, Not(kind), Not(other)), (Open, Not(narrow), Is(kind)), (Open, Not(kind), Is(broad)),
        ], random);
    }

    /// <summary>Who is in the kitchen is in the house, and not in the barn.</summary>
    private static (string, string, string) Place(Random random)
    {
        string house = One([.. s_rooms.Keys], random), room = One(s_rooms[house], random), elsewhere =
            One([.. s_rooms.Keys.Where(h => h != house)], random);
        string next = One([.. s_rooms[house].Where(r => r != room)], random), far = One(s_rooms[elsewhere], random), who =
            One(s_people, random);
        string In(string place) => $"{who} is in the [{place}].";
        string Not(string place) => $"{who} is [not] in the [{place}].";
        return One<(string, string, string)>(
        [
            (Yes, In(room), In(house)), (Yes, Not(house), Not(room)), (Yes, In(room), Not(far)), (Yes, In(room), Not(next)),
                (Yes, In(house), Not(elsewhere)), (Yes, In(house), Not(far)),
            (No, In(room), Not(house)), (No, Not(house), In(room)), (No, In(room), In(far)), (No, In(room), In(next)),
                (No, In(house), In(elsewhere)), (No, In(house), In(far)), (No, In(room), Not(room)),
            (Open, In(house), In(room)), (Open, Not(room), Not(house)), (Open, Not(room), In(next)), (Open, In(house), Not(room)),
                (Open, Not(room), In(far)), (Open, Not(house), In(far)),
        ], random);
    }

    /// <summary>Five are more than three and fewer than eight; more than five are more than three, whether they are more than eight is
    /// open.</summary>
    private static (string, string, string) Count(Random random)
    {
        string who = One(s_people, random), things = One(s_things, random);
        (int first, int second) = (random.Next(2, 13), random.Next(2, 13));
        (string Word, int Low, int High)[] claims = [.. new[] { first, second }.Select(n => random.Next(3) switch
        {
            0 => ($"[{Number(n)}]", n, n),
            1 => ($"[more] than [{Number(n)}]", n + 1, int.MaxValue),
            _ => ($"[fewer] than [{Number(n)}]", 0, n - 1),
        })];
        ((string a, int lowA, int highA), (string b, int lowB, int highB)) = (claims[0], claims[1]);
        string label = lowB <= lowA && highA <= highB ? Yes : highA < lowB || highB < lowA ? No : Open;
        return (label, $"{who} has {a} {things}.", $"{who} has {b} {things}.");
    }

    /// <summary>What all of a kind in a place are, a narrower kind there is too.</summary>
    private static (string, string, string) All(Random random)
    {
        (string broad, string[] kinds) = One([.. s_animals.Where(a => a.Broad is "animal" or "vehicle" or "plant")], random);
        string kind = One(kinds.Where(k => k != "fish").ToArray(), random), color = One(s_colors, random), other =
            One([.. s_colors.Where(c => c != color)], random);
        string All(string what, string how) => $"[Every] [{what}] here is [{how}].";
        string None(string what, string how) => $"[No] [{what}] here is [{how}].";
        return One<(string, string, string)>(
        [
            (Yes, All(broad, color), All(kind, color)), (Yes, None(broad, color), None(kind, color)),
                (Yes, All(kind, color), None(kind, other)), (Yes, All(broad, color), None(kind, other)),
            (No, All(kind, color), None(kind, color)), (No, All(kind, color), All(kind, other)), (No, None(kind, color), All(kind, color)),
            (Open, All(kind, color), All(broad, color)), (Open, None(kind, color), None(broad, color)),
                (Open, None(kind, color), All(kind, other)), (Open, None(kind, color), None(kind, other)),
        ], random);
    }

    /// <summary>What is said of one says nothing of another.</summary>
    private static (string, string, string) Person(Random random)
    {
        string who = One(s_people, random), other = One([.. s_people.Where(p => p != who)], random), color = One(s_colors, random), place =
            One(s_rooms[One([.. s_rooms.Keys], random)], random);
        return One<(string, string, string)>(
        [
            (Open, $"[{who}] is in the {place}.", $"[{other}] is in the {place}."),
                (Open, $"[{who}] is in the {place}.", $"[{other}] is not in the {place}."),
            (Open, $"[{who}]'s hat is {color}.", $"[{other}]'s hat is {color}."),
                (Open, $"[{who}]'s hat is {color}.", $"[{other}]'s hat is not {color}."),
        ], random);
    }

    private static string Number(int n) => n < s_numbers.Length + 2 ? s_numbers[n - 2]
        : throw new ArgumentOutOfRangeException(nameof(n), n, "entailments: no word for it; expected 2 to 12.");

    private static string Article(string word) => "aeiou".Contains(word[0], StringComparison.Ordinal) ? "an" : "a";

    /// <summary>Where the marked words stand once the marks, two characters each, are gone.</summary>
    private static IEnumerable<(int Text, int Start, int End)> Spans(int text, string marked) => Decides().Matches(marked)
        .Select((mark, i) => (text, mark.Index - (2 * i), mark.Index - (2 * i) + mark.Groups[1].Length));

    private static string Plain(string marked) => Decides().Replace(marked, "$1");

    private static T One<T>(T[] choices, Random random) => choices[random.Next(choices.Length)];

    [GeneratedRegex(@"\[(\w+)\]")]
    private static partial Regex Decides();
}
