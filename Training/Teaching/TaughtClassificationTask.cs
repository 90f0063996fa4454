using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>
/// One label per text, learned from a teacher that only counts (naive Bayes over words, the beginnings of longer words and word pairs): for
/// a few thousand texts, which a transformer would learn by heart. The teacher judges the texts, each as if it had not been counted itself,
/// the true label having a say too, and twice as many made-up ones: the beginning of one text and the end of another.
/// </summary>
public sealed class TaughtClassificationTask : ITrainingTask
{
    private const int Letters = 4; // words that share so many first ones are kin

    private const double
        Temperature = 3,   // divides the teacher's scores: it counts related words as independent, so it is too sure of itself
        TrueLabel = 0.3,   // weight of the true label against the teacher's opinion
        Hidden = 0.2,      // part of the words of a text that are masked
        Replaced = 0.2,    // part of the words of a made-up text that are other words
        Counted = 0.8,     // a further text whose label is less sure is not counted
        Start = 0.1;       // what a word's log-odds are times in its first embedding

    private readonly ClassificationTask _judged;
    private readonly (int[] Ids, int Label)[] _texts; // without special tokens
    private readonly (int[] Ids, double[] Target)[] _more;
    private readonly int[] _words;
    private readonly NaiveBayes _teacher;
    private readonly SpecialTokens _special;
    private readonly int _labels, _longest;
    private (int[] Ids, double[] Target)[] _lessons = [];

    /// <summary>Counts, and tokenizes; texts that are longer than the model reads are cut.</summary>
    /// <param name="training">What is learned.</param>
    /// <param name="held">What is judged.</param>
    /// <param name="model">A BERT classifier; its labels are those that may occur.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="more">Further texts that are learned as they stand, without the teacher; it counts those among them whose labels are
    /// rather sure.</param>
    /// <exception cref="TrainingException">No data, a label the model does not have, one with fewer than two examples, or a tokenizer
    /// without BERT's special tokens.</exception>
    public TaughtClassificationTask(
        IReadOnlyList<LabelledText> training, IReadOnlyList<LabelledText> held, ITransformer model, ITokenizer tokenizer,
            IReadOnlyList<LabelledText>? more = null)
    {
        _judged = new(training, held, model, tokenizer);
        _special = tokenizer.Special is { Cls: not null, Sep: not null, Mask: not null } special ? special
            : throw new TrainingException("train: the teacher needs BERT's special tokens; got a tokenizer without [CLS], [SEP] or [MASK]; "
                + "expected all three.");
        _labels = model.Info.Labels.Count;
        int room = model.Info.MaxPositions - 2;
        _texts = [.. training.Select(Ids)];
        (LabelledText Text, int[] Ids, int Label)[] others = [.. (more ?? []).Select(text => (text, Ids(text).Ids, Ids(text).Label))];
        _more = [.. others.Select(text => (Framed(text.Ids), Enumerable.Range(0, _labels)
            .Select(k => k == text.Label ? text.Text.Sure : (1 - text.Text.Sure) / (_labels - 1)).ToArray()))];
        _words = [.. _texts.SelectMany(text => text.Ids)];
        _longest = _texts.Max(text => text.Ids.Length);
        _teacher = new(_texts.Concat(others.Where(text => text.Text.Sure >= Counted).Select(text => (text.Ids, text.Label))), _labels,
            Families(tokenizer.Vocabulary));

        (int[] Ids, int Label) Ids(LabelledText text) => (
            tokenizer.Encode(text.Text, special: false).Ids.Take(room).ToArray(), model.Info.Labels.Index().First(l => l.Item == text.Label)
                .Index);
    }

    /// <summary>Lessons that each text of <c>training</c> gives; a further one gives one.</summary>
    public static int Lessons => 3;

    /// <summary>
    /// Lets the embeddings of a new model begin with what the teacher thinks of each word: coordinate k − 1 becomes 0.1 times the word's
    /// log-likelihood under label k less that under label 0. So the first thing the model sees of a word is the teacher's opinion.
    /// </summary>
    /// <param name="model">The model of this task; its embeddings are replaced.</param>
    public void BeginEmbeddings(ITransformer model)
    {
        Parameter embedding = model.Parameters.First(parameter => parameter.Name == "embed.embed.W_E");
        float[] values = embedding.Value.ToArray();
        int width = embedding.Shape[1];
        for (int id = 0; id < embedding.Shape[0]; id++)
        {
            double[] scores = _teacher.Scores([id]);
            for (int k = 1; k < Math.Min(_labels, width + 1); k++)
            {
                values[(id * width) + k - 1] = (float)(Start * (scores[k] - scores[0]));
            }
        }
        embedding.Value = Tensor.From(values, embedding.Shape);
    }

    /// <inheritdoc/>
    public string Description => $"{_judged.Description}; taught by naive Bayes{(_more.Length > 0 ? $", and {_more.Length} more" : "")}";

    /// <inheritdoc/>
    public IReadOnlyList<int> Begin(int epoch, int seed)
    {
        _lessons =
        [
            .. _texts.Index().SelectMany(text =>
            {
                Random random = RandomAt.Of(seed, epoch, text.Index);
                return new[] { Real(text.Item.Ids, text.Item.Label, random), MadeUp(random), MadeUp(random) };
            }),
            .. _more,
        ];
        return [.. _lessons.Select(lesson => lesson.Ids.Length)];
    }

    /// <inheritdoc/>
    public TrainingBatch Batch(IReadOnlyList<int> examples) => new(
        ModelInput.Batch([.. examples.Select(i => _lessons[i].Ids)], _special.Pad ?? 0),
        Tensor.From([.. examples.SelectMany(i => _lessons[i].Target).Select(p => (float)p)], [examples.Count, _labels]),
        examples.Count,
        examples.Sum(i => _lessons[i].Ids.Length));

    /// <summary>Cross-entropy against the lessons' probabilities, mean over the batch.</summary>
    /// <inheritdoc/>
    public Tensor Loss(ITransformer model, TrainingBatch batch, float labelSmoothing)
    {
        Tensor targets = batch.Targets.Scale(1 - labelSmoothing, labelSmoothing / _labels);
        return (model.Forward(batch.Input).LogSoftmax() * targets).Sum().Scale(-1f / batch.Count);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Metric> Evaluate(ITransformer model) => _judged.Evaluate(model);

    /// <summary>For every piece the number of its first letters; −1 for one that has no more than those.</summary>
    private static int[] Families(Vocabulary vocabulary)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. Enumerable.Range(0, vocabulary.Count).Select(vocabulary.PieceOf).Select(piece =>
            piece.Length <= Letters || piece[0] == '[' ? -1
            : numbers.TryGetValue(piece[..Letters], out int number) ? number : numbers[piece[..Letters]] = numbers.Count)];
    }

    private (int[], double[]) Real(int[] ids, int label, Random random)
    {
        double[] target = [.. Opinion(_teacher.Scores(ids, label))
            .Select((p, k) => (TrueLabel * (k == label ? 1 : 0)) + ((1 - TrueLabel) * p))];
        return (Framed(ids.Select(id => random.NextDouble() < Hidden ? _special.Mask!.Value : id)), target);
    }

    /// <summary>The beginning of one text and the end of another, some words replaced: word pairs stay mostly real ones.</summary>
    private (int[], double[]) MadeUp(Random random)
    {
        int[] first = random.GetItems(_texts, 1)[0].Ids, second = random.GetItems(_texts, 1)[0].Ids;
        int[] ids = [.. first.Take(random.Next(first.Length + 1)), .. second.Skip(random.Next(second.Length + 1))];
        ids = [.. ids.Take(_longest).Select(id => random.NextDouble() < Replaced ? random.GetItems(_words, 1)[0] : id)];
        return (Framed(ids), Opinion(_teacher.Scores(ids)));
    }

    /// <summary>Softmax of the scores over the temperature.</summary>
    private static double[] Opinion(double[] scores)
    {
        double highest = scores.Max();
        double[] weights = [.. scores.Select(score => Math.Exp((score - highest) / Temperature))];
        return [.. weights.Select(weight => weight / weights.Sum())];
    }

    private int[] Framed(IEnumerable<int> ids) => [_special.Cls!.Value, .. ids, _special.Sep!.Value];
}
