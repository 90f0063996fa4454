using System.CommandLine;
using Vitrine.Training;

namespace Vitrine.Cli;

/// <summary><c>vitrine train data</c>: writes made-up examples whose answers are known.</summary>
internal static class TrainData
{
    private static readonly SortedDictionary<string, Func<int, int, int, IEnumerable<string>>> s_kinds = new(StringComparer.Ordinal)
    {
        ["entailment-questions"] = (count, _, seed) => Entailments.Make(count, seed).Select(Entailments.Question),
        ["entailments"] = (count, _, seed) => Entailments.Make(count, seed).Select(Entailments.Line),
        ["places"] = (count, _, seed) => StoryPlaces.Make(count, seed),
        ["repeats"] = (count, length, seed) => RepeatedLetters.Make(count, length, seed),
        ["sorting"] = (count, length, seed) => SortingLines.Make(count, length, seed),
        ["story-questions"] = (count, _, seed) => Stories.Make(count, seed).Select(Stories.Question),
        ["stories"] = (count, _, seed) => Stories.Make(count, seed).Select(Stories.Line),
        ["tale-turns"] = (count, _, seed) => Tales.Questions(count, seed),
        ["tales"] = (count, _, seed) => Tales.Make(count, seed).Select(tale => tale.Text),
    };

    private const string Sentences = "sentences", Names = "names";

    private static string Kinds => string.Join(", ", s_kinds.Keys.Append(Sentences).Append(Names).Order(StringComparer.Ordinal));

    public static Verb Create(Terminal terminal)
    {
        var kind = new Argument<string>("kind") { Description = $"One of {Kinds}." };
        var count = Declare.Value<int>("--count", "n", "Lines to write.", 20000);
        var length = Declare.Value<int>("--length", "n", "Digits or letters per line; stories have their own.", 8);
        var grammar = Declare.Value<string?>("--grammar", "file",
            "Of sentences: the file of rules that they are drawn by (docs/TRAINING.md).");
        var text = Declare.Value<string?>("--text", "file", "Of names: the text whose sentences are taken.");
        var list = Declare.Value<string?>("--list", "file", "Of names: lines 'label⇥name'; sentences with other names are left out.");
        var seed = Declare.Value<int>("--seed", "n", "Equal seeds give equal lines.", 1);
        var file = Declare.Value<string>("--out|-o", "path", "File to write; -: standard output.", "-");
        return new Verb("data", "Writes made-up examples to train on, with known answers.", """
            vitrine train data sorting --count 20000 --length 8 --out sorting.txt
            vitrine train data repeats --count 20000 --length 48 --out repeats.txt
            vitrine train data stories --count 20000 --out stories.jsonl
            vitrine train data places --count 2000 --out places.jsonl
            vitrine train data sentences --grammar rules.txt --count 20000 --out sentences.tsv
            vitrine train data names --text plays.txt --list names.tsv --out names.txt
            """)
            .With(kind, count, length, grammar, text, list, seed, file)
            .Does((parsed, _) =>
            {
                string name = parsed.GetValue(kind) ?? "";
                string? rules = parsed.GetValue(grammar), read = parsed.GetValue(text), known = parsed.GetValue(list);
                Require(name, Sentences, ("--grammar", rules));
                Require(name, Names, ("--text", read), ("--list", known));
                Func<int, int, int, IEnumerable<string>> make = rules is not null ? (lines, _, from) =>
                    SentenceGrammar.Read(terminal.Resolve(rules)).Make(lines, from)
                    : read is not null && known is not null ? (lines, _, _) =>
                        NamedSentences.Read(terminal.Resolve(known)).Mark(TextLines.Whole(terminal.Resolve(read))).Take(lines)
                    : s_kinds.TryGetValue(name, out Func<int, int, int, IEnumerable<string>>? made) ? made
                    : throw new CommandException(ExitCode.Usage, $"data: unknown kind; got '{name}'; expected one of {Kinds}.");
                if (parsed.GetValue(count) < 1 || parsed.GetValue(length) < 1)
                {
                    throw new CommandException(ExitCode.Usage,
                        $"data: out of range; got count {parsed.GetValue(count)} and length {parsed.GetValue(length)}; expected 1 or "
                            + $"more.");
                }
                string path = parsed.GetValue(file) ?? "-";
                OutputFile.Probe(path, terminal);
                OutputFile.Write(path, string.Concat(make(parsed.GetValue(count), parsed.GetValue(length), parsed.GetValue(seed))
                    .Select(line => line + "\n")), terminal);
            });
    }

    private static void Require(string name, string kind, params ReadOnlySpan<(string Option, string? Value)> files)
    {
        foreach ((string option, string? value) in files)
        {
            if ((name == kind) != value is not null)
            {
                throw new CommandException(ExitCode.Usage,
                    $"data: {kind} need {option}, and nothing else does; got {name} {(value is null ? "without" : "with")} {option}; "
                        + $"expected both or neither.");
            }
        }
    }
}
