namespace Vitrine.Cli;

/// <summary><c>vitrine heads</c>: which heads of a language model look back, and what repetition costs without each.</summary>
internal static class HeadsCommand
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz"; // what the shipped model was trained on

    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource("models/induction");
        var tokens = Declare.Value<string?>("--tokens", "text",
            "A text whose tokens are drawn from. Default: letters for the shipped model, the vocabulary without special tokens for "
            + "others.");
        var length = Declare.Value<int>("--length", "n", "Tokens per round; each sequence is two equal rounds of different tokens.", 24);
        var count = Declare.Value<int>("--count", "n", "Sequences.", 32);
        var seed = Declare.Value<int>("--seed", "n", "Equal seeds give equal sequences.", 1);
        var json = Declare.Value<string?>("--json", "path", "Write all numbers as JSON; - for standard output.");
        var markdown = Declare.Value<string?>("--markdown", "path", "Write the table as Markdown; - for standard output.");
        var svg = Declare.Value<string?>("--svg", "path", "Draw every head's pattern on the first sequence; - for standard output.");
        return new Verb("heads", "Shows which heads of a language model look back in repeated random tokens, and the loss without each: induction heads.", """
            vitrine heads
            vitrine heads --length 8 --svg pattern.svg
            vitrine heads --model path/to/gpt2 --count 8 --json heads.json
            vitrine heads --model path/to/gpt2 --tokens " one two three four five six seven eight nine ten" --length 8
            """)
            .With(tokens, length, count, seed, json, markdown, svg).With(source.Options)
            .Does((parsed, cancellation) =>
            {
                string?[] outputs = [parsed.GetValue(json), parsed.GetValue(markdown), parsed.GetValue(svg)];
                OutputFile.ProbeAll(terminal, outputs);
                using Explainer loaded = source.Load(parsed, terminal);
                var asked = new HeadsRequest
                {
                    Tokens = parsed.GetValue(tokens) ?? (parsed.GetValue(source.Model) is null ? Letters : null),
                    Length = parsed.GetValue(length),
                    Count = parsed.GetValue(count),
                    Seed = parsed.GetValue(seed),
                };
                HeadsResult found;
                using (ProgressLine progress = ProgressLine.Start("heads", terminal))
                {
                    found = loaded.Inside.Repetition(asked, progress, cancellation);
                }
                OutputFile.WriteAll(terminal, [(outputs[0], found.ToJson), (outputs[1], found.ToMarkdown), (outputs[2], found.ToSvg)],
                    screen => screen.Write(found));
            });
    }
}
