using Vitrine.Training;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary><c>vitrine train tokens</c>: a BERT that says what the words of a text name.</summary>
internal static class TrainTokens
{
    public static Verb Create(Terminal terminal)
    {
        var run = new TrainingCommandLine("UTF-8 lines in which stretches are marked: '[Anna Miller](PER) lives in [Rome](LOC).'; may "
            + "be given several times.");
        return new Verb("tokens", "Trains a BERT that labels every token: names of people, places, times.", """
            vitrine train tokens --data names.txt --out my-tagger
            vitrine train tokens --data names.txt --from my-bert --epochs 3 --out my-tagger
            """)
            .With(run.Symbols)
            .Does(run.Alone(terminal, (parsed, cancellation) =>
            {
                // Split by what is named: the names of a text that is judged were learned in no text together.
                DataMix<MarkedText> data = run.Mix(parsed, terminal, part => TextLines.Read(part.File).Select(MarkedText.Parse), text =>
                    text.Group);
                IReadOnlyList<string> labels = TokenClassificationTask.LabelsOf(data.Training);
                ITransformer model = run.Model(parsed, terminal, ModelTask.TokenClassification, (folder, sizes, vocab) => NewModel.Bert(
                    folder, "BertForTokenClassification", WordPieceTrainer.Train(data.Training.Select(text => text.Text), vocab), sizes,
                        labels), labels);
                run.Train(parsed, terminal, model,
                    data.Mixed(new TokenClassificationTask(data.Training, data.Held, model, TrainingCommandLine.Tokenizer(model))),
                        cancellation);
            }));
    }
}
