using System.CommandLine;
using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary><c>vitrine explain</c>: which words made the model decide as it did.</summary>
internal static class ExplainCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource();
        var input = new InputOptions();
        var subject = new SubjectOptions();
        var request = new RequestOptions(terminal);
        var sequence = new SequenceOptions();
        var gold = new GoldAlignment();
        var form = new ResultOptions();
        var output = new ExplainOutput();
        var context = new ContextSubject();
        var data = new DataRun();
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
            .With(input.Symbols).With(subject.Symbols).With(context.Symbols).With(request.Symbols).With([request.Absent, .. sequence.Symbols, gold.Option]).With(form.Symbols).With(output.Symbols).With(data.Symbols).With(source.Options)
            .Does((parsed, cancellation) =>
            {
                output.Probe(parsed, terminal);
                // What is wrong with the options is said before the model is loaded.
                _ = (form.Read(parsed), sequence.Read(parsed, subject.Score.Read(parsed, request.Read(parsed, cancellation).Compat)), request.ReadMethods(parsed), request.ReadSlots(parsed));
                LoadedModel loaded = source.Load(parsed, terminal);
                if (data.IsAsked(parsed, input))
                {
                    output.RefuseFiles(parsed);
                    data.Run(parsed, source, loaded.Folder, terminal, (row, at) => RowJson.Of(Explain(row, at, loaded, cancellation)), cancellation);
                    return;
                }
                output.Write(parsed, terminal, Explain(parsed, terminal, loaded, cancellation), id => ExplainedText.Of([id], Written.Tokenizer(loaded.Model)).Tokens[0].Piece);
            });

        Explanation Explain(ParseResult parsed, Terminal terminal, LoadedModel loaded, CancellationToken cancellation)
        {
            AttributionRequest asked = request.Read(parsed, cancellation);
            ResultForm shape = form.Read(parsed);
            StepChoice.Chosen score = sequence.Read(parsed, subject.Score.Read(parsed, asked.Compat)) with { Slots = request.ReadSlots(parsed) };
            IAttributionMethod[] methods = request.ReadMethods(parsed);
            if (ContextSubject.IsAsked(parsed, loaded, input))
            {
                ContextOptions measure = context.Options(parsed, score, sequence.Apply(parsed, request.Group(parsed, methods), score));
                (ContextualText text, string written) = context.Find(parsed, loaded, input, subject, terminal, cancellation);
                using var progress = ProgressLine.Start("context", terminal);
                ContextReliance found = ContextAnalysis.Explain(text, measure, asked with { Progress = progress });
                return new Explanation
                {
                    Title = loaded.Name,
                    Facts = [.. Facts(loaded), .. written.Length > 0 ? [new Fact("written", written)] : (Fact[])[]],
                    Context = found,
                    Results = found.Attribution is { } attribution ? [attribution] : [],
                };
            }
            Subject what = SubjectFinder.Find(parsed, loaded, input, subject, score, terminal, cancellation);
            methods = sequence.Apply(parsed, request.Group(parsed, OptionByOption.For(loaded.Model, methods.Length > 0 ? methods : [AttributionMethods.Get(DefaultMethod(loaded.Model))])), score);
            List<AttributionResult> results = [];
            foreach (IAttributionMethod method in methods)
            {
                using var progress = ProgressLine.Start(method.Name, terminal);
                AttributionResult result = method.Attribute(what.Function, asked with { Progress = progress, KeepRaw = output.WantsRaw(parsed) });
                _ = Choices.Finite(loaded, Tensor.From([.. result.Targets.Select(t => (float)t.Score)], [result.Targets.Count]));
                results.Add(gold.Measure(parsed, what.Label(score.Accompany(result, what.Function))));
                cancellation.ThrowIfCancellationRequested();
            }
            return GoldAlignment.Show(ResultOptions.Apply(shape, new Explanation
            {
                Title = loaded.Name,
                Facts = [.. Facts(loaded), .. what.Facts],
                Predictions = what.Predictions,
                Marks = what.Marks,
                Results = results,
            }, output.Top(parsed)));
        }
    }

    private static Fact[] Facts(LoadedModel loaded) => [new("model", loaded.Model.Info.ModelType), new("task", Named(loaded.Model.Info.Task))];

    // A path integral for one score; for a text of many tokens one sweep, which keeps the sign and costs a fiftieth.
    private static string DefaultMethod(ITransformer model) =>
        model.Info.Task is ModelTask.CausalLanguageModel or ModelTask.SequenceToSequence ? "input_x_gradient" : "integrated_gradients";

    private static string Named(ModelTask task) => string.Concat(task.ToString().Select((c, i) =>
        i > 0 && char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : char.ToLowerInvariant(c).ToString(CultureInfo.InvariantCulture)));
}
