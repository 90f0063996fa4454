namespace Vitrine.Cli;

/// <summary><c>vitrine predict</c>: what a model says of a text, with probabilities.</summary>
internal static class PredictCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource();
        var input = new InputOptions();
        var rows = new RowsOptions();
        var json = new JsonOption();
        var top = Declare.Value<int>("--top", "n", "How many answers or words to list.", 5);
        return new Verb("predict", "Says what a model makes of a text: labels, answers, masked words or the next token.", """
            vitrine predict "a gorgeous, witty, seductive movie"
            vitrine predict --model path/to/bert-qa "Who wrote it?" --context "It was written by Ada Lovelace."
            vitrine predict --model path/to/bert-squad2 "Who sang it?" --context "It was written by Ada Lovelace." --null-threshold 0
            vitrine predict --model path/to/bert-mlm "The capital of France is [MASK]."
            vitrine predict --input reviews.jsonl --output labels.jsonl --shard 1/4
            """)
            .With(input.Symbols).With(top, json.Option).With(rows.Symbols).With(source.Options)
            .Does((parsed, cancellation) =>
            {
                json.Probe(parsed, terminal);
                bool isOfRows = rows.IsAsked(parsed, input);
                if (isOfRows && parsed.GetValue(json.Option) is not null)
                {
                    throw new CommandException(ExitCode.Usage,
                        "output: one file for many rows; got --json with --input; expected --output, which holds all numbers.");
                }
                PredictRequest request = input.Apply(parsed, terminal, new PredictRequest { Top = parsed.GetValue(top) }, isOfRows);
                using Explainer explainer = source.Load(parsed, terminal);
                if (isOfRows)
                {
                    rows.Run(parsed, terminal, (data, to, progress) => explainer.PredictFile(data, to, request, progress, cancellation));
                    return;
                }
                PredictResult said = explainer.Predict(request);
                ModelSource.Tell(said.Notices.Except(explainer.Notices), terminal);
                json.Write(parsed, terminal, said.ToJson, screen => screen.Write(said));
            });
    }
}
