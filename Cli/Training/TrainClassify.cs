using System.Globalization;
using Vitrine.Training;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary><c>vitrine train classify</c>: a BERT that gives a text one of several labels.</summary>
internal static class TrainClassify
{
    public static Verb Create(Terminal terminal)
    {
        var run = new TrainingCommandLine("UTF-8 lines 'label⇥text', or label=path for a file whose lines are all of one class; may be "
            + "given several times. After a file: ':times=0.5' takes half of it per epoch, ':sure=0.9' says how probable its labels are.");
        var whole = Declare.Value<int>("--whole-words", "n", "A vocabulary of whole words seen at least so often, instead of word pieces.");
        var taught = Declare.Flag("--naive-bayes",
            "Learn from naive Bayes' graded opinions of these and of made-up texts: for a few thousand texts.");
        var pairs = Declare.Flag("--pairs",
            "Two texts have one label: lines 'label⇥text⇥second text', perhaps with a group that is learned or judged as a whole.");
        var calibrate = Declare.Value<double>("--calibrate", "part",
            "Part of the data by which the probabilities are made to mean what they say: neither learned nor judged; 0 to 0.5.");
        return new Verb("classify", "Trains a BERT that gives a text one of several labels.", """
            vitrine train classify --data positive=good.txt --data negative=bad.txt --out my-classifier
            vitrine train classify --data positive=good.txt --data negative=bad.txt --naive-bayes --whole-words 2 --layers 1 --out small
            vitrine train classify --data topics.tsv --layers 2 --d-model 128 --epochs 5 --out topics
            vitrine train classify --data topics.tsv --more weak.tsv:times=0.3:sure=0.8 --from my-bert --calibrate 0.05 --out topics
            vitrine train classify --data entailments.tsv --pairs --out logic
            vitrine train classify --data topics.tsv --from path/to/bert --lora 8 --out adapter
            """)
            .With(run.Symbols)
            .With(whole, pairs, taught, calibrate)
            .Does((parsed, cancellation) =>
            {
                TrainingJob job = run.Job(parsed, terminal);
                using IDisposable own = job.Own();
                DataMix<LabelledText> data = job.Read(part =>
                    (parsed.GetValue(pairs) ? TextLines.LabelledPairs(part.File) : TextLines.Labelled(part.File))
                        .Select(text => text with { Sure = part.Sure }), text => text.Key);
                IReadOnlyList<string> labels = ClassificationTask.LabelsOf(data.Training);
                IReadOnlyList<LabelledText> measure = [];
                if (parsed.GetValue(calibrate) is not 0 and double share)
                {
                    if (!(share is > 0 and <= 0.5))
                    {
                        throw new CommandException(ExitCode.Usage,
                            FormattableString.Invariant($"calibrate: out of range; got {share}; expected 0 to 0.5."));
                    }
                    (data, measure) = data.PutAside(text => $"calibrate\n{text.Key}", share, job.Options.Seed);
                }
                IEnumerable<string> texts = data.Training.SelectMany(text =>
                    text.Second is null ? (string[])[text.Text] : [text.Text, text.Second]);
                ITransformer model = TrainingRun.Start(job, terminal, ModelTask.SequenceClassification, words => NewModel.Bert(
                    job.Folder, "BertForSequenceClassification", parsed.GetValue(whole) is > 0 and int least
                        ? WordPieceTrainer.WholeWords(texts, least)
                        : WordPieceTrainer.Train(texts, words), job.Sizes, labels), labels);
                ITrainingTask task = parsed.GetValue(taught) ? Taught(data, model, isNew: job.From is null)
                    : data.Mixed(new ClassificationTask(data.Training, data.Held, model, model.Tokenizer!));
                if (measure.Count == 0)
                {
                    TrainingRun.Of(job, model, task, terminal, cancellation);
                    return;
                }
                var measured = new ClassificationTask(data.Training, measure, model, model.Tokenizer!);
                TrainingRun.Of(job, model, task, terminal, cancellation, measured.SaveCalibrated);
                IReadOnlyList<Metric> judged = new ClassificationTask(data.Training, data.Held, model, model.Tokenizer!)
                    .Evaluate(ModelLoader.Load(job.Folder));
                terminal.Output.WriteLine($"calibrated: {string.Join(", ", judged.Select(metric =>
                    string.Create(CultureInfo.InvariantCulture, $"{metric.Name} {metric.Value:0.0000}")))}");
            });
    }

    private static ITrainingTask Taught(DataMix<LabelledText> data, ITransformer model, bool isNew)
    {
        var lessons = new TaughtClassificationTask(data.Parts.Data, data.Held, model, model.Tokenizer!, data.Parts.More);
        if (isNew)
        {
            lessons.BeginEmbeddings(model);
        }
        return data.Mixed(lessons, TaughtClassificationTask.Lessons);
    }
}
