namespace Vitrine.Cli;

/// <summary><c>vitrine generate</c> and <c>vitrine translate</c>: what a model writes.</summary>
internal static class GenerateCommand
{
    /// <summary>Continues a text.</summary>
    public static Verb Create(Terminal terminal) => Create(
        terminal, "generate", "Continues a text with a model that writes.", "models/stories", """
        vitrine generate "Clara lived with her" --max-new-tokens 90 --sample --draw-seed 1
        vitrine generate --model models/shakespeare "ROMEO:" --max-new-tokens 60
        vitrine generate --model path/to/gpt2 "Once upon a time" --max-new-tokens 40
        vitrine generate --model path/to/gpt2 "Once upon a time" --sample --temperature 0.8 --top-p 0.9 --draw-seed 7
        vitrine generate --model path/to/gpt2 --ids "464 3290" --scores
        """, (explainer, request, progress, cancellation) => explainer.Generate(request, progress, cancellation));

    /// <summary>Translates a text.</summary>
    public static Verb CreateTranslate(Terminal terminal) => Create(
        terminal, "translate", "Translates a text.", "models/zh-en", """
        vitrine translate "我喜歡音樂。"
        vitrine translate --model path/to/opus-mt-zh-en "我喜欢看书。"
        vitrine translate --model path/to/opus-mt-zh-en --beams 6 --length-penalty 1 --scores < text.txt
        """, (explainer, request, progress, cancellation) => explainer.Translate(request, progress, cancellation));

    private static Verb Create(
        Terminal terminal, string name, string description, string shipped, string examples, Func<Explainer, WriteRequest, ProgressLine,
            CancellationToken, GenerateResult> write)
    {
        var source = new ModelSource(shipped);
        var input = new InputOptions();
        var writing = new WritingOptions();
        var scores = Declare.Flag("--scores", "List every written token with its id and probability.");
        var json = new JsonOption();
        return new Verb(name, description, examples)
            .With(input.Symbols).With(writing.Symbols).With(scores, json.Option).With(source.Options)
            .Does((parsed, cancellation) =>
            {
                json.Probe(parsed, terminal);
                WriteRequest request = writing.Apply(parsed, input.Apply(parsed, terminal, new WriteRequest()));
                using Explainer explainer = source.Load(parsed, terminal);
                GenerateResult written;
                using (ProgressLine progress = ProgressLine.Start("writing", terminal))
                {
                    written = write(explainer, request, progress, cancellation);
                }
                ModelSource.Tell(written.Notices.Except(explainer.Notices), terminal);
                json.Write(parsed, terminal, written.ToJson, screen =>
                    screen.Write(Shown(written.Text) + "\n" + (parsed.GetValue(scores) ? "\n" + written.ToTable() : "")));
            });

        // On a screen what a model writes moves no cursor; in a file or a pipe it is what the model wrote.
        string Shown(string text) => terminal.OutputIsInteractive
            ? string.Join('\n', text.Split('\n').Select(line => string.Join('\t', line.Split('\t').Select(Viz.Markup.Visible)))) : text;
    }
}
