using System.CommandLine;
using Vitrine.Cli;
using Vitrine.Tensors;

namespace Vitrine.Bench;

/// <summary><c>bench ops</c>: every op of the table at its benchmark sizes, after its small cases proved right in the same
/// process.</summary>
internal static class BenchOps
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource();
        var names = new Argument<string[]>("op") { Description = "Ops; left out: all.", Arity = ArgumentArity.ZeroOrMore };
        var runs = new Option<int>("--reps")
        {
            Description = "Timed runs per size, at least; the median is reported.",
            HelpName = "n",
            DefaultValueFactory = _ => 20
        };
        var json = new Option<string?>("--json")
        {
            Description = "Also write the numbers to a file; - for standard output alone.",
            HelpName = "file"
        };
        var markdown = new Option<string?>("--markdown")
        {
            Description = "Also write a report to a file; - for standard output alone.",
            HelpName = "file"
        };
        return new Verb("ops", "Times the ops and their gradients against the limits of the machine, after checking each against its float64 reference in the same process.", """
            dotnet run -c Release --project bench -- ops
            dotnet run -c Release --project bench -- ops softmax layer_norm gelu --reps 50
            dotnet run -c Release --project bench -- ops mat_mul --device opencl:0
            dotnet run -c Release --project bench -- ops --json before.json --markdown ops.md
            """)
            .With(names, runs, json, markdown, source.Device, source.Threads)
            .Does((parsed, cancellation) =>
            {
                source.SetThreads(parsed);
                int count = Verb.Positive(parsed.GetValue(runs), "reps");
                string?[] files = [parsed.GetValue(json), parsed.GetValue(markdown)];
                Array.ForEach(files, file => OutputFile.Probe(file, terminal));
                OpRow[] rows = parsed.GetValue(names) is { Length: > 0 } some ? [.. some.Select(OpTable.Get)] : [.. OpTable.All];
                OpReport report = OpBench.Run(rows, count, cancellation);
                if (!files.Contains("-"))
                {
                    report.WriteTo(terminal.Output);
                }
                if (files[0] is { } data)
                {
                    OutputFile.Write(data, report.ToJson(), terminal);
                }
                if (files[1] is { } document)
                {
                    OutputFile.Write(document, report.ToMarkdown(), terminal);
                }
            });
    }
}
