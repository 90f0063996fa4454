using System.CommandLine;
using System.Globalization;
using Vitrine.Cli;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Bench;

/// <summary>
/// <c>bench families</c>: how much of the machine each family uses, next to a GPT-2 of the same width, depth and vocabulary, turn by turn
/// in one process. A share is the time that products and attention would take at the machine's measured limits (its multiply–add units, or
/// a copy of what they read and write) over the time that the work takes: norms, rotations and activations count as loss.
/// </summary>
internal static class BenchFamilies
{
    public static Verb Create(Terminal terminal)
    {
        Option<int> number(string name, int standard, string description) =>
            new(name) { Description = description, HelpName = "n", DefaultValueFactory = _ => standard };
        Option<int> tokens = number("--tokens", 128, "Length of the text.");
        Option<int> written = number("--write", 16, "How many tokens greedy search writes.");
        Option<int> reps = number("--reps", 5, "Timed runs of each.");
        var only = new Option<string?>("--only") { Description = $"Some of {string.Join(',', RandomModel.Names)}.", HelpName = "names" };
        var folder = new Option<string?>("--folder") { Description = "Where random models are kept.", HelpName = "path" };
        return new Verb("families", "Times models of published sizes with random weights next to a GPT-2 of the same size.", """
            dotnet run -c Release --project bench -- families
            dotnet run -c Release --project bench -- families --only distilbert,t5-small --tokens 256
            """)
            .With(tokens, written, reps, only, folder)
            .Does((parsed, cancellation) =>
            {
                string place = parsed.GetValue(folder) ?? Path.Combine(Path.GetTempPath(), "vitrine-bench");
                var limits = new Limits(cancellation);
                terminal.Output.WriteLine($"{Machine.Header()}\n");
                terminal.Output.WriteLine("| model | work | ms | share | ms, GPT-2 | share, GPT-2 | share / share |");
                terminal.Output.WriteLine("|---|---|---:|---:|---:|---:|---:|");
                foreach (string name in parsed.GetValue(only)?.Split(',', StringSplitOptions.TrimEntries) ?? [.. RandomModel.Names])
                {
                    Known(name);
                    string own = Path.Combine(place, name), other = Path.Combine(place, $"{name}-gpt2");
                    RandomModel.Write(name, own);
                    ITransformer model = ModelLoader.Load(own);
                    RandomModel.Write(FamilyWork.Twin(model), other);
                    int length = parsed.GetValue(tokens), steps = parsed.GetValue(written);
                    FamilyWork[] works = [new(model, length, steps), new(ModelLoader.Load(other), length, steps)];
                    (string, Func<FamilyWork, Action?>)[] kinds =
                        [("forward", w => w.Forward), ("saliency", w => w.Saliency), ("greedy", w => w.Greedy)];
                    foreach ((string kind, Func<FamilyWork, Action?> of) in kinds)
                    {
                        if (of(works[0]) is { } mine && of(works[1]) is { } theirs)
                        {
                            Share[] shares = Measure([mine, theirs], Verb.Positive(parsed.GetValue(reps), "reps"), limits, cancellation);
                            terminal.Output.WriteLine(Line(name, kind, shares[0], shares[1]));
                        }
                    }
                }
            });
    }

    private static void Known(string name)
    {
        if (!RandomModel.Names.Contains(name))
        {
            throw new CommandException(ExitCode.Usage, $"bench: no such model; got '{name}'; "
                + $"expected one of {string.Join(", ", RandomModel.Names)}.{Nearest.Hint(name, RandomModel.Names)}");
        }
    }

    /// <summary>Works in turn: the machine's other users disturb both alike.</summary>
    private static Share[] Measure(Action[] works, int reps, Limits limits, CancellationToken cancellation)
    {
        DeviceProfile[] profiles = [.. works.Select(Profile)];
        double[][] times = [[], []];
        for (int i = 0; i < reps; i++)
        {
            for (int turn = 0; turn < works.Length; turn++)
            {
                cancellation.ThrowIfCancellationRequested();
                times[turn] = [.. times[turn], Timing.Once(works[turn])];
            }
            _ = limits.Measure();
        }
        Peaks peaks = limits.Peaks;
        return [.. works.Select((_, turn) => new Share(Timing.Middle(times[turn]), Best(profiles[turn], peaks)))];
    }

    private static DeviceProfile Profile(Action work)
    {
        work(); // warm up
        using Profiler profiler = Device.Current.Profile();
        work();
        return profiler.Stop();
    }

    /// <summary>What products and attention would take at the limits, ms.</summary>
    private static double Best(DeviceProfile profile, Peaks peaks) => profile.Kernels
        .Where(kernel => kernel.Kernel.Contains("mat_mul", StringComparison.Ordinal)
            || kernel.Kernel.StartsWith("attention", StringComparison.Ordinal))
        .Sum(kernel => peaks.Limit(kernel.Bytes, kernel.Cost).Ms);

    private static string Line(string name, string kind, Share ours, Share twin) => string.Create(CultureInfo.InvariantCulture,
        $"| {name} | {kind} | {ours.Ms:F1} | {ours.Of:P1} | {twin.Ms:F1} | {twin.Of:P1} | {ours.Of / twin.Of:F2} |");

    /// <summary>A work's time and the least it could be.</summary>
    private readonly record struct Share(double Ms, double Best)
    {
        public double Of => Best / Ms;
    }
}
