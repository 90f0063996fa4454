using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>Slots of a template that hold other texts, of other lengths.</summary>
public class SlotScoreTests
{
    private const string Text = "Ann is from Rome. Ann works.", Template = "{name} is from {city}. {name} {verb}.";

    [Fact]
    public void Template_FindsWhatItFilled()
    {
        var template = new TextTemplate("a {} b {x} c {x}{}");

        string filled = template.Fill(["1", "two", "3"]);

        Assert.Equal("a 1 b two c two3", filled);
        Assert.Equal(["0", "x", "3"], template.Names);
        Assert.Equal([(0, "1"), (1, "two"), (1, "two"), (2, "3")],
            template.Find(filled)!.Select(place => (place.Slot, filled[place.Start..place.End])));
        Assert.Null(template.Find("a 1 b two c three"));
    }

    /// <summary>Length in characters, plus a product: every v(S) can be written down.</summary>
    [Fact]
    public void ShapleyValues_AFunctionOfTheText_AreThoseOfTheGame()
    {
        double Value(string text) => text.Length + (text.Contains("Ann", StringComparison.Ordinal)
            && text.Contains("Rome", StringComparison.Ordinal) ? 10 : 0);

        SlotScore f = Slots(new() { ["city"] = "Constantinople", ["verb"] = "rests" }, Value);
        AttributionResult shapley = AttributionMethods.Get("shapley_values").Attribute(f, AttributionRequest.Default);
        AttributionResult ablation = AttributionMethods.Get("feature_ablation").Attribute(f, AttributionRequest.Default);

        // Lengths add up: the name stands twice, and is nothing when absent; the city loses 10 characters; both verbs have five.
        TensorAssert.Close(shapley.Sides[0].Scores[0], [6 + 5, 4 - 14 + 5, 0], rtol: 1e-6, atol: 1e-5);
        TensorAssert.Close(ablation.Sides[0].Scores[0], [6 + 10, 4 - 14 + 10, 0], rtol: 1e-6, atol: 1e-5);
        Assert.Equal(["Ann", "Rome", "works"], shapley.Sides[0].Tokens.Select(token => Text[token.Start..token.End]));
        Assert.Equal(0, shapley.Targets[0].Delta!.Value, 1e-5);
    }

    [Theory]
    [InlineData("saliency")]
    [InlineData("integrated_gradients")]
    [InlineData("value_zeroing")]
    [InlineData("attention")]
    public void Attribute_WhatNeedsMoreThanTexts_SaysSo(string method) => Assert.Contains(
        "expected", Assert.Throws<VitrineException>(() => AttributionMethods.Get(method)
            .Attribute(Slots([], text => text.Length), AttributionRequest.Default)).Message, StringComparison.Ordinal);

    /// <summary>
    /// Captum's way by hand: every text is tokenized again, whatever its length, and the forced words are scored after it.
    /// </summary>
    [Fact]
    public void FeatureAblation_OfAModel_EqualsScoringEachTextAnew()
    {
        var model = (ILanguageModel)ModelLoader.Load(Path.Combine(GoldenFolder.SourceTree(), "models", "shakespeare"));
        int[] said = model.Tokenizer!.Encode(" lord", special: false).Ids;
        const string text = "My good king is here.";
        ScoreFunction Of(string given) =>
            new WholeSequence(Targets.Continuation(model, ExplainedText.Of(model.Tokenizer.Encode(given)), said, "log_probability"));
        double Score(string given) => Of(given).Score(Sweep.Input(Of(given))).Item();

        var f = new SlotScore(new TextTemplate("My {kind} {who} is here."),
            new Dictionary<string, string> { ["kind"] = "most gracious and noble", ["who"] = "lady" }, Of(text), Of);
        AttributionResult result = AttributionMethods.Get("feature_ablation").Attribute(f, AttributionRequest.Default);

        double whole = Score(text);
        TensorAssert.Close(result.Sides[0].Scores[0], [(float)(whole - Score("My most gracious and noble king is here.")),
            (float)(whole - Score("My good lady is here."))], rtol: 1e-4, atol: 1e-5);
    }

    [Fact]
    public void SlotScore_NoSuchSlot_NamesThoseThatAre() =>
        Assert.Contains("name, city, verb", Assert.Throws<VitrineException>(() => Slots(new() { ["town"] = "x" }, _ => 0)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void SlotScore_AnotherText_IsRefused() =>
        Assert.Contains("does not fit",
            Assert.Throws<VitrineException>(() => new SlotScore(new TextTemplate("{} lives"), new Dictionary<string, string>(),
                new TextScore(Text, _ => 0), _ => throw new InvalidOperationException())).Message, StringComparison.Ordinal);

    private static SlotScore Slots(Dictionary<string, string> absent, Func<string, double> value) =>
        new(new TextTemplate(Template), absent, new TextScore(Text, value), text => new TextScore(text, value));

    /// <summary>Any number of a text.</summary>
    private sealed class TextScore(string text, Func<string, double> value) : ScoreFunction
    {
        public override IReadOnlyList<InputSide> Sides
        {
            get;
        } = [new() { Name = "source", Texts = [text], Tokens = [new(1, text, 0, text.Length)], Embeddings = Tensor.Zeros([1, 1]) }];

        public override IReadOnlyList<ScoreTarget> Targets { get; } = [new() { Label = "number", Reach = [1] }];

        public override string StepName => "number";

        public override IReadOnlyList<double> Probabilities => [double.NaN];

        public override long BytesPerSeed => 1;

        public override long BytesPerExample(bool recorded) => 1;

        public override Tensor Embed(int side, Tensor ids) => Tensor.Zeros([.. ids.Shape.Axes, 1]);

        public override Tensor Features(IReadOnlyList<Tensor> embeddings) => Tensor.Full([1, 1, 1], (float)value(text));
    }
}
