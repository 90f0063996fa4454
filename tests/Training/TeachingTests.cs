using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>Learning from a teacher that counts.</summary>
public class TeachingTests
{
    [Fact]
    public void NaiveBayes_CountedByHand_LogOddsOfEveryFeature()
    {
        // Features: 1, 2, (1,2) of class 1; 1, 3, (1,3) of class 0. With α = 1: a feature of one class counts 2 to 1, and both sums are 3 +
        // 5.
        var teacher = new NaiveBayes([([1, 2], 1), ([1, 3], 0)], labels: 2, families: [-1, -1, -1, -1, -1, -1, -1, -1, -1, -1]);

        Assert.Equal(2 * Math.Log(2), Odds(teacher.Scores([1, 2])), 1e-12);
        Assert.Equal(-Math.Log(2), Odds(teacher.Scores([3])), 1e-12);
        Assert.Equal(0, Odds(teacher.Scores([9, 9])), 1e-12);
        Assert.Equal(Math.Log(1 / 2.0), Odds(teacher.Scores([1, 2], own: 1)), 1e-12); // only 1 remains, seen once and in the other class

        static double Odds(double[] scores) => scores[1] - scores[0];
    }

    [Fact]
    public void NaiveBayes_WordsOfOneFamily_SpeakForEachOther()
    {
        // 1 and 2 are of family 0. Features: 1, the family, 3, (1,3) of class 1; 4 of class 0. 2 was never seen, its family was.
        var teacher = new NaiveBayes([([1, 3], 1), ([4], 0)], labels: 2, families: [-1, 0, 0, -1, -1]);

        double[] scores = teacher.Scores([2]);

        Assert.Equal(Math.Log(2.0 / (4 + 5)) - Math.Log(1.0 / (1 + 5)), scores[1] - scores[0], 1e-12);
    }

    [Fact]
    public void Lessons_OfAnEpoch_ThricePerTextWithProbabilitiesAndTheSameAgain()
    {
        using var folder = new TempFolder();
        TaughtClassificationTask task = Task(folder, out _);

        IReadOnlyList<int> lengths = task.Begin(3, seed: 1);
        TrainingBatch first = task.Batch([0, 1, 2, 3]);
        task.Begin(4, seed: 1);
        TrainingBatch other = task.Batch([0, 1, 2, 3]);
        task.Begin(3, seed: 1);
        TrainingBatch again = task.Batch([0, 1, 2, 3]);

        Assert.Equal(240, lengths.Count);
        Assert.All(first.Targets.ToArray().Chunk(2), p => Assert.Equal(1, p.Sum(), 1e-5f));
        Assert.Equal(first.Input.Ids!.ToIntArray(), again.Input.Ids!.ToIntArray());
        Assert.Equal(first.Targets.ToArray(), again.Targets.ToArray());
        Assert.NotEqual(first.Input.Ids!.ToIntArray(), other.Input.Ids!.ToIntArray());
    }

    [Fact]
    public void Lessons_OfFurtherTexts_AreTheTextsWithTheirOwnProbabilities()
    {
        using var folder = new TempFolder();
        ITransformer model = Toys.Classifier(folder);
        (IReadOnlyList<LabelledText> training, IReadOnlyList<LabelledText> held) = Toys.Split();
        var task = new TaughtClassificationTask(training, held, model, model.Tokenizer!,
            [new LabelledText("positive", "the film is lovely") { Sure = 0.9 }, new LabelledText("negative", "dull")]);

        IReadOnlyList<int> lengths = task.Begin(0, seed: 1);
        TrainingBatch last = task.Batch([lengths.Count - 2, lengths.Count - 1]);

        Assert.Equal((TaughtClassificationTask.Lessons * training.Count) + 2, lengths.Count);
        Assert.Equal([0.1f, 0.9f, 1, 0], last.Targets.ToArray().Select(p => MathF.Round(p, 6)));
        Assert.Equal(model.Tokenizer!.Encode("the film is lovely").Ids, last.Input.Ids!.ToIntArray().Take(6));
    }

    [Fact]
    public void BeginEmbeddings_OfWords_FirstCoordinateIsATenthOfTheLogOdds()
    {
        using var folder = new TempFolder();
        TaughtClassificationTask task = Task(folder, out ITransformer model);
        float[] before = model.Parameters.First(p => p.Name == "embed.embed.W_E").Value.ToArray();

        task.BeginEmbeddings(model);

        float[] after = model.Parameters.First(p => p.Name == "embed.embed.W_E").Value.ToArray();
        float Of(string word) => after[16 * model.Tokenizer!.Encode(word, special: false).Ids[0]];
        Assert.InRange(Of("lovely"), 0.6f, 0.9f); // it and its family in 40 positive texts and no negative one: 0.2·ln 41
        Assert.InRange(Of("dull"), -0.5f, -0.3f);
        Assert.InRange(Of("the"), -0.02f, 0.02f);
        Assert.Equal(before.Where((_, i) => i % 16 > 0), after.Where((_, i) => i % 16 > 0));
    }

    [Fact]
    public void Loss_WithSmoothing_IsTheCrossEntropyOfMixedTargets()
    {
        using var folder = new TempFolder();
        TaughtClassificationTask task = Task(folder, out ITransformer model);
        task.Begin(0, seed: 1);
        TrainingBatch batch = task.Batch([0, 1, 2, 3, 4]);
        float[] logP = model.Forward(batch.Input).LogSoftmax().ToArray(), target = batch.Targets.ToArray();

        double expected = -Enumerable.Range(0, 10).Sum(i => logP[i] * ((0.8 * target[i]) + 0.1)) / 5;

        Assert.Equal(expected, task.Loss(model, batch, labelSmoothing: 0.2f).Item(), 1e-5);
    }

    [Fact]
    public void Teaching_ToyLanguage_IsLearntFromOpinionsAlone()
    {
        using var folder = new TempFolder();
        TaughtClassificationTask task = Task(folder, out ITransformer model);

        TrainingResult result = new Trainer(model, task,
            new() { Epochs = 8, BatchSize = 16, LearningRate = 1e-2f, Dropout = 0, Decay = LearningRateDecay.Linear }, folder.Path)
            .Run(cancellation: TestContext.Current.CancellationToken);

        Assert.Equal("accuracy", result.Best[0].Name);
        Assert.True(result.Best[0].Value > 0.95, $"accuracy {result.Best[0].Value}");
    }

    private static TaughtClassificationTask Task(TempFolder folder, out ITransformer model)
    {
        model = Toys.Classifier(folder);
        (IReadOnlyList<LabelledText> training, IReadOnlyList<LabelledText> held) = Toys.Split();
        return new(training, held, model, model.Tokenizer!);
    }
}
