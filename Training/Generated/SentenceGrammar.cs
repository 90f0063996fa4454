// Made-up sentences by a grammar that is data: a text file of rules. Read Read for the file's form, Expand for what becomes of a rule.
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Vitrine.Training;

/// <summary>
/// A context-free grammar that is read from a text file, and draws lines from it: sentences with a label, or the same sentence in two
/// languages
/// (a synchronous grammar after Aho and Ullman 1969: what a rule becomes in one column it becomes in the others too).
/// </summary>
/// <remarks>
/// <para>The file: <c>@name</c> begins a rule; every line below it is something the rule may become, drawn as often as the <c>3*</c> in
/// front of it says (1).
/// A tab parts columns. <c>{name}</c> stands for a rule, <c>{a|b|}</c> for one of some texts, <c>{}</c> for nothing. Lines that begin with
/// <c>#</c> and empty lines are not looked at. The first rule is
/// where a sentence begins.</para>
/// <para>The n-th <c>{name}</c> of every column is one draw, of which each column takes its own (the last one where the drawn line has
/// fewer); <c>{name#2}</c> says which, and <c>{name:3}</c> which column is taken. A
/// column without braces is left as it stands; others get a capital at the beginning of every sentence, <c>an</c> for <c>a</c> before a
/// vowel, and no doubled blanks.</para>
/// </remarks>
public sealed partial class SentenceGrammar
{
    private const int Deepest = 40; // rules inside rules: a grammar that needs more goes round in circles

    private readonly Dictionary<string, Rule> _rules;
    private readonly string _start, _file;

    private SentenceGrammar(Dictionary<string, Rule> rules, string start, string file) => (_rules, _start, _file) = (rules, start, file);

    /// <summary>Reads a grammar.</summary>
    /// <param name="path">A UTF-8 file.</param>
    /// <exception cref="TrainingException">It cannot be read, holds no rule, names one that is not there, or a brace is not
    /// closed.</exception>
    public static SentenceGrammar Read(string path)
    {
        Dictionary<string, List<Alternative>> read = new(StringComparer.Ordinal);
        (string? start, List<Alternative>? rule) = (null, null);
        foreach ((int at, string line) in TextLines.Read(path).Index())
        {
            if (line[0] == '#')
            {
                continue;
            }
            if (line[0] == '@')
            {
                string name = line[1..].Trim();
                start ??= name;
                rule = read.TryAdd(name, []) ? read[name] : throw Wrong(path, at, $"the rule '{name}' again", "every name once");
                continue;
            }
            Match weighted = Times().Match(line);
            string[] columns = line[weighted.Length..].Split('\t');
            (rule ?? throw Wrong(path, at, $"'{line}' before the first rule", "a line like @sentence first")).Add(new(
                weighted.Success ? int.Parse(weighted.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 1,
                [.. columns.Select(column => Parse(column, path, at))]));
        }
        if (start is null)
        {
            throw Wrong(path, 0, "no rule", "a line like @sentence, and below it what a sentence may be");
        }
        foreach ((string name, List<Alternative> lines) in read)
        {
            string? missing = lines.SelectMany(line => line.Columns).SelectMany(Slots).Select(slot => slot.Name)
                .FirstOrDefault(slot => !read.ContainsKey(slot));
            if (missing is not null || lines.Sum(line => line.Times) == 0)
            {
                throw new TrainingException($"grammar: {(missing is null ? "a rule without lines" : "a name without a rule")}; got "
                    + $"{{{missing ?? name}}}{(missing is null ? "" : $" in rule '{name}'")}; expected at least one line below "
                        + $"@{missing ?? name}. File: {path}");
            }
        }
        return new(read.ToDictionary(rule => rule.Key, rule => new Rule(rule.Value), StringComparer.Ordinal), start, path);
    }

    /// <summary>Draws lines; columns are parted by tabs.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Equal seeds give equal lines.</param>
    /// <exception cref="TrainingException">Rules go round in circles.</exception>
    public IEnumerable<string> Make(int count, int seed) =>
        Enumerable.Range(0, count).Select(i => string.Join('\t', Expand(_start, RandomAt.Of(seed, i), 0, tidy: true)));

    private string[] Expand(string name, Random random, int depth, bool tidy)
    {
        if (depth > Deepest)
        {
            throw new TrainingException($"grammar: rules go round in circles; got {depth} rules inside one another at '{name}'; "
                + $"expected at most {Deepest}. File: {_file}");
        }
        Alternative line = _rules[name].Draw(random);
        Dictionary<(string, int), string[]> drawn = [];
        string[] columns = new string[line.Columns.Length];
        for (int c = 0; c < columns.Length; c++)
        {
            (var text, Dictionary<string, int> seen) = (new StringBuilder(), []);
            Write(line.Columns[c]);
            columns[c] = tidy && line.Columns[c] is not [Words] ? Tidy(text.ToString()) : text.ToString();

            void Write(Part[] parts)
            {
                foreach (Part part in parts)
                {
                    switch (part)
                    {
                        case Words words:
                            text.Append(words.Text);
                            break;
                        case Choice choice:
                            Write(choice.Texts[random.Next(choice.Texts.Length)]);
                            break;
                        case Slot slot:
                            int number = slot.Number > 0 ? slot.Number : seen[slot.Name] = seen.GetValueOrDefault(slot.Name) + 1;
                            string[] one = drawn.TryGetValue((slot.Name, number), out string[]? before) ? before
                                : drawn[(slot.Name, number)] = Expand(slot.Name, random, depth + 1, tidy: false);
                            text.Append(one[Math.Min(slot.Column > 0 ? slot.Column - 1 : c, one.Length - 1)]);
                            break;
                    }
                }
            }
        }
        return columns;
    }

    /// <summary>What a text looks like on paper.</summary>
    private static string Tidy(string text)
    {
        text = Blanks().Replace(text.Trim(), " ");
        text = BeforeMark().Replace(text, "$1");
        text = Article().Replace(text, match => match.Value + "n");
        return SentenceStart().Replace(text, match => match.Value.ToUpperInvariant());
    }

    private static Part[] Parse(string text, string path, int line)
    {
        int at = 0;
        Part[] parts = Sequence(nested: false);
        return at == text.Length ? parts : throw Wrong(path, line, $"'{text}'", "a { for every }");

        Part[] Sequence(bool nested)
        {
            List<Part> found = [];
            var words = new StringBuilder();
            while (at < text.Length && text[at] != '}' && !(nested && text[at] == '|'))
            {
                if (text[at] != '{')
                {
                    words.Append(text[at++]);
                    continue;
                }
                at++;
                List<Part[]> texts = [Sequence(nested: true)];
                while (at < text.Length && text[at] == '|')
                {
                    at++;
                    texts.Add(Sequence(nested: true));
                }
                if (at++ >= text.Length)
                {
                    throw Wrong(path, line, $"'{text}'", "a } for every {");
                }
                Flush();
                found.Add(texts is [[Words { Text: var name }]] ? Named(name) : new Choice([.. texts]));
            }
            Flush();
            return [.. found];

            void Flush()
            {
                if (words.Length > 0)
                {
                    found.Add(new Words(words.ToString()));
                    words.Clear();
                }
            }
        }
    }

    private static Slot Named(string name) => SlotForm().Match(name) is { Success: true } form
        ? new(form.Groups[1].Value, Whole(form.Groups[2]), Whole(form.Groups[3]))
        : new(name, 0, 0);

    private static int Whole(Group digits) => digits.Success ? int.Parse(digits.ValueSpan, CultureInfo.InvariantCulture) : 0;

    private static IEnumerable<Slot> Slots(Part[] parts) => parts.SelectMany(part => part switch
    {
        Slot slot => [slot],
        Choice choice => choice.Texts.SelectMany(Slots),
        _ => [],
    });

    private static TrainingException Wrong(string path, int line, string got, string expected) => new(
        $"grammar: a line that is no rule; got {got} at line {(line + 1).ToString(CultureInfo.InvariantCulture)} of those that are not "
            + $"empty; expected {expected}. File: {path}");

    [GeneratedRegex(@"^([^#:]+)(?:#(\d))?(?::(\d))?$")]
    private static partial Regex SlotForm();

    [GeneratedRegex(@"^(\d{1,4})\*")]
    private static partial Regex Times();

    [GeneratedRegex(@" {2,}")]
    private static partial Regex Blanks();

    [GeneratedRegex(@" +([.,!?;:])(?=\s|$)")]
    private static partial Regex BeforeMark();

    // "useful" and "one" begin with a consonant, "hour" and "honest" with a vowel, whatever they are written with.
    [GeneratedRegex(@"\b[Aa](?= (?:[aeioAEIO](?!ne\b|nce\b|uro)|u(?!s[aeiu]|ni[^mn]|t[ie])|hour|honest|honou?r|heir))")]
    private static partial Regex Article();

    [GeneratedRegex(@"(?:^|(?<=[.!?] ))\p{Ll}")]
    private static partial Regex SentenceStart();

    private abstract record Part;

    private sealed record Words(string Text) : Part;

    private sealed record Choice(Part[][] Texts) : Part;

    private sealed record Slot(string Name, int Number, int Column) : Part;

    private sealed record Alternative(int Times, Part[][] Columns);

    /// <summary>The lines of a rule, and how far down the last one is with all before it.</summary>
    private sealed class Rule(List<Alternative> lines)
    {
        private readonly int _all = lines.Sum(line => line.Times);

        public Alternative Draw(Random random)
        {
            int left = random.Next(_all);
            return lines.First(line => (left -= line.Times) < 0);
        }
    }
}
