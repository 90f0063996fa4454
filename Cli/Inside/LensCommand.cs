using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary><c>vitrine lens</c>: what a model would say at every layer, and which parts make the last word.</summary>
internal static class LensCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource("models/shakespeare");
        var text = new TextSource();
        var output = new InsideOutput();
        var direct = Declare.Flag("--direct", "Direct logit attribution: the next token's logit as a sum over parts.");
        var correct = Declare.Value<string?>("--correct", "token",
            "With --direct: the token; else a token or label to follow. Default: the model's own best.");
        var wrong = Declare.Value<string?>("--wrong", "token", "With --direct: the token it is compared with.");
        var folded = Declare.Flag("--folded", "With --direct: count b_V with the biases, as TransformerLens' folded weights do.");
        var mids = Declare.Flag("--mids", "Read the states between attention and feed-forward layer too.");
        var tuned = Declare.Value<string?>("--tuned", "folder", "A folder of a tuned lens, ours or the Python package's.");
        var train = Declare.Value<string?>("--train", "path", "Train a tuned lens on this text file and save it in --tuned.");
        var steps = Declare.Value<int>("--steps", "n", "With --train: batches of 8 texts of 32 tokens.", 250);
        return new Verb("lens", "Shows what a model would say at every layer (logit lens, tuned lens), or which parts write the next token's logit.", """
            vitrine lens "ROMEO: What light through yonder"
            vitrine lens "a gorgeous, witty, seductive movie" --model models/sentiment
            vitrine lens --direct --model path/to/gpt2 "The Eiffel Tower is in" --correct " Paris" --wrong " Rome"
            vitrine lens --model path/to/gpt2 --train wiki.txt --tuned lens
            vitrine lens --model path/to/gpt2 --tuned lens "The Eiffel Tower is in" --html lens.html
            """)
            .With(text.Text).With(text.File).With(direct, correct, wrong, folded, mids, tuned, train, steps).With(output.Symbols)
                .With(source.Options)
            .Does((parsed, cancellation) =>
            {
                bool parts = parsed.GetValue(direct), trains = parsed.GetValue(train) is not null;
                Unused.Refuse(parsed, parts, "without --direct", "--folded", "--wrong");
                Unused.Refuse(parsed, !parts, "with --direct", "--mids", "--tuned");
                Unused.Refuse(parsed, trains, "without --train", "--steps");
                output.Probe(parsed, terminal);
                using Explainer explainer = source.Load(parsed, terminal);
                if (parsed.GetValue(train) is { } data)
                {
                    string folder = terminal.Resolve(parsed.GetValue(tuned)
                        ?? throw new CommandException(ExitCode.Usage, "lens: nowhere to save; expected --tuned with --train."));
                    using ProgressLine progress = ProgressLine.Start("lens", terminal);
                    InsideResult trained = explainer.Inside.TrainLens(TextSource.ReadFile(data, terminal), folder,
                        Verb.Positive(parsed.GetValue(steps), "--steps"), progress, cancellation);
                    progress.Dispose();
                    InsideOutput.Write(parsed, terminal, trained);
                    return;
                }
                string given = text.Read(parsed, terminal);
                InsideOutput.Write(parsed, terminal, parts
                    ? explainer.Inside.Direct(given, parsed.GetValue(correct), parsed.GetValue(wrong), parsed.GetValue(folded))
                    : explainer.Inside.Lens(given, parsed.GetValue(mids), parsed.GetValue(tuned) is { } folder2
                        ? TunedLens.Load(terminal.Resolve(folder2)) : null, parsed.GetValue(correct)));
            });
    }
}
