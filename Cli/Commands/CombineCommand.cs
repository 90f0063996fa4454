using System.CommandLine;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary><c>vitrine combine</c>: one explanation of several that were saved.</summary>
internal static class CombineCommand
{
    public static Verb Create(Terminal terminal)
    {
        var files = new Argument<string[]>("file")
        {
            Description =
            "Files that 'vitrine explain --json' wrote: at least two results over the same tokens.",
            Arity = ArgumentArity.OneOrMore
        };
        var minus = Declare.Flag("--difference",
            "Show the first of two results minus the second, instead of a combination; the texts may differ in words, not in length.");
        var form = new FormOptions();
        var output = new ExplainOutput();
        return new Verb("combine", "Puts saved explanations together: one ranking out of several methods, how far they agree, or a difference.", """
            vitrine combine saliency.json lime.json --combine average --top 5
            vitrine combine methods.json --combine rank_fusion --html out.html
            vitrine combine he.json she.json --difference
            """)
            .With(files, minus).With(form.Symbols).With(output.Symbols)
            .Does((parsed, _) =>
            {
                output.Probe(parsed, terminal);
                ExplainRequest request = output.Apply(parsed, form.Apply(parsed, new ExplainRequest()));
                bool isDifference = parsed.GetValue(minus);
                if (isDifference && request.Combine is not null)
                {
                    throw new CommandException(ExitCode.Usage,
                        "combine: --difference and --combine exclude each other; got both; expected one of them.");
                }
                AttributionResult[] results = [.. (parsed.GetValue(files) ?? [])
                    .SelectMany(path => CombinationJson.ReadAll(TextSource.ReadFile(path, terminal)))];
                if (results.Length < 2 || (isDifference && results.Length > 2))
                {
                    throw new CommandException(ExitCode.Input,
                        $"combine: {(results.Length < 2 ? "nothing to combine" : "too many results")}; got {results.Length} in these "
                            + $"files; expected {(isDifference ? "two" : "at least two")}.");
                }
                output.Write(parsed, terminal, isDifference
                    ? Explanation.Of([results[0].Minus(results[1])], request, results[0].Model ?? "results")
                    : Explanation.Of(results, request with { Combine = request.Combine ?? Combination.Rules[0].Name }));
            });
    }
}
