using Vitrine.Samples;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>The training program on a toy language whose sentiment lies in two words.</summary>
public class TrainSentimentTests
{
    private static readonly Recipe s_tiny = new()
    {
        DModel = 8, NHeads = 2, DMlp = 16, Epochs = 3, LearningRate = 1e-2f, LeastWordCount = 1, Dropout = 0.1f, WordDropout = 0.1, AverageDecay = 0.9f,
    };

    [Fact]
    public void Run_SameSeedTwice_SameBitsAndItHasLearnt()
    {
        using var first = new TempFolder();
        using var second = new TempFolder();
        LabelledText[] texts = Toy(200);

        (ITransformer model, ITokenizer tokenizer) = Train(first.Path, texts);
        Train(second.Path, texts);

        Assert.Equal(File.ReadAllBytes(Path.Combine(first.Path, "model.safetensors")), File.ReadAllBytes(Path.Combine(second.Path, "model.safetensors")));
        Evaluation result = Evaluation.Of(model, tokenizer, Toy(40));
        Assert.True(result.Accuracy > 0.95, $"accuracy {result.Accuracy}");
    }

    [Fact]
    public void NaiveBayes_CountedByHand_LogOddsOfEveryFeature()
    {
        // Features: 1, 2, (1,2) positive; 1, 3, (1,3) negative. With α = 1: a feature of one class counts 2 to 1, and both sums are 3 + 5.
        var teacher = new NaiveBayes([([1, 2], true), ([1, 3], false)], smoothing: 1);

        Assert.Equal(2 * Math.Log(2), teacher.Score([1, 2]), 1e-12);
        Assert.Equal(-Math.Log(2), teacher.Score([3]), 1e-12);
        Assert.Equal(0, teacher.Score([9, 9]), 1e-12);
        Assert.Equal(Math.Log(1 / 2.0), teacher.ScoreWithout([1, 2], positive: true), 1e-12); // only 1 remains, seen once and in the other class
    }

    [Fact]
    public void Read_SameSentenceTwice_FallsIntoOnePart()
    {
        using var folder = new TempFolder();
        string[] lines = [.. Enumerable.Range(0, 50).Select(i => $"sentence {i % 25}")];
        File.WriteAllLines(Path.Combine(folder.Path, "rt-polarity.neg"), lines);
        File.WriteAllLines(Path.Combine(folder.Path, "rt-polarity.pos"), lines.Reverse().Select(line => line + " !"));

        PolarityData data = PolarityData.Read(folder.Path);

        Assert.Equal((80, 10, 10), (data.Training.Count, data.Validation.Count, data.HeldOut.Count));
        Assert.Equal(5, data.HeldOut.Count(t => t.Positive));
        Assert.True(data.HeldOut.Intersect(data.Training).Count() <= 2, "at most the sentence at the border of a class is torn apart");
    }

    private static (ITransformer Model, ITokenizer Tokenizer) Train(string folder, LabelledText[] texts)
    {
        Vocabulary vocabulary = WordPieceTrainer.WholeWords(texts.Select(t => t.Text), s_tiny.LeastWordCount);
        ModelFolder.WriteTokenizer(folder, vocabulary, s_tiny);
        ITokenizer tokenizer = TokenizerLoader.Load(folder);
        var lessons = new Lessons(texts, tokenizer, s_tiny);
        ModelFolder.WriteUntrained(folder, [.. Enumerable.Range(0, vocabulary.Count).Select(lessons.Teacher.Evidence)], s_tiny);
        ITransformer model = ModelLoader.Load(folder);
        new Trainer(model, lessons, s_tiny, TextWriter.Null).Run(_ => { });
        ModelFolder.WriteWeights(folder, model);
        return (ModelLoader.Load(folder), tokenizer);
    }

    private static LabelledText[] Toy(int count)
    {
        var random = new Random(count);
        string[] things = ["film", "plot", "cast", "music", "ending", "dialogue"];
        return [.. Enumerable.Range(0, count).Select(i => new LabelledText(
            $"the {random.GetItems(things, 1)[0]} is {(i % 2 == 0 ? "dull" : "lovely")} and the {random.GetItems(things, 1)[0]} is long", i % 2 == 1))];
    }
}
