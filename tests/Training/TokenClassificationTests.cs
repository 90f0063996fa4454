using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>Labels for tokens, and heads on bodies.</summary>
public class TokenClassificationTests
{
    private static readonly MarkedText[] s_texts =
    [
        .. new[] { "Anna", "Ben Miller", "Clara" }.SelectMany(who =>
            new[] { "Rome", "New York" }.SelectMany(where => new[] { "Monday", "May" }.Select(when =>
            MarkedText.Parse($"[{who}](PER) [went](cue) to [{where}](LOC) on [{when}](TIME).")))),
    ];

    [Fact]
    public void Parse_MarkedText_HasTextAndSpans()
    {
        MarkedText text = MarkedText.Parse("[Anna Miller](PER) [lives in](cue) [Rome](LOC).");

        Assert.Equal("Anna Miller lives in Rome.", text.Text);
        Assert.Equal([(0, 11, "PER"), (12, 20, "cue"), (21, 25, "LOC")], text.Spans);
        Assert.Equal("Anna Miller, Rome", text.Group);
    }

    [Theory]
    [InlineData("no marks at all")]
    [InlineData("an [open bracket")]
    [InlineData("")]
    public void Parse_TextWithoutMarks_IsItself(string text) =>
        Assert.Equal((text, 0), (MarkedText.Parse(text).Text, MarkedText.Parse(text).Spans.Count));

    [Fact]
    public void LabelsOf_Texts_AreInsideOutsideBeginning() =>
        Assert.Equal(["O", "B-LOC", "I-LOC", "B-PER", "I-PER", "B-TIME", "I-TIME"], TokenClassificationTask.LabelsOf(s_texts));

    [Fact]
    public void LabelsOf_NothingMarked_IsAnError() =>
        Assert.Contains("nothing is marked", Assert.Throws<TrainingException>(() =>
            TokenClassificationTask.LabelsOf([MarkedText.Parse("a")])).Message, StringComparison.Ordinal);

    [Fact]
    public void Train_AFewSentences_AreLearntWhole()
    {
        using var folder = new TempFolder();
        NewModel.Bert(folder.Path, "BertForTokenClassification", WordPieceTrainer.WholeWords(s_texts.Select(t => t.Text), 1),
            new ModelSizes { DModel = 24, NLayers = 1, NHeads = 2, MaxPositions = 24 }, TokenClassificationTask.LabelsOf(s_texts));
        ITransformer model = NewModel.Start(folder.Path, 1, 0.1);
        var task = new TokenClassificationTask(s_texts, s_texts, model, model.Tokenizer!);
        double before = task.Evaluate(model)[0].Value;

        new Trainer(model, task, new TrainingOptions { Steps = 60, BatchSize = 12, LearningRate = 1e-2f, EvaluateEvery = 60 }, folder.Path)
            .Run(cancellation: TestContext.Current.CancellationToken);

        IReadOnlyList<Metric> after = task.Evaluate(ModelLoader.Load(folder.Path));
        Assert.True(before < 0.5, $"f1 before {before}");
        Assert.Equal(("f1", 1.0), (after[0].Name, after[0].Value));
        Assert.Equal(1.0, after[1].Value);
    }

    [Fact]
    public void OnBody_OfAModelThatFillsMasks_HasItsBodyAndANewHead()
    {
        using TempFolder from = new(), to = new();
        NewModel.Bert(from.Path, "BertForMaskedLM", WordPieceTrainer.WholeWords(s_texts.Select(t => t.Text), 1),
            new ModelSizes { DModel = 16, NLayers = 1, NHeads = 2, MaxPositions = 24 }, []);
        ITransformer body = NewModel.Start(from.Path, 5);

        ITransformer model = NewModel.OnBody(from.Path, body, to.Path, "BertForTokenClassification", ["O", "B-PER"], 6);

        Assert.Equal((ModelTask.TokenClassification, 2), (model.Info.Task, model.Info.Labels.Count));
        Dictionary<string, float[]> learned = body.Parameters.ToDictionary(p => p.Name, p => p.Value.ToArray());
        Parameter[] shared = [.. model.Parameters.Where(p => learned.ContainsKey(p.Name))];
        Assert.Contains(shared, p => p.Name == "embed.embed.W_E");
        Assert.Contains(shared, p => p.Name == "blocks.0.attn.W_Q");
        Assert.All(shared, p => Assert.Equal(learned[p.Name], p.Value.ToArray()));
        Assert.Contains(model.Parameters, p => p.Name == "classifier.W");
    }
}
