using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>Pairs made by rule: from a template with slots, or by one of the generators of the literature's tasks.</summary>
public static class PromptTemplates
{
    private static readonly string[] s_places = ["store", "garden", "park", "school", "station"],
        s_things = ["a drink", "a book", "a ring", "the keys", "a letter"];

    /// <summary>Names that are one token with a leading space in GPT-2's vocabulary, among others.</summary>
    public static IReadOnlyList<string> Names { get; } = ["Mary", "John", "Tom", "Anna", "James", "Sarah", "Paul", "Kate", "Mark", "Laura"];

    /// <summary>The generators by name, with what they make.</summary>
    public static IReadOnlyDictionary<string, string> Generators { get; } = new Dictionary<string, string>
    {
        ["ioi"] = "indirect objects (Wang et al. 2022): the name that is said once; corrupted: the other name is said once",
        ["greater-than"] = "years (Hanna et al. 2023): two digits after a century; corrupted: the first year ends in 01",
        ["docstring"] =
            "arguments of a function, in the order of its signature (Heimersheim and Janiak 2023); corrupted: another order in the "
                + "signature",
        ["induction"] = "letters that begin again; corrupted: the letter before the answer was another the first time",
    };

    /// <summary>Fills a template: every slot <c>{A}</c>, <c>{B}</c>, … takes a name, no name twice in one prompt.</summary>
    /// <param name="model">The model; its tokenizer cuts the texts.</param>
    /// <param name="template">The clean prompt.</param>
    /// <param name="corrupted">The corrupted prompt, with the same slots and <c>{C}</c>, … of its own.</param>
    /// <param name="correct">The answer of the clean prompt, e.g. <c>" {A}"</c>.</param>
    /// <param name="wrong">The answer it is compared with, e.g. <c>" {B}"</c>.</param>
    /// <param name="names">What fills slots.</param>
    /// <param name="count">How many pairs.</param>
    /// <param name="seed">Equal seeds give equal pairs.</param>
    /// <param name="metric">From the ids of both answers to the number; null: logit difference.</param>
    /// <param name="align">Whether a text with fewer tokens is filled up where both differ: <see cref="TokenAlignment"/>.</param>
    /// <returns>The pairs; fillings whose texts have different numbers of tokens, or whose answers are several, are left out.</returns>
    /// <exception cref="VitrineException">No filling fits.</exception>
    public static IReadOnlyList<PromptPair> Fill(
        ITransformer model, string template, string corrupted, string correct, string wrong, IReadOnlyList<string> names, int count = 8,
            int seed = 1, Func<int, int?, InsideMetric>? metric = null, bool align = false)
    {
        ArgumentNullException.ThrowIfNull(names);
        string[] slots = [.. Slots(template + corrupted + correct + wrong)];
        if (slots.Length == 0)
        {
            throw new VitrineException($"template: no slots; got '{template}'; expected names in braces, e.g. {{A}} and {{B}}.");
        }
        if (names.Count < slots.Length)
        {
            throw new VitrineException(
                $"template: too few names; got {names.Count} for the slots {string.Join(", ", slots)}; expected at least {slots.Length}.");
        }
        var random = new Random(seed);
        VitrineException? last = null;
        List<PromptPair> pairs = [];
        for (int tries = 0; tries < 20 * count && pairs.Count < count; tries++)
        {
            string[] drawn = [.. names];
            random.Shuffle(drawn);
            string Filled(string text) => slots.Select((slot, i) => (slot, i))
                .Aggregate(text, (t, s) => t.Replace("{" + s.slot + "}", drawn[s.i], StringComparison.Ordinal));
            try
            {
                pairs.Add(PromptPair.Of(model, Filled(template), Filled(corrupted), Filled(correct), Filled(wrong), metric, align: align));
            }
            catch (VitrineException e)
            {
                last = e; // another filling may fit
            }
        }
        return pairs.Count > 0 ? pairs
            : throw new VitrineException($"template: no filling fits the model's vocabulary; {last?.Message}");
    }

    /// <summary>Pairs of a task.</summary>
    /// <param name="model">The model.</param>
    /// <param name="task">A name of <see cref="Generators"/>.</param>
    /// <param name="count">How many pairs.</param>
    /// <param name="seed">Equal seeds give equal pairs.</param>
    /// <param name="metric">From the ids of both answers to the number; null: the task's own.</param>
    /// <param name="align">Whether a text with fewer tokens is filled up where both differ: <see cref="TokenAlignment"/>.</param>
    /// <exception cref="VitrineException">No such task, or the model's vocabulary does not fit it.</exception>
    public static IReadOnlyList<PromptPair> Generate(ITransformer model, string task, int count = 8, int seed = 1,
        Func<int, int?, InsideMetric>? metric = null, bool align = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!Generators.ContainsKey(task))
        {
            throw new VitrineException($"generate: no such task; got '{task}'; expected one of {string.Join(", ", Generators.Keys)}.");
        }
        try
        {
            return Made(model, task, count, seed, metric, align);
        }
        catch (VitrineException e)
        {
            throw new VitrineException($"generate: the model's vocabulary does not fit the task {task}; {e.Message} A template takes words "
                + "of your own.", e);
        }
    }

    private static IReadOnlyList<PromptPair> Made(ITransformer model, string task, int count, int seed,
        Func<int, int?, InsideMetric>? metric, bool align)
    {
        var random = new Random(seed);
        string place = s_places[random.Next(s_places.Length)], thing = s_things[random.Next(s_things.Length)];
        return task switch
        {
            "ioi" => Fill(model, $"When {{A}} and {{B}} went to the {place}, {{B}} gave {thing} to",
                $"When {{A}} and {{B}} went to the {place}, {{A}} gave {thing} to", " {A}", " {B}", Names, count, seed, metric, align),
            "greater-than" => [.. Enumerable.Range(0, count)
                .Select(_ => GreaterThan(model, 11 + random.Next(8), 3 + random.Next(90), metric))],
            "docstring" =>
                Fill(model, "def call(self, {A}, {B}, {C}):\n    \"\"\"\n    :param {A}: text\n    :param {B}: text\n    :param",
                "def call(self, {B}, {A}, {C}):\n    \"\"\"\n    :param {A}: text\n    :param {B}: text\n    :param",
                " {C}", " {B}", ["text", "name", "size", "path", "file", "line", "user", "code", "time"], count, seed, metric,
                align),
            _ => Induction(model, random, count, metric),
        };
    }

    // Σ p(years after) − Σ p(years before), of two-digit tokens.
    private static PromptPair GreaterThan(ITransformer model, int century, int year, Func<int, int?, InsideMetric>? metric)
    {
        string Prompt(int y) =>
            string.Create(CultureInfo.InvariantCulture, $"The war lasted from the year {century}{y:00} to the year {century}");
        int Token(int y) => PromptPair.Answer(model, y.ToString("00", CultureInfo.InvariantCulture));
        int[] after = [.. Enumerable.Range(year + 1, 99 - year).Select(Token)], before = [.. Enumerable.Range(0, year + 1).Select(Token)];
        return PromptPair.Of(model, Prompt(year), Prompt(1), year < 99 ? (year + 1).ToString("00", CultureInfo.InvariantCulture) : "99",
            "00", metric ?? ((_, _) => InsideMetric.Of("prob_diff", logits =>
        {
            Tensor p = logits.Softmax();
            Tensor Sum(int[] ids) => TensorOps.Concat(-1, [.. ids.Select(id => p.Slice(-1, id, 1))]).Sum([-1]);
            return Sum(after) - Sum(before);
        })));
    }

    // Letters, then the first of them again up to the one before the answer; all pairs of one length.
    private static PromptPair[] Induction(ITransformer model, Random random, int count, Func<int, int?, InsideMetric>? metric)
    {
        int length = Math.Max(3, Math.Min(12, model.Info.MaxPositions / 3)), answer = 2 + random.Next(length - 2);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            char[] letters = [.. "abcdefghijklmnopqrstuvwxyz"];
            random.Shuffle(letters);
            string round = new(letters.AsSpan(0, length)), again = round[..answer];
            string other = string.Concat(round.AsSpan(0, answer - 1), letters.AsSpan(length, 1), round.AsSpan(answer));
            return PromptPair.Of(model, round + again, other + again, round[answer].ToString(), letters[length + 1].ToString(),
                metric);
        })];
    }

    private static IEnumerable<string> Slots(string text)
    {
        HashSet<string> seen = [];
        for (int at = text.IndexOf('{', StringComparison.Ordinal); at >= 0; at = text.IndexOf('{', at + 1))
        {
            int end = text.IndexOf('}', at);
            if (end > at + 1 && text[(at + 1)..end].All(char.IsLetterOrDigit) && seen.Add(text[(at + 1)..end]))
            {
                yield return text[(at + 1)..end];
            }
        }
    }
}
