using System.CommandLine;
using System.Globalization;
using Vitrine.Training;

namespace Vitrine.Cli;

/// <summary><c>vitrine train vary</c>: writes further sentence pairs with other names in them.</summary>
internal static class TrainVary
{
    public static Verb Create(Terminal terminal)
    {
        var data = Declare.Value<string?>("--data", "file", "UTF-8 lines 'text⇥translation'.");
        var names = Declare.Value<string?>("--names", "file",
            "UTF-8 lines 'kind⇥name⇥name in the language of the second column', perhaps further spellings of the latter.");
        var swap = Declare.Flag("--swap", "The translation is in the first column, the text in the second.");
        var times = Declare.Value<int>("--times", "n", "Other names that a pair gets.", 6);
        var held = Declare.Value<double>("--held-out", "part",
            "Part of the data that the training will hold out: neither varied nor written.", 0.1);
        var seed = Declare.Value<int>("--seed", "n",
            "That of the training, which decides what is held out; and of the choice of names.", 1);
        var file = Declare.Value<string>("--out|-o", "path", "File to write; -: standard output.", "-");
        return new Verb("vary", "Writes further sentence pairs for 'train translate': those that hold one name, with other names put in on both sides.", """
            vitrine train vary --data pairs.tsv --names places.tsv --out more.tsv
            vitrine train translate --data pairs.tsv --data more.tsv --tokenizer folder-with-spm --out my-marian
            """)
            .With(data, names, swap, times, held, seed, file)
            .Does((parsed, _) =>
            {
                (string pairs, string list) = (Path(data), Path(names));
                if (parsed.GetValue(times) < 1 || parsed.GetValue(held) is not (>= 0 and <= 0.5))
                {
                    throw new CommandException(ExitCode.Usage, string.Create(
                        CultureInfo.InvariantCulture,
                        $"vary: out of range; got {parsed.GetValue(times)} times and {parsed.GetValue(held)} held out; expected 1 or "
                            + $"more and 0 to 0.5."));
                }
                string path = parsed.GetValue(file) ?? "-";
                OutputFile.Probe(path, terminal);
                // What the training would hold out is left out twice: as a pair that is varied, and as one that comes of it. So it holds
                // out what it did before.
                IReadOnlyList<TextPair> learned = Learned(TextLines.Pairs(pairs, swap: false));
                IReadOnlyList<TextPair> made = Learned(PairedNames.Read(list).Vary(learned, parsed.GetValue(times), parsed.GetValue(seed)));
                OutputFile.Write(path, string.Concat(made.Select(pair => $"{pair.Source}\t{pair.Target}\n")), terminal);

                string Path(Option<string?> option) => terminal.Resolve(parsed.GetValue(option)
                    ?? throw new CommandException(ExitCode.Usage, $"{option.Name[2..]}: missing; got no {option.Name}; expected a file."));

                IReadOnlyList<TextPair> Learned(IEnumerable<TextPair> all) =>
                    HeldOut.Split(all, pair =>
                        parsed.GetValue(swap) ? pair.Source : pair.Target, parsed.GetValue(held), parsed.GetValue(seed)).Training;
            });
    }
}
