using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>
/// Scores of heads: on patterns put in their place by hand, whose scores are known, and on heads that are switched off by hand.
/// </summary>
public class HeadScoresTests
{
    private const int Length = 10;

    private static ITransformer Gpt2()
    {
        GoldenFolder.Find("gpt2", "model.safetensors");
        return GoldenModel.Named("gpt2").Model;
    }

    private static HeadScores Measure(ITransformer model, int[][] rounds) =>
        HeadScores.Measure(model, rounds, cancellation: TestContext.Current.CancellationToken);

    private static int[][] Rounds(int count = 9) => HeadScores.Rounds(Enumerable.Range(0, 90), Length, count, seed: 4);

    [Fact]
    public void Measure_PatternsMadeByHand_AreToldApart()
    {
        ITransformer model = Gpt2();
        using HookScope first = model.Intervene("blocks.0.attn.hook_pattern",
            p => Looking(p, query => query - 1, query => query - Length, query => query, _ => 0));
        using HookScope second = model.Intervene("blocks.1.attn.hook_pattern",
            p => Looking(p, _ => 0, query => query, query => query - Length + 1, query => query - Length - 1));

        IReadOnlyList<HeadScore> heads = Measure(model, Rounds()).Heads;

        Assert.Equal(["0.0", "0.1", "0.2", "0.3", "1.0", "1.1", "1.2", "1.3"], heads.Select(h => $"{h.Layer}.{h.Head}"));
        // heads that look at the first token: it is before the second, and comes again once
        const double One = 1.0 / ((2 * Length) - 1), First = 1.0 / Length;
        Assert.Equal([1, One, 0, One, One, 0, One, One], heads.Select(h => h.Previous), Near);
        Assert.Equal([0, 1, 0, First, First, 0, 0, First], heads.Select(h => h.Duplicate), Near);
        Assert.Equal([0, 0, 0, 0, 0, 0, 1, 0], heads.Select(h => h.Induction), Near);

        static bool Near(double expected, double actual) => Math.Abs(expected - actual) < 1e-6;
    }

    [Fact]
    public void Measure_HeadWithoutOutput_CostsNothing()
    {
        ITransformer model = Gpt2();
        HeadScores whole = Measure(model, Rounds());
        using HookScope off = model.Intervene("blocks.1.attn.hook_z", z => z * Tensor.From([1f, 0f, 1f, 1f], [1, 1, 4, 1]));

        HeadScores without = Measure(model, Rounds());

        Assert.Equal(whole.Heads[5].LossWithout, without.RepeatLoss, 1e-5);
        Assert.Equal(without.RepeatLoss, without.Heads[5].LossWithout, 1e-5);
        Assert.NotEqual(whole.RepeatLoss, without.RepeatLoss, 1e-4);
    }

    [Fact]
    public void Measure_Losses_AreThoseOfOneSequenceAfterAnother()
    {
        ITransformer model = Gpt2();
        int[][] rounds = Rounds();
        double first = 0, repeat = 0;
        foreach (int[] round in rounds)
        {
            int[] ids = [.. round, .. round];
            Tensor logP = model.Forward(ModelInput.Of(ids)).LogSoftmax();
            for (int at = 0; at + 1 < ids.Length; at++)
            {
                double loss = -logP.Select(0, 0).Select(0, at).ToArray()[ids[at + 1]] / (rounds.Length * (Length - 1));
                (first, repeat) = at + 1 < Length ? (first + loss, repeat) : at >= Length ? (first, repeat + loss) : (first, repeat);
            }
        }

        HeadScores scores = Measure(model, rounds);

        Assert.Equal(first, scores.FirstLoss, 1e-4);
        Assert.Equal(repeat, scores.RepeatLoss, 1e-4);
    }

    [Fact]
    public void Rounds_OfOneSeed_AreEqualAndHoldEachTokenOnce()
    {
        int[][] rounds = HeadScores.Rounds([3, 3, 5, 7, 9], 4, 3, seed: 1);

        Assert.All(rounds, round => Assert.Equal([3, 5, 7, 9], round.Order()));
        Assert.Equal(rounds, HeadScores.Rounds([3, 5, 7, 9], 4, 3, seed: 1));
        Assert.Throws<VitrineException>(() => HeadScores.Rounds([3, 3, 5], 3, 1, seed: 1));
    }

    [Fact]
    public void Measure_WhatCannotBe_IsRefused()
    {
        Assert.Throws<VitrineException>(() => Measure(Gpt2(), HeadScores.Rounds(Enumerable.Range(0, 90), 17, 1, seed: 1)));
        GoldenFolder.Find("bert_cls", "model.safetensors");
        Assert.Throws<VitrineException>(() => Measure(GoldenModel.Named("bert_cls").Model, Rounds()));
    }

    /// <summary>A pattern in which every head looks at one key; at the first one where that would be outside.</summary>
    private static Tensor Looking(Tensor like, params Func<int, int>[] heads)
    {
        (int batch, int positions) = (like.Shape[0], like.Shape[2]);
        float[] values = new float[like.Shape.Elements];
        for (int row = 0; row < batch * heads.Length * positions; row++)
        {
            int query = row % positions, key = heads[row / positions % heads.Length](query);
            values[(row * positions) + Math.Max(0, key)] = 1;
        }
        return Tensor.From(values, like.Shape);
    }
}
