using System.CommandLine;

namespace Vitrine.Cli;

/// <summary><c>vitrine gather</c>: one result of the shards of a run.</summary>
internal static class GatherCommand
{
    public static Verb Create(Terminal terminal)
    {
        var files = new Argument<string[]>("file")
        {
            Description = "What runs with --shard wrote: every shard of one job, in any order.",
            Arity = ArgumentArity.OneOrMore
        };
        var output = Declare.Value<string>("--output|-o", "file",
            "The file that a run over all rows would have written. Default: -, its rows to standard output.", "-");
        var json = new JsonOption();
        return new Verb("gather", "Checks that the shards of a run are complete, and merges them to what one run writes.", """
            vitrine gather part-*.jsonl --output scores.jsonl
            vitrine gather part-*.jsonl --output scores.jsonl --json -
            """)
            .With(files, output, json.Option)
            .Does((parsed, cancellation) =>
            {
                string path = parsed.GetValue(output)!;
                OutputFile.ProbeAll(terminal, path, parsed.GetValue(json.Option));
                GatherResult done;
                using (ProgressLine progress = ProgressLine.Start("gathering", terminal))
                {
                    RowsOutput to = path == "-" ? RowsOutput.To(terminal.Output) : RowsOutput.File(terminal.Resolve(path), path);
                    done = Shards.Gather([.. (parsed.GetValue(files) ?? []).Select(terminal.Resolve)], to, progress, cancellation);
                }
                ModelSource.Tell(done.Notices, terminal);
                json.Write(parsed, terminal, done.ToJson, screen =>
                {
                    if (path != "-")
                    {
                        screen.WriteLine(done);
                    }
                });
            });
    }
}
