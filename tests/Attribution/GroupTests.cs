using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>Groups of tokens: how they are found, and that every method explains them.</summary>
public class GroupTests
{
    /// <summary>Methods whose score of a group in a linear function is the sum over its members.</summary>
    public static TheoryData<string> Additive =>
    [
        "saliency", "input_x_gradient", "integrated_gradients", "sequential_integrated_gradients", "gradient_shap", "deeplift",
        "deeplift_shap",
        "feature_ablation", "occlusion", "shapley_values", "shapley_value_sampling", "kernel_shap", "partition_shap",
    ];

    [Theory]
    [MemberData(nameof(Additive))]
    public void Grouped_LinearFunction_EqualsTheSumOfItsTokens(string name)
    {
        ToyScoreFunction f = Toys.Linear();
        int[][] groups = [[-1, 0, 0, 1, 2, 2, -1]];
        IAttributionMethod method = AttributionMethods.Get(name);
        AttributionRequest request = new() { Baseline = Baseline.Token(1), Samples = 200 };

        AttributionResult tokens = method.Attribute(f, request), grouped = new Grouped(method, _ => groups).Attribute(f, request);

        Assert.Equal(5, grouped.Sides[0].Tokens.Count);
        for (int t = 0; t < f.Targets.Count; t++)
        {
            float[] s = tokens.Sides[0].Scores[t];
            TensorAssert.Close(grouped.Sides[0].Scores[t], [s[0], s[1] + s[2], s[3], s[4] + s[5], s[6]], rtol: 1e-4, atol: 1e-4);
        }
    }

    [Fact]
    public void Grouped_EveryMethodOfAModel_HasOneScorePerGroup()
    {
        using var folder = new TempFolder();
        TinyModels.Write(folder.Path, "bert", "BertForSequenceClassification");
        ScoreFunction f = Targets.Labels(Transformers.ModelLoader.Load(folder.Path), ExplainedText.Of([4, 23, 12, 7, 19, 30]), [1],
            "probability");
        int[][] groups = [[-1, 0, 0, 1, 1, 2]];

        foreach (IAttributionMethod method in AttributionMethods.All.Where(method => !method.Name.Contains("layer",
            StringComparison.Ordinal) && !method.Name.Contains("neuron", StringComparison.Ordinal)))
        {
            AttributionResult result;
            try
            {
                result = new Grouped(method, _ => groups).Attribute(f, new() { Baseline = Baseline.Token(1), Samples = 8, Steps = 4 });
            }
            catch (VitrineException e) when (e.Message.Contains("expected", StringComparison.Ordinal))
            {
                continue; // a method that does not do this task says so
            }
            Assert.Equal(4, result.Sides[0].Scores[0].Length);
        }
    }

    [Fact]
    public void Grouped_CaptumsWay_CountsAGroupOnce()
    {
        AttributionRequest request = new() { Baseline = Baseline.Token(1) };
        var grouped = new Grouped(new FeatureAblation(), _ => [[-1, 0, 0, 1, 2, 2, -1]]);

        TensorAssert.Close(
            grouped.Attribute(Toys.Linear(), request with { Compat = Compat.Captum }).Sides[0].Scores[0],
            grouped.Attribute(Toys.Linear(), request).Sides[0].Scores[0], rtol: 1e-5);
    }

    [Fact]
    public void Grouped_Sentences_JoinsSpansAndReaches()
    {
        AttributionResult grouped = new Grouped(new ConstantScores(),
            f => FeatureGroups.Sentences(f)).Attribute(Text("It ran home. Then it slept.", given: 3), AttributionRequest.Default);

        Assert.Equal(["It ran home.", "Then it slept."], grouped.Sides[0].Tokens.Select(token => token.Piece));
        Assert.Equal([0, 13], grouped.Sides[0].Tokens.Select(token => token.Start));
        Assert.Equal([2], grouped.Targets[0].Reach);
        Assert.Equal(1, grouped.Sides[0].GivenLength);
    }

    [Fact]
    public void Sentences_PointsOfNumbersAndTheLastToken_EndWhatTheyEnd()
    {
        ScoreFunction f = Text("It is 3.14 now.", pieces: ["It", " is", " 3", ".", "14", " now", "."]);

        Assert.Equal([6], Enumerable.Range(0, 7).Where(position => Sentences.Ends(f.Sides[0], position)));
        Assert.Equal([3], Enumerable.Range(0, 4)
            .Where(position => Sentences.Ends(Text("It is 3. 14", pieces: ["It", " is", " 3", ".", " 14"]).Sides[0], position)));
    }

    [Fact]
    public void Words_WithoutATokenizersWords_AreLettersThatTouch() =>
        Assert.Equal([0, 1, 2, 3, 4, 4], FeatureGroups.Words(Text("a bc·d e fg", pieces: ["a", " bc", "·d", " e", " f", "g"]))[0]);

    [Fact]
    public void Examples_EndAtEmptyLines()
    {
        ScoreFunction f = Text("Q: a\n\nQ: b\n\nQ: c", pieces: ["Q", ":", " a", "\n\n", "Q", ":", " b", "\n\n", "Q", ":", " c"]);

        Assert.Equal([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2], FeatureGroups.Examples(f)[0]);
        Assert.Contains("###", Assert.Throws<VitrineException>(() => FeatureGroups.Parse(f, "examples:###")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Spans_AreTheMatches_OthersStandAlone() =>
        Assert.Equal([0, 1, 1, 2], FeatureGroups.Spans(Text("on May 5 he", pieces: ["on", " May", " 5", " he"]), @"May \d+")[0]);

    [Fact]
    public void Template_SlotsAreTheGroups_AndANameTwiceIsOne()
    {
        ScoreFunction f = Text("Dave lives in Palm Coast, so Dave swims.",
            pieces: ["Dave", " lives", " in", " Palm", " Coast", ",", " so", " Dave", " swims", "."]);

        Assert.Equal([0, -1, -1, 1, 1, -1, -1, 0, 2, -1], FeatureGroups.Template(f, "{name} lives in {city}, so {name} {}.")[0]);
    }

    [Theory]
    [InlineData("words:", "words, sentences")]
    [InlineData("lines", "words, sentences")]
    [InlineData("regex:(", "not a regular expression")]
    [InlineData("regex:xyz", "matches nothing")]
    [InlineData("template:no slots", "at least one")]
    [InlineData("template:{} left {}", "does not fit")]
    [InlineData("regex:(a+)+$", "takes too long")]
    public void Parse_WhatDoesNotFit_SaysWhy(string form, string why)
    {
        string text = new string('a', 40) + "!";

        Assert.Contains(why, Assert.Throws<VitrineException>(() => FeatureGroups.Parse(Text(text, pieces: [text]), form)).Message,
            StringComparison.Ordinal);
    }

    /// <summary>
    /// A function over a text, cut at blanks or into given pieces, as a model's own output is placed: without the tokenizer's words.
    /// </summary>
    private static ScoreFunction Text(string text, int? given = null, string[]? pieces = null)
    {
        int at = 0;
        pieces ??= [.. text.Split(' ').Select((word, i) => i == 0 ? word : " " + word)];
        InputToken[] tokens = [.. pieces.Select((piece, i) => new InputToken(i + 1, piece, at, at += piece.Length))];
        tokens = [.. tokens.Select(token => text[token.Start] == ' ' ? token with { Start = token.Start + 1 } : token)];
        using var folder = new TempFolder();
        TinyModels.Write(folder.Path, "gpt2");
        return Targets.Words(
            (Transformers.ILanguageModel)Transformers.ModelLoader.Load(folder.Path), new() { Tokens = tokens, Texts = [text] },
            [new(tokens.Length - 1, 2)], givenLength: given);
    }
}
