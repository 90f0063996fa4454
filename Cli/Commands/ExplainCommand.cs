using System.CommandLine;

namespace Vitrine.Cli;

/// <summary><c>vitrine explain</c>: which words made the model decide as it did.</summary>
internal static class ExplainCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource();
        var input = new InputOptions();
        var subject = new SubjectOptions();
        var methods = new MethodOptions(terminal);
        var sequence = new SequenceOptions();
        var form = new FormOptions();
        var output = new ExplainOutput();
        var context = new ContextOptions();
        var rows = new RowsOptions();
        return new Verb("explain", "Shows which words made a model decide as it did. The task is found from the model.", """
            vitrine explain "a gorgeous, witty, seductive movie"
            vitrine explain "a gorgeous movie" --method saliency --method integrated_gradients --html out.html
            vitrine explain "a gorgeous movie" --method saliency,lime,integrated_gradients --combine average --top 5
            vitrine explain --model path/to/bert-qa "Who wrote it?" --context "It was written by Ada Lovelace."
            vitrine explain --model path/to/gpt2 "The Eiffel Tower is in" --max-new-tokens 3 --svg out.svg
            vitrine explain --model path/to/opus-mt-zh-en "我喜欢看书。" --json - > out.json
            vitrine explain --model path/to/gpt2 "Ann is from Rome" --sequence --method feature_ablation --skip written --baseline Rome=Paris
            vitrine explain "a gorgeous, witty movie" --contrast negative --groups words --method shapley_values
            vitrine explain --model path/to/gpt2 "Ann is from Rome" --forced ", Italy" --groups "template:{name} is from {city}" --absent city=Paris --method shapley_values
            vitrine explain --model path/to/gpt2 "The Eiffel Tower is in" --method integrated_gradients --words sum --summary sum
            vitrine explain --model path/to/gpt2 "The cat" --forced " sat" --contrast " ran" --step-score entropy
            vitrine explain --model path/to/gpt2 "His colleagues asked him" --context "George was sick yesterday." --html out.html
            vitrine explain --input reviews.csv --columns text=review --output scores.jsonl --method saliency
            cat review.txt | vitrine explain --target negative --baseline mask --steps 200
            """)
            .With("What the model reads", input.Symbols).With("What is explained", subject.Symbols)
                .With("Methods and their parameters", methods.Symbols)
            .With("What becomes of the scores", form.Symbols).With("Whole texts, slots, alignments", sequence.Symbols)
                .With("What a text owes to its context", context.Symbols)
            .With("How a model writes", subject.Writing.Symbols).With("Where results go", output.Symbols).With("Many texts", rows.Symbols)
                .With("The model", source.Options)
            .Shows(
                "--model", "--context", "--target", "--contrast", "--forced", "--max-new-tokens", "--method", "--baseline", "--groups",
                    "--words", "--top", "--html", "--svg", "--json",
                "--input", "--output", "--device")
            .Does((parsed, cancellation) =>
            {
                output.Probe(parsed, terminal);
                ExplainRequest request = Request(parsed);
                request.Check(); // what is wrong with the options is said before the model is loaded
                using Explainer explainer = source.Load(parsed, terminal);
                if (rows.IsAsked(parsed, input))
                {
                    output.RefuseFiles(parsed);
                    rows.Run(parsed, terminal, (data, to, progress) => explainer.ExplainFile(data, to, request, progress, cancellation));
                    return;
                }
                Explanation why;
                using (ProgressLine progress = ProgressLine.Start("explaining", terminal))
                {
                    why = explainer.Explain(request, progress, cancellation);
                }
                ModelSource.Tell(why.Notices.Except(explainer.Notices), terminal);
                output.Write(parsed, terminal, why);
            });

        ExplainRequest Request(ParseResult parsed)
        {
            ExplainRequest request = input.Apply(parsed, terminal, new ExplainRequest(), rows.IsAsked(parsed, input));
            return output.Apply(parsed,
                form.Apply(parsed, sequence.Apply(parsed, methods.Apply(parsed, context.Apply(parsed, subject.Apply(parsed, request))))));
        }
    }
}
