using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>Every kind of training learns its toy, and refuses data it cannot learn from.</summary>
public class TaskTests
{
    private static readonly ModelSizes s_sizes = new() { DModel = 32, NLayers = 1, NHeads = 2, MaxPositions = 24 };

    [Fact]
    public void Language_TextThatRepeats_IsPredicted()
    {
        using var folder = new TempFolder();
        string text = string.Concat(Enumerable.Repeat("abcdefgh", 60));
        NewModel.Gpt2(folder.Path, BytePairTrainer.Train([], 257), s_sizes);
        ITransformer model = NewModel.Start(folder.Path, 1);

        TrainingResult result = Train(model, new LanguageModelTask(text, text[..100], model, model.Tokenizer!), folder, epochs: 60);

        Assert.True(result.Best[0].Value < 0.1, $"loss {result.Best[0].Value}");
        Assert.Equal(result.Best[0].Value, result.Best[1].Value, 1e-9); // a token is a character here
    }

    [Fact]
    public void Language_EvaluationInWindows_EveryTokenButTheFirstOnce()
    {
        using var folder = new TempFolder();
        NewModel.Gpt2(folder.Path, BytePairTrainer.Train([], 257), s_sizes with { MaxPositions = 8 });
        ITransformer model = NewModel.Start(folder.Path, 1);
        foreach (Parameter parameter in model.Parameters)
        {
            parameter.Value = Tensor.Zeros(parameter.Value.Shape); // knows nothing: ln 257 for every token
        }
        foreach (int length in (int[])[2, 7, 8, 9, 12, 13, 40, 41, 300])
        {
            var task = new LanguageModelTask(new string('x', 40), new string('y', length), model, model.Tokenizer!);

            // nats per character: a token counted twice or never would show
            Assert.Equal(Math.Log(257), task.Evaluate(model)[1].Value, 1e-4);
        }
    }

    [Fact]
    public void Lines_AfterAMark_OnlyWhatFollowsCounts()
    {
        using var folder = new TempFolder();
        NewModel.Gpt2(folder.Path, BytePairTrainer.Train([], 257), s_sizes);
        ITransformer model = NewModel.Start(folder.Path, 1);
        string[] lines = [.. SortingLines.Make(500, 2, 1)];

        TrainingBatch batch = new LineModelTask(lines, [], model, model.Tokenizer!, "=").Batch([0, 1]);
        TrainingResult result = Train(model, new LineModelTask(lines, [.. lines.Take(50)], model, model.Tokenizer!, "="), folder,
            epochs: 15);

        Assert.Equal(6, batch.Count); // two digits and the end of text, twice
        Assert.True(result.Best.First(m => m.Name == "exact_match").Value > 0.9, $"exact match {result.Best[2].Value}");
    }

    [Fact]
    public void Masks_OneWordPerPlace_AreTold()
    {
        using var folder = new TempFolder();
        string[] texts = [.. Enumerable.Repeat("one two three four five six seven", 64)];
        NewModel.Bert(folder.Path, "BertForMaskedLM", WordPieceTrainer.WholeWords(texts, 1), s_sizes, []);
        ITransformer model = NewModel.Start(folder.Path, 1);

        TrainingResult result = Train(model, new MaskedLanguageTask(texts, texts[..10], model, model.Tokenizer!), folder, epochs: 20);

        Assert.True(result.Best[0].Value < 0.3, $"loss {result.Best[0].Value}");
    }

    [Fact]
    public void Questions_AnswerBehindAWord_IsFound()
    {
        using var folder = new TempFolder();
        string[] names = ["anna", "ben", "clara", "david"];
        AnsweredQuestion[] questions = [.. Enumerable.Range(0, 200).Select(i =>
        {
            string context = $"{names[i / 4 % 4]} left . it was {names[i % 4]} who sang .";
            return new AnsweredQuestion(context, "who sang ?", names[i % 4], context.LastIndexOf(names[i % 4], StringComparison.Ordinal));
        })];
        NewModel.Bert(folder.Path, "BertForQuestionAnswering",
            WordPieceTrainer.WholeWords(questions.Select(q => q.Context + " " + q.Question), 1), s_sizes, []);
        ITransformer model = NewModel.Start(folder.Path, 1);

        TrainingResult result = Train(model, new QuestionAnsweringTask(questions, questions[..40], model, model.Tokenizer!), folder,
            epochs: 6);

        Assert.Equal(1, result.Best[0].Value);
    }

    [Fact]
    public void Labels_OneClassOrOneExampleOrAnUnknownOne_AreRefusedByName()
    {
        using var folder = new TempFolder();
        ITransformer model = Toys.Classifier(folder);
        IReadOnlyList<LabelledText> texts = Toys.Texts(20, 1);

        Assert.Contains("only the label 'a'", Refused(() => ClassificationTask.LabelsOf([new("a", "x"), new("a", "y")])),
            StringComparison.Ordinal);
        Assert.Contains("got 1 of 'positive'", Refused(() => Task([texts[0], texts[2], texts[1]], [])), StringComparison.Ordinal);
        Assert.Contains("'sad'", Refused(() => Task(texts, [new("sad", "it rains")])), StringComparison.Ordinal);

        ClassificationTask Task(IReadOnlyList<LabelledText> training, IReadOnlyList<LabelledText> held) =>
            new(training, held, model, model.Tokenizer!);
    }

    [Fact]
    public void Vocabulary_LargerThanTheModel_IsRefused()
    {
        using var small = new TempFolder();
        using var large = new TempFolder();
        ITransformer model = Toys.Classifier(small);
        NewModel.Bert(large.Path, "BertForSequenceClassification",
            WordPieceTrainer.Train(Toys.Texts(80, 1).Select(t => t.Text + " quite another zoo"), 200), s_sizes, ["a", "b"]);
        ITokenizer other = TokenizerLoader.Load(large.Path);

        Assert.Contains("do not fit", Refused(() => new ClassificationTask(Toys.Texts(20, 1), [], model, other)), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_EmptyBrokenOrWithoutTabs_AreRefusedByName()
    {
        using var folder = new TempFolder();
        string empty = folder.Write("empty.txt", [.. "\n \n"u8]), latin = folder.Write("latin.txt", [0x61, 0xE4, 0x62]),
            plain = folder.Write("plain.txt", "no tab here"u8);

        Assert.Contains("empty", Refused(() => TextLines.Read(empty)), StringComparison.Ordinal);
        Assert.Contains("offset 1", Refused(() => TextLines.Read(latin)), StringComparison.Ordinal);
        Assert.Contains("'no tab here'", Refused(() => TextLines.Labelled(plain).ToArray()), StringComparison.Ordinal);
        Assert.Contains("cannot read", Refused(() => TextLines.Whole(folder.File("absent"))), StringComparison.Ordinal);
        Assert.Contains("line 1 of", Refused(() => TextLines.Questions(plain).ToArray()), StringComparison.Ordinal);
    }

    private static string Refused(Func<object> act) => Assert.Throws<TrainingException>(act).Message;

    private static TrainingResult Train(ITransformer model, ITrainingTask task, TempFolder folder, int epochs) => new Trainer(model, task,
        new() { Epochs = epochs, BatchSize = 16, LearningRate = 1e-2f, Dropout = 0, Decay = LearningRateDecay.Linear }, folder.Path)
        .Run(cancellation: TestContext.Current.CancellationToken);
}
