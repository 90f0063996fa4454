using System.CommandLine;

namespace Vitrine.Cli;

/// <summary><c>vitrine show</c>: draws what was saved, by us or by Inseq.</summary>
internal static class ShowCommand
{
    public static Verb Create(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "What --json of any command, explain --output or Inseq's save() wrote." };
        var row = Declare.Value<int>("--row", "n", "Which row, or which text of Inseq's.", 1);
        var table = Declare.Value<string?>("--table", "name", "Of a look inside: which table --svg and --png draw. Default: the first.");
        var form = new FormOptions();
        var output = new ExplainOutput();
        return new Verb("show", "Draws saved results: explanations, looks inside, rows of a data file, Inseq's JSON.", """
            vitrine show out.json --html out.html
            vitrine show scores.jsonl --row 17
            vitrine show patch.json --table raw --png raw.png
            vitrine show inseq.json --svg figure.svg --normalize l1
            """)
            .With(file).With(row, table).With(form.Symbols).With(output.Symbols)
            .Does((parsed, _) =>
            {
                output.Probe(parsed, terminal);
                ExplainRequest request = output.Apply(parsed, form.Apply(parsed, new ExplainRequest()));
                string path = parsed.GetValue(file)!;
                if (InsideShow.Read(terminal.Resolve(path)) is { } inside)
                {
                    if (parsed.GetValue<string?>("--parquet") is not null || parsed.GetValue<string?>("--inseq") is not null)
                    {
                        throw new CommandException(ExitCode.Usage, "show: a look inside has no such form; got --parquet or --inseq; "
                            + "expected --json, --csv, --html, --svg or --png.");
                    }
                    InsideOutput.Write(parsed, terminal, inside);
                    return;
                }
                if (parsed.GetValue(table) is { } named)
                {
                    throw new CommandException(ExitCode.Usage,
                        $"table: no look inside; got --table {named} with another kind of result; expected one that vitrine patch, "
                        + "circuit, lens and their like saved.");
                }
                output.Write(parsed, terminal, Explanation.Of(SavedExplanation.Read(terminal.Resolve(path), parsed.GetValue(row)), request,
                    Path.GetFileNameWithoutExtension(path)));
            });
    }
}
