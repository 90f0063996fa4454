using System.CommandLine;

namespace Vitrine.Cli;

/// <summary>A written text as a whole next to its tokens, several runs in place of one, slots with other texts, a person's
/// alignment.</summary>
internal sealed class SequenceOptions
{
    private readonly Option<string[]> _absent = Declare.Values("--absent", "name=text",
        "With --groups template:…, what a slot holds while its value is absent, as name=text (\"city=Boston\", or \"city=\" for nothing); "
        + "slots that are not named then hold nothing. Without it tokens are replaced by the baseline.");

    private readonly Option<bool> _sequence = Declare.Flag("--sequence",
        "Of written text: explain it as a whole too, as one more target after its tokens: its ln p, or with --score probability its p. "
        + "Default score then: log_probability.");

    private readonly Option<int> _trials = Declare.Value<int>("--trials", "n",
        "Average so many runs of a method that draws; run i, from 0, has the seed --seed + i.", 1);

    private readonly Option<string?> _gold = Declare.Value<string?>("--gold-alignment", "links",
        "Of a translation: a person's links of words, source-target from 0, possible ones with p, e.g. \"0-0 1-2 2p1\"; the alignment "
        + "error rate is shown. Words are what stands between spaces.");

    /// <summary>All of them, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { _absent, _sequence, _trials, _gold };

    /// <summary>A request with what a command line says.</summary>
    /// <exception cref="CommandException">A slot has no name.</exception>
    /// <exception cref="RequestException">A number is out of range.</exception>
    public ExplainRequest Apply(ParseResult parsed, ExplainRequest request)
    {
        var texts = new Dictionary<string, string>();
        foreach (string one in parsed.GetValue(_absent) ?? [])
        {
            if (one.Split('=', 2) is not [{ Length: > 0 } name, var text] || !texts.TryAdd(name, TextSource.Argued(text)))
            {
                throw new CommandException(ExitCode.Usage,
                    $"absent: not a slot and its text; got '{one}'; expected name=text, each name once.");
            }
        }
        return request with
        {
            Absent = texts,
            Sequence = parsed.GetValue(_sequence),
            Trials = parsed.GetValue(_trials),
            GoldAlignment =
            parsed.GetValue(_gold)
        };
    }
}
