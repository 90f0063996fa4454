using System.CommandLine;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary><c>vitrine patch</c>: what happens to an answer when one activation is another run's.</summary>
internal static class PatchCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource("models/induction");
        var pairs = new PairOptions();
        var output = new InsideOutput();
        var place = Declare.Value<string>("--place", "name",
            $"What is patched: {string.Join(", ", PatchPlace.All.Select(p => p.Name))}.", "z");
        var axes = Declare.Value<string?>("--axes", "name",
            "What is kept apart: position, unit (or head, neuron), position-unit (or position-head), query, query-key, layer. Default: as "
            + "suits the place.");
        var stack = Declare.Value<string?>("--stack", "name", "blocks, encoder or decoder. Default: the last of the model's.");
        var method = Declare.Value<string>("--method", "name",
            "exact (activation patching), estimate (attribution patching), check (both, with their rank correlation), atp (AtP*), paths, "
            + "trace (causal tracing with noise).", "exact");
        var direction = Declare.Value<string>("--direction", "name",
            "denoise: clean values into the corrupted run; noise: corrupted values into the clean run.", "denoise");
        var path = Declare.Value<string>("--path", "name", "With --method paths: direct, mlps or linear.", "direct");
        var top = Declare.Value<int>("--top", "n", "With --method check: how many of the largest estimates are compared.", 20);
        var subject = Declare.Value<string?>("--subject", "text", "With --method trace: the words of --clean that noise hides.");
        var window = Declare.Value<int>("--window", "n", "With --method trace: blocks that are restored together.", 10);
        return new Verb("patch", "Patches activations of one run into another: activation patching, attribution patching, AtP*, path patching, causal tracing.", """
            vitrine patch                                                    # the shipped induction model, every head
            vitrine patch --place resid_pre --html patch.html
            vitrine patch --method check --place z --axes position-unit
            vitrine patch --model path/to/gpt2 --clean "When Mary and John went to the store, John gave a drink to" --corrupted "When Mary and John went to the store, Mary gave a drink to" --correct " Mary" --wrong " John"
            vitrine patch --model path/to/gpt2 --generate ioi --count 16 --method atp --direction noise --json atp.json
            vitrine patch --model models/shakespeare --method trace --clean "ROMEO: I love the" --subject "ROMEO"
            vitrine patch --model models/zh-en --method trace --clean "我喜欢音乐。" --subject "音乐" --target "I like"
            """)
            .With(method, place, axes, stack, direction, path, top, subject, window).With(pairs.Symbols).With(output.Symbols)
                .With(source.Options)
            .Does((parsed, cancellation) =>
            {
                Check(parsed, parsed.GetValue(method)!);
                output.Probe(parsed, terminal);
                using Explainer explainer = source.Load(parsed, terminal);
                using ProgressLine progress = ProgressLine.Start("patch", terminal);
                var request = new PatchRequest
                {
                    Direction = Named<PatchDirection>(parsed.GetValue(direction)!, "--direction"),
                    Stack = parsed.GetValue(stack),
                    Axes = parsed.GetValue(axes) is { } named ? Named<PatchAxes>(named.Replace("head", "unit",
                        StringComparison.Ordinal).Replace("neuron", "unit", StringComparison.Ordinal), "--axes") : null,
                    Seed = pairs.Seed(parsed),
                    Progress = progress,
                    Cancellation = cancellation,
                };
                string how = parsed.GetValue(method)!, where = parsed.GetValue(place)!;
                InsideResult result;
                if (how == "trace")
                {
                    string text = parsed.GetValue<string?>("--clean")
                        ?? throw new CommandException(ExitCode.Usage, "trace: no prompt; expected --clean and --subject.");
                    result = explainer.Inside.Trace(text, parsed.GetValue(subject)
                        ?? throw new CommandException(ExitCode.Usage, "trace: no subject; expected --subject, words of --clean."),
                        parsed.GetValue<string?>("--correct"), Verb.Positive(parsed.GetValue(window), "--window"), request: request,
                        target: parsed.GetValue<string?>("--target") ?? "");
                }
                else
                {
                    IReadOnlyList<PromptPair> given = pairs.Read(parsed, terminal, explainer);
                    result = how switch
                    {
                        "exact" => explainer.Inside.Patch(given, where, request),
                        "estimate" => explainer.Inside.Estimate(given, [where], request),
                        "check" => explainer.Inside.Check(given, where, Verb.Positive(parsed.GetValue(top), "--top"), request),
                        "atp" => explainer.Inside.Atp(given, request),
                        "paths" => explainer.Inside.Paths(given, Named<PathKind>(parsed.GetValue(path)!, "--path"), request: request),
                        _ => throw new CommandException(ExitCode.Usage,
                            $"method: not known; got '{how}'; expected exact, estimate, check, atp, paths or trace."),
                    };
                }
                progress.Dispose();
                InsideOutput.Write(parsed, terminal, result);
            });
    }

    // What another method needs has no effect with this one.
    private static void Check(ParseResult parsed, string method)
    {
        bool traces = method == "trace", ofPlace = method is "exact" or "estimate" or "check";
        string with = $"with --method {method}";
        Unused.Refuse(parsed, ofPlace, with, "--place", "--axes", "--stack");
        Unused.Refuse(parsed, method == "paths", with, "--path");
        Unused.Refuse(parsed, method == "check", with, "--top");
        Unused.Refuse(parsed, traces, with, "--subject", "--window");
        Unused.Refuse(parsed, !traces, with, "--direction", "--corrupted", "--wrong", "--pairs", "--template", "--names", "--generate",
            "--count", "--metric", "--align");
    }

    /// <summary>A value of an enumeration by its name in kebab case.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    internal static T Named<T>(string name, string option) where T : struct, Enum
    {
        foreach (T value in Enum.GetValues<T>())
        {
            if (Kebab(value.ToString()) == name)
            {
                return value;
            }
        }
        throw new CommandException(ExitCode.Usage,
            $"{option}: not known; got '{name}'; expected one of {string.Join(", ", Enum.GetNames<T>().Select(Kebab))}.");
    }

    private static string Kebab(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString()));
}
