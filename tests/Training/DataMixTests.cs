using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>Several data files: what is judged, how much of each an epoch takes, how sure labels are.</summary>
public class DataMixTests
{
    [Theory]
    [InlineData("a.txt", "a.txt", 1, 1)]
    [InlineData("a.txt:times=0.5", "a.txt", 0.5, 1)]
    [InlineData("good=C:\\x.txt:sure=0.9:times=2", "good=C:\\x.txt", 2, 0.9)]
    [InlineData("a:b.txt", "a:b.txt", 1, 1)]
    public void Parse_File_HasItsNumbers(string given, string file, double times, double sure) =>
        Assert.Equal(new DataPart(file) { Times = times, Sure = sure }, DataPart.Parse(given));

    [Theory]
    [InlineData("a:sure=1.5")]
    [InlineData("a:sure=0")]
    [InlineData("a:times=-1")]
    [InlineData("a:times=x")]
    [InlineData("a:times=NaN")]
    public void Parse_NumberOutOfRange_IsAnError(string given) =>
        Assert.Contains("out of range", Assert.Throws<TrainingException>(() => DataPart.Parse(given)).Message, StringComparison.Ordinal);

    [Fact]
    public void Of_FurtherFiles_AreLearntWholeButForWhatIsHeldOut()
    {
        string[] data = [.. Enumerable.Range(0, 1000).Select(i => $"d{i}")], more = [.. data.Take(500), "new"];

        DataMix<string> mix = DataMix<string>.Of([new("data")], [new("more") { Times = 2 }], part =>
            part.File == "data" ? data : more, text => text, 0.2, 1);

        Assert.InRange(mix.Held.Count, 150, 250);
        Assert.Empty(mix.Training.Intersect(mix.Held));
        Assert.Contains("new", mix.Training);
        Assert.Equal(mix.Training.Count, mix.Sources.Sum(source => source.Count));
        Assert.Equal([1, 2], mix.Sources.Select(source => source.Times));
    }

    [Fact]
    public void PutAside_OfAMix_TakesFromTheFirstFilesOnly()
    {
        string[] data = [.. Enumerable.Range(0, 500).Select(i => $"d{i}")], more = [.. Enumerable.Range(0, 500).Select(i => $"m{i}")];
        DataMix<string> mix = DataMix<string>.Of([new("data")], [new("more")], part => part.File == "data" ? data : more, text =>
            text, 0.1, 1);

        (DataMix<string> left, IReadOnlyList<string> aside) = mix.PutAside(text => "aside\n" + text, 0.2, 1);

        Assert.InRange(aside.Count, 60, 120);
        Assert.All(aside, text => Assert.StartsWith("d", text, StringComparison.Ordinal));
        Assert.Equal(mix.Training.Order(), left.Training.Concat(aside).Order());
        Assert.Equal(left.Training.Count, left.Sources.Sum(source => source.Count));
        Assert.Equal(mix.Held, left.Held);
    }

    [Fact]
    public void MixedTask_SharesOfSources_GoRoundWithoutRepeats()
    {
        var task = new MixedTask(new Numbers(30), [(10, 2), (20, 0.25)]);
        List<int> seen = [];
        for (int epoch = 0; epoch < 4; epoch++)
        {
            IReadOnlyList<int> lengths = task.Begin(epoch, 7);
            int[] ids = [.. Enumerable.Range(0, lengths.Count).Select(i => task.Batch([i]).Tokens)];

            Assert.Equal(25, ids.Length);
            Assert.All(Enumerable.Range(0, 10), i => Assert.Equal(2, ids.Count(id => id == i)));
            seen.AddRange(ids.Where(id => id >= 10));
            Assert.Equal(ids.Select(id => id + 1), lengths);
        }
        Assert.Equal(Enumerable.Range(10, 20), seen.Order()); // four quarters are the whole
    }

    [Fact]
    public void MixedTask_SameEpochAgain_IsTheSame()
    {
        MixedTask first = new(new Numbers(30), [(30, 0.5)]), second = new(new Numbers(30), [(30, 0.5)]);
        first.Begin(0, 7);

        Assert.Equal(first.Begin(3, 7), second.Begin(3, 7));
    }

    [Fact]
    public void Loss_OfUnsureLabels_IsCrossEntropyAgainstTheirProbabilities()
    {
        using var folder = new TempFolder();
        ITransformer model = Toys.Classifier(folder);
        LabelledText[] texts = [.. Toys.Texts(6, 3)];
        double[] sure = [0.9, 1, 0.6, 1, 0.7, 0.8];
        var task = new ClassificationTask([.. texts.Zip(sure, (text, p) => text with { Sure = p })], [], model, model.Tokenizer!);
        task.Begin(0, 1);

        double loss = task.Loss(model, task.Batch([0, 1, 2, 3, 4, 5]), 0).Item();

        double expected = texts.Zip(sure).Average(text =>
        {
            float[] logP = model.Forward(ModelInput.Of(model.Tokenizer!.Encode(text.First.Text).Ids)).LogSoftmax().ToArray();
            int right = text.First.Label == "positive" ? 1 : 0;
            return -((text.Second * logP[right]) + ((1 - text.Second) * logP[1 - right]));
        });
        Assert.Equal(expected, loss, 1e-4);
    }

    /// <summary>Example i has i + 1 tokens, and its batch says i.</summary>
    private sealed class Numbers(int count) : ITrainingTask
    {
        public string Description => "numbers";

        public IReadOnlyList<int> Begin(int epoch, int seed) => [.. Enumerable.Range(1, count)];

        public TrainingBatch Batch(IReadOnlyList<int> examples) => new(ModelInput.Of([0]), Tensor.From([0], [1]), 1, examples[0]);

        public Tensor Loss(ITransformer model, TrainingBatch batch, float labelSmoothing) => throw new NotSupportedException();

        public IReadOnlyList<Metric> Evaluate(ITransformer model) => [];
    }
}
