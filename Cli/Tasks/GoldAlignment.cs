using System.CommandLine;
using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary>Of a translation, which source token every written one rests on, and how far that is from what a person said.</summary>
internal sealed class GoldAlignment
{
    /// <summary>The name of the option, without dashes, and with low lines of the column.</summary>
    public const string Name = "gold-alignment";

    /// <summary>What a person said.</summary>
    public Option<string?> Option { get; } = new("--" + Name)
    {
        Description = "Of a translation: a person's links of words, source-target from 0, possible ones with p, e.g. \"0-0 1-2 2p1\"; the alignment error rate is shown. Words are what stands between spaces.",
        HelpName = "links",
    };

    /// <summary>A result with its alignment error rate, where a command line has a person's links.</summary>
    /// <exception cref="CommandException">The result is of no translation.</exception>
    /// <exception cref="Tensors.VitrineException">The links cannot be read.</exception>
    public AttributionResult Measure(ParseResult parsed, AttributionResult result)
    {
        if (parsed.GetValue(Option) is not { } gold)
        {
            return result;
        }
        return result.Sides is [{ Name: "source" }, { Name: "target" }]
            ? result with { AlignmentErrorRate = Alignment.ErrorRate(Alignment.OfWords(result), gold) }
            : throw new CommandException(ExitCode.Usage, $"{Name}: no translation with both sides; got {result.Model}; expected an encoder–decoder such as Marian, without --side.");
    }

    /// <summary>An explanation with the links of its results: in Pharaoh's form beside the facts, with shares in the JSON.</summary>
    public static Explanation Show(Explanation explanation)
    {
        AttributionResult[] results = [.. explanation.Results.Select(r => Alignment.Of(r) is { Count: > 0 } links ? r with { Alignment = links } : r)];
        string By(string what, AttributionResult result) => results.Length == 1 ? what : $"{what} by {result.Method}";
        return explanation with
        {
            Results = results,
            Facts =
            [
                .. explanation.Facts,
                .. results.Where(r => r.Alignment is not null).Select(r => new Fact(By("alignment", r), Alignment.Pharaoh(r.Alignment!))),
                .. results.Where(r => r.AlignmentErrorRate is not null).Select(r => new Fact(By("alignment error rate", r), Numbers.Percent(r.AlignmentErrorRate ?? double.NaN))),
            ],
        };
    }
}
