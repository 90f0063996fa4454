using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>What is special to the methods over trees, variance, sentences and random replacements.</summary>
public class SamplingMethodTests
{
    [Fact]
    public void PartitionShap_TwoHalves_ShareAsInAGameOfTwo()
    {
        Func<int, double> worth = Games.Random(6, 11);

        float[] scores = new PartitionShap().Attribute(Games.Of(6, worth), AttributionRequest.Default).Sides[0].Scores[0];

        Assert.Equal((worth(0b000111) - worth(0) + worth(0b111111) - worth(0b111000)) / 2, scores[..3].Sum(), 1e-5);
        Assert.Equal((worth(0b111000) - worth(0) + worth(0b111111) - worth(0b000111)) / 2, scores[3..].Sum(), 1e-5);
    }

    /// <summary>Owen 1977: the mean over the orders that keep the members of every node together.</summary>
    [Fact]
    public void PartitionShap_FourPlayers_IsTheMeanOverTheOrdersOfTheTree()
    {
        Func<int, double> worth = Games.Random(4, 12);
        int[][] orders = [[0, 1, 2, 3], [1, 0, 2, 3], [0, 1, 3, 2], [1, 0, 3, 2], [2, 3, 0, 1], [2, 3, 1, 0], [3, 2, 0, 1], [3, 2, 1, 0]];
        double[] expected = new double[4];
        foreach (int[] order in orders)
        {
            int set = 0;
            foreach (int player in order)
            {
                expected[player] += (worth(set | (1 << player)) - worth(set)) / orders.Length;
                set |= 1 << player;
            }
        }

        AttributionResult result = new PartitionShap().Attribute(Games.Of(4, worth), AttributionRequest.Default);

        TensorAssert.Close(result.Sides[0].Scores[0], Array.ConvertAll(expected, value => (float)value));
        Assert.Equal("True", result.Parameters["exact"]);
    }

    [Fact]
    public void PartitionShap_FewForwards_IsStillComplete()
    {
        ToyScoreFunction f = Games.Of(10, Games.Random(10, 13));

        AttributionResult result = new PartitionShap().Attribute(f, new() { Samples = 12 });

        Assert.InRange(Math.Abs(result.Targets[0].Delta ?? 1), 0, 1e-6);
        Assert.Equal("False", result.Parameters["exact"]);
    }

    [Theory]
    [InlineData("partition_shap")]
    [InlineData("kernel_shap")]
    [InlineData("shapley_value_sampling")]
    public void FewForwards_TargetsThatDoNotSeeAllTokens_AreStillComplete(string name)
    {
        using var folder = new TempFolder();
        var model = (Transformers.ILanguageModel)TinyModels.Load(folder.Path, "gpt2");
        ScoreFunction f = Targets.Continuation(model, ExplainedText.Of([19, 5, 12, 29, 30, 15]), [17, 33, 5, 40, 2], "logit");

        AttributionResult result = AttributionMethods.Get(name).Attribute(f, new() { Baseline = Baseline.Token(1), Samples = 12 });

        Assert.All(result.Targets, target => Assert.Equal(0, target.Delta!.Value, 1e-4));
    }

    [Fact]
    public void Sobol_AdditiveGame_SharesTheVariance()
    {
        double[] worth = [3, -1, 0, 2];

        AttributionResult result = new Sobol().Attribute(Games.Of(4, Games.Additive(worth)), AttributionRequest.Default);

        TensorAssert.Close(result.Sides[0].Scores[0], [9 / 14f, 1 / 14f, 0, 4 / 14f]);
    }

    /// <summary>v = [0 and 1 agree]: neither alone explains anything, each has all of the variance in its interaction.</summary>
    [Fact]
    public void Sobol_PureInteraction_GivesBothAllOfTheVariance()
    {
        AttributionResult result = new Sobol().Attribute(Games.Of(3, set => (set & 3) is 0 or 3 ? 1 : 0), AttributionRequest.Default);

        TensorAssert.Close(result.Sides[0].Scores[0], [1, 1, 0]);
    }

    [Fact]
    public void Sobol_Sampled_IsNearTheExactIndices()
    {
        ToyScoreFunction f = Games.Of(8, Games.Random(8, 14));

        float[] exact = new Sobol().Attribute(f, new() { Samples = 256 }).Sides[0].Scores[0];
        float[] sampled = new Sobol().Attribute(f, new() { Samples = 200, Seed = 2 }).Sides[0].Scores[0];

        TensorAssert.Close(sampled, exact, rtol: 0, atol: 0.15);
    }

    [Fact]
    public void ContextCite_OneSentenceMatters_HasAllOfTheScore()
    {
        ToyScoreFunction f = Games.Of(9, set => (set & 0b111000) != 0 ? 5 : 0);

        float[] scores = new ContextCite().Attribute(f, new() { FeatureGroups = [[0, 0, 0, 1, 1, 1, 2, 2, -1]] }).Sides[0].Scores[0];

        Assert.All(scores[3..6], score => Assert.InRange(score, 1.6, 5 / 3.0));
        Assert.All(scores[..3].Concat(scores[6..]), score => Assert.Equal(0, score, 0.02));
    }

    [Fact]
    public void ContextCite_WithoutGroups_TakesSentences()
    {
        const string text = "It costs 3.14 pounds. Yes! No";
        InputToken[] tokens = [.. new (string Piece, int Start)[] { ("It", 0), ("costs", 3), ("3.", 9), ("14", 11), ("pounds.", 14),
            ("Yes!", 22), ("No", 27) }
            .Select((token, i) => new InputToken(i + 2, token.Piece, token.Start, token.Start + token.Piece.Length, 0, i))];
        InputSide side = new() { Name = "source", Texts = [text], Tokens = tokens, Embeddings = Tensor.Zeros([7, 1]), GivenLength = 6 };

        Assert.Equal([false, false, false, false, true, true, false], Enumerable.Range(0, 7).Select(p => Sentences.Ends(side, p)));
    }

    [Fact]
    public void FeaturePermutation_FunctionThatIgnoresOrder_LosesWhatItDrew()
    {
        ToyScoreFunction f = Toys.Network();

        AttributionResult result = new FeaturePermutation().Attribute(f, new() { Samples = 3, Seed = 1 });

        Assert.Equal(0, result.Sides[0].Scores[0][0]);
        Assert.All(result.Sides[0].Scores[0][1..^1], score => Assert.NotEqual(0, score));
        ToyScoreFunction sum = Games.Of(5, Games.Additive(1, 2, 3, 4, 5));
        // all tokens are alike
        Assert.All(new FeaturePermutation().Attribute(sum, AttributionRequest.Default).Sides[0].Scores[0], score => Assert.Equal(0, score));
    }

    [Fact]
    public void Controls_AnyModel_IgnoreIt()
    {
        AttributionResult random = new RandomScores().Attribute(Toys.TwoSides(), new() { Seed = 4 }),
            constant = new ConstantScores().Attribute(Toys.TwoSides(), AttributionRequest.Default);

        Assert.Equal(random.Sides[1].Scores[1], new RandomScores().Attribute(Toys.TwoSides(), new() { Seed = 4 }).Sides[1].Scores[1]);
        Assert.Equal(10, random.Sides.SelectMany(side => side.Scores[0]).Distinct().Count());
        Assert.Equal(1, constant.Sides.Sum(side => side.Scores[0].Sum()), 1e-6);
    }

    [Fact]
    public void Reagent_GoldenModel_SharesOneAndRepeatsItself()
    {
        ScoreFunction f = Gpt2("probability");
        AttributionRequest request = new() { Baseline = Baseline.Token(0), Samples = 10, Seed = 3 };

        AttributionResult result = new Reagent().Attribute(f, request);

        Assert.All(result.Sides[0].Scores, row => Assert.Equal(1, row.Sum(), 1e-5));
        Assert.All(result.Sides[0].Scores, row => Assert.All(row, score => Assert.InRange(score, 0, 1)));
        Assert.Equal(result.Sides[0].Scores[2], new Reagent().Attribute(f, request).Sides[0].Scores[2]);
    }

    [Fact]
    public void Reagent_WhatItCannotDo_SaysSo()
    {
        Assert.Contains("got step 'logit'; expected probability",
            Assert.Throws<VitrineException>(() => new Reagent().Attribute(Toys.Network(), AttributionRequest.Default)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void Prefix_Reused_ChangesNothing(string name)
    {
        GoldenModel golden = GoldenModel.Named(name);
        Assert.SkipUnless(Directory.Exists(golden.Folder), $"no golden folder at {golden.Folder}");
        ScoreFunction f = Targets.Continuation((ILanguageModel)golden.Model, ExplainedText.Of([19, 25, 12, 29]), [17, 33, 5], "logit");
        AttributionRequest request = new() { Baseline = Baseline.Token(0) };

        float[][] reused = [.. new FeatureAblation().Attribute(f, request).Sides[0].Scores];
        using HookScope watched = f.Intervene("blocks.0.hook_resid_pre", (_, x) => x); // a watcher sees whole passes
        float[][] whole = [.. new FeatureAblation().Attribute(f, request).Sides[0].Scores];

        for (int t = 0; t < 3; t++)
        {
            TensorAssert.Close(reused[t], whole[t], rtol: 1e-5, atol: 1e-5);
        }
    }

    [Fact]
    public void WholeSequence_AnyStep_IsMadeOfItsTokens()
    {
        ScoreFunction tokens = Gpt2("log_probability");
        double sum = tokens.Score([tokens.Sides[0].Batch]).ToArray().Sum(score => (double)score);

        Assert.Equal(sum, Whole(SequenceStep.LogProbability), 1e-5);
        Assert.Equal(Math.Exp(sum), Whole(SequenceStep.Probability), 1e-9);
        Assert.Equal(sum - Math.Log(1 - Math.Exp(sum)), Whole(SequenceStep.LogOdds), 1e-5);
        Assert.Throws<VitrineException>(() => new WholeSequence(Gpt2("logit")));

        double Whole(SequenceStep step) => new WholeSequence(tokens, step).Score([tokens.Sides[0].Batch]).Item();
    }

    private static ScoreFunction Gpt2(string step)
    {
        GoldenModel golden = GoldenModel.Named("gpt2");
        Assert.SkipUnless(Directory.Exists(golden.Folder), $"no golden folder at {golden.Folder}");
        return Targets.Continuation((ILanguageModel)golden.Model, ExplainedText.Of([19, 85, 12]), [17, 33, 5], step);
    }
}
