using System.CommandLine;
using Vitrine.Training;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary><c>vitrine train lm</c>: a GPT-2 on running text, or on lines that stand for themselves.</summary>
internal static class TrainLm
{
    public static Verb Create(Terminal terminal)
    {
        var run = new TrainingCommandLine("UTF-8 text; may be given several times.");
        var lines = new Option<bool>("--lines") { Description = "Every line is a text of its own, and ends with the end of text." };
        var after = new Option<string?>("--after") { Description =
            "With --lines: learn only what follows this token, take the rest as given.", HelpName = "token" };
        return new Verb("lm", "Trains a GPT-2 that continues a text.", """
            vitrine train lm --data plays.txt --vocab 2000 --layers 4 --d-model 192 --positions 256 --out my-gpt2
            vitrine train lm --data sums.txt --lines --after = --out adder
            vitrine train lm --data text.txt --d-mlp 0 --layers 2 --out attention-only
            """)
            .With(run.Symbols)
            .With(lines, after)
            .Does(run.Alone(terminal, (parsed, cancellation) =>
            {
                string[] files = [.. run.Files(parsed, terminal)];
                if (parsed.GetValue(lines))
                {
                    (IReadOnlyList<string> training, IReadOnlyList<string> held) =
                        run.Split(parsed, files.SelectMany(TextLines.Read), line => line);
                    ITransformer model = Model(parsed, training);
                    run.Train(parsed, terminal, model, new LineModelTask(training, held, model, TrainingCommandLine.Tokenizer(model),
                        parsed.GetValue(after)), cancellation);
                }
                else
                {
                    string text = string.Concat(files.Select(TextLines.Whole));
                    int cut = (int)(text.Length * (1 - run.HeldOutPart(parsed))); // the end is held out, as it stands
                    ITransformer model = Model(parsed, [text[..cut]]);
                    run.Train(parsed, terminal, model, new LanguageModelTask(text[..cut], text[cut..], model,
                        TrainingCommandLine.Tokenizer(model)), cancellation);
                }
            }));

        ITransformer Model(ParseResult parsed, IReadOnlyList<string> texts) => run.Model(parsed, terminal, ModelTask.CausalLanguageModel,
            (folder, sizes, vocab) => NewModel.Gpt2(folder, BytePairTrainer.Train(texts, vocab), sizes));
    }
}
