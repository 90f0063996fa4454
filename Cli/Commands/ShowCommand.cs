using System.CommandLine;

namespace Vitrine.Cli;

/// <summary><c>vitrine show</c>: draws what was saved, by us or by Inseq.</summary>
internal static class ShowCommand
{
    public static Verb Create(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "What --json of any command, explain --output or Inseq's save() wrote." };
        var row = Declare.Value<int>("--row", "n", "Which row, or which text of Inseq's.", 1);
        var form = new FormOptions();
        var output = new ExplainOutput();
        return new Verb("show", "Draws saved explanations: own JSON, rows of a data file, Inseq's JSON.", """
            vitrine show out.json --html out.html
            vitrine show scores.jsonl --row 17
            vitrine show inseq.json --svg figure.svg --normalize l1
            """)
            .With(file).With(row).With(form.Symbols).With(output.Symbols)
            .Does((parsed, _) =>
            {
                output.Probe(parsed, terminal);
                ExplainRequest request = output.Apply(parsed, form.Apply(parsed, new ExplainRequest()));
                string path = parsed.GetValue(file)!;
                if (InsideShow.Read(terminal.Resolve(path)) is { } inside)
                {
                    InsideShow.Write(parsed, terminal, inside);
                    return;
                }
                output.Write(parsed, terminal, Explanation.Of(SavedExplanation.Read(terminal.Resolve(path), parsed.GetValue(row)), request,
                    Path.GetFileNameWithoutExtension(path)));
            });
    }
}
