using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions.Inside;

/// <summary>
/// What must hold whatever the model: sum rules, limits, agreement of approximation and truth, and what the shipped induction model is
/// known to do.
/// </summary>
public sealed class InsideLawTests
{
    private static readonly ITransformer s_induction = ModelLoader.Load(Path.Combine(GoldenFolder.SourceTree(), "models", "induction"));

    private static readonly IReadOnlyList<PromptPair> s_pairs = PromptTemplates.Generate(s_induction, "induction", count: 3, seed: 7);

    [Fact]
    public void Circuit_OfTheInductionModel_HasThePreviousTokenHeadAndTheInductionHeads()
    {
        EdgeScores scores = EdgeScoring.Run(s_induction, s_pairs, new() { Method = EdgeMethod.EapIgInputs });

        var circuit = Circuit.Top(scores, 12);

        // Head 0.0 looks at the letter before and is read by the keys of 1.0 and 1.1, which write the answer.
        Assert.Contains("a0.h0->a1.h0<k>", circuit.Edges);
        Assert.Contains("a0.h0->a1.h1<k>", circuit.Edges);
        Assert.Contains("a1.h0->logits", circuit.Edges);
        Assert.Contains("a1.h1->logits", circuit.Edges);
        Assert.DoesNotContain(circuit.Edges, e => e.StartsWith("a0.h1->a1", StringComparison.Ordinal)
            && e.EndsWith("<k>", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Quantization.Int8)]
    [InlineData(Quantization.Half)]
    public void Circuit_OfARoundedModel_IsTheSame(Quantization rounded)
    {
        ITransformer model = ModelLoader.Load(Path.Combine(GoldenFolder.SourceTree(), "models", "induction"), rounded);

        string[] own = [.. Circuit.Top(EdgeScoring.Run(s_induction, s_pairs), 8).Edges],
            theirs = [.. Circuit.Top(EdgeScoring.Run(model, s_pairs), 8).Edges];

        Assert.True(own.Intersect(theirs).Count() >= own.Length - 1, $"{string.Join(' ', own)} against {string.Join(' ', theirs)}");
    }

    [Fact]
    public void Edges_SumOverTargets_AttributionPatchingOfTheSource()
    {
        EdgeScores scores = EdgeScoring.Run(s_induction, s_pairs, new() { Method = EdgeMethod.Eap });
        InsideTable heads = AttributionPatching.Run(s_induction, s_pairs, [PatchPlace.Get("z")],
            new() { Direction = PatchDirection.Noise })["z"];

        for (int layer = 0; layer < 2; layer++)
        {
            for (int head = 0; head < 2; head++)
            {
                double sum = Enumerable.Range(0, scores.Graph.Targets.Count).Sum(t => scores[scores.Graph.SourceOf(layer, head), t]);
                Assert.Equal(heads[layer, head], sum, 1e-4 * Math.Max(1, Math.Abs(sum)));
            }
        }
    }

    [Fact]
    public void CircuitRun_AllEdgesAndNone_CleanAndCorruptedRun()
    {
        EdgeScores scores = EdgeScoring.Run(s_induction, s_pairs, new() { Method = EdgeMethod.Eap });
        var all = Circuit.All(scores.Graph);

        Assert.Equal(1, CircuitEvaluation.Faithfulness(s_induction, s_pairs, all).Faithfulness, 1e-4);
        Assert.Equal(0, CircuitEvaluation.Faithfulness(s_induction, s_pairs, all.Complement()).Faithfulness, 1e-4);
    }

    [Fact]
    public void Patching_WholeStreamBeforeTheFirstBlock_IsTheOtherRun()
    {
        InsideResult result = ActivationPatching.Run(s_induction, s_pairs, PatchPlace.Get("resid_pre"),
            new() { Axes = PatchAxes.Layer, Layers = [0] });

        Assert.Equal(1, result["normalised"][0], 1e-4);
        Assert.Equal("denoise", result.Direction);
        Assert.Equal("logit_diff", result.Metric);
    }

    [Theory]
    [InlineData("z", PatchAxes.PositionUnit)]
    [InlineData("resid_mid", PatchAxes.Position)]
    [InlineData("neuron", PatchAxes.Layer)]
    [InlineData("pattern", PatchAxes.QueryKey)]
    public void Patching_InBatches_EqualsOneForwardEach(string place, PatchAxes axes)
    {
        PromptPair[] pairs = [s_pairs[0]];
        PatchRequest whole = new() { Axes = axes }, one = whole with { ByteBudget = 1 };

        double[] batched = ActivationPatching.Run(s_induction, pairs, PatchPlace.Get(place), whole)["raw"].Values,
            single = ActivationPatching.Run(s_induction, pairs, PatchPlace.Get(place), one)["raw"].Values;

        Assert.Equal(single.Length, batched.Length);
        for (int i = 0; i < single.Length; i++)
        {
            Assert.Equal(single[i], batched[i], 1e-4);
        }
    }

    [Fact]
    public void Patching_ByHooksAlone_EqualsTheSweep()
    {
        PromptPair pair = s_pairs[0];
        InsideTable table = ActivationPatching.Run(s_induction, [pair], PatchPlace.Get("z"))["raw"];
        using ActivationCache clean = s_induction.Cache("blocks.1.attn.hook_z");
        _ = s_induction.Forward(pair.Clean);
        Tensor theirs = clean["blocks.1.attn.hook_z"];
        clean.Dispose();

        using IDisposable swap = Intervention.Swap("blocks.1.attn.hook_z", theirs, unit: 1).Open(s_induction);
        double plain = pair.Metric.OfLogits(s_induction.Forward(pair.Corrupted) is var logits ? logits.Select(1, logits.Shape[1] - 1)
            : throw new InvalidOperationException()).Item();

        Assert.Equal(plain, table[1, 1], 1e-4);
    }

    [Fact]
    public void Check_OfHeads_HoldsTheExactChangeNextToTheEstimate()
    {
        InsideResult result = PatchCheck.Run(s_induction, s_pairs, PatchPlace.Get("z"), top: 4);
        double atBase = result.Numbers["metric_corrupted"];

        double[] exact = [.. result["raw"].Values.Select(v => v - atBase).Order()];
        double[] shown = [.. Enumerable.Range(0, 4).Select(i => result["top"][i, 1]).Order()];
        Assert.Equal(exact, shown);
        Assert.InRange(result.Numbers["spearman_all"], -1, 1);
        Assert.Equal(0, result.Numbers["largest_missed"]);
    }

    [Fact]
    public void Intervals_OverPairs_HoldTheMean()
    {
        InsideTable raw = ActivationPatching.Run(s_induction, s_pairs, PatchPlace.Get("z"))["raw"];

        for (int i = 0; i < raw.Values.Length; i++)
        {
            Assert.InRange(raw.Values[i], raw.Low![i] - 1e-9, raw.High![i] + 1e-9);
        }
    }

    [Fact]
    public void Pair_OfDifferentLengths_SaysWhere()
    {
        VitrineException e = Assert.Throws<VitrineException>(() => PromptPair.Of(s_induction, "abcabc", "abcab", "a", "b"));

        Assert.Contains("token counts differ; got 6 clean and 5 corrupted", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Answer_OfSeveralTokens_NamesThem()
    {
        VitrineException e = Assert.Throws<VitrineException>(() => PromptPair.Answer(s_induction, "abc"));

        Assert.Contains("'abc' is 3 tokens; got 'a' + 'b' + 'c'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Place_TheModelHasNot_ListsThoseItHas()
    {
        VitrineException e = Assert.Throws<VitrineException>(() => ActivationPatching.Run(s_induction, s_pairs, PatchPlace.Get("cross_z")));

        Assert.Contains("expected one of resid_pre", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Generate_SameSeed_SamePairs()
    {
        IReadOnlyList<PromptPair> again = PromptTemplates.Generate(s_induction, "induction", count: 3, seed: 7);

        Assert.Equal(s_pairs.Select(p => string.Join(' ', p.Tokens)), again.Select(p => string.Join(' ', p.Tokens)));
        Assert.NotEqual(s_pairs.Select(p => string.Join(' ', p.Tokens)),
            PromptTemplates.Generate(s_induction, "induction", count: 3, seed: 8).Select(p => string.Join(' ', p.Tokens)));
    }

    [Fact]
    public void Result_ThroughJson_IsTheSame()
    {
        InsideResult result = ActivationPatching.Run(s_induction, s_pairs, PatchPlace.Get("z"));

        InsideResult back = InsideJson.FromJson(result.ToJson());

        Assert.Equal(result.ToJson(), back.ToJson());
        Assert.Equal(1 + 2 + (2 * 4), result.ToCsv().Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void CircuitFile_ThroughJson_KeepsScoresAndChoice()
    {
        EdgeScores scores = EdgeScoring.Run(s_induction, s_pairs, new() { Method = EdgeMethod.Eap });
        var circuit = Circuit.Top(scores, 8);

        (EdgeScores back, Circuit chosen) = CircuitFile.FromJson(CircuitFile.ToJson(scores, circuit));

        Assert.Equal(scores.Values, back.Values);
        Assert.Equal(circuit.Edges, chosen.Edges);
    }

    [Fact]
    public void TunedLens_SavedAndLoaded_IsTheSame_AndTrainingLowersItsLoss()
    {
        int[][] texts = [.. s_pairs.Select(p => p.Clean.Ids!.ToIntArray()[..12])];
        List<double> losses = [];

        TunedLens lens = TunedLens.Train(s_induction, texts, steps: 30, batch: 3, progress: (_, loss) => losses.Add(loss),
            cancellation: TestContext.Current.CancellationToken);

        Assert.True(losses[^1] < losses[0], $"{losses[0]} → {losses[^1]}");
        using var folder = new TempFolder();
        lens.Save(folder.Path, "induction");
        TunedLens back = TunedLens.Load(folder.Path);
        Assert.Equal(lens.Weight(1).ToArray(), back.Weight(1).ToArray());
        Assert.Equal(lens.Bias(0).ToArray(), back.Bias(0).ToArray());
    }

    [Fact]
    public void SteeringVector_SavedAndLoaded_IsTheSame()
    {
        int[] a = s_pairs[0].Clean.Ids!.ToIntArray(), b = s_pairs[0].Corrupted.Ids!.ToIntArray();
        SteeringVector vector = SteeringVector.From(s_induction, "blocks.1.hook_resid_pre", [(a, b)]);
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "vector.safetensors");

        vector.Save(path);

        Assert.Equal(vector.Vector.ToArray(), SteeringVector.Load(path).Vector.ToArray());
        Assert.Equal("blocks.1.hook_resid_pre", SteeringVector.Load(path).Hook);
    }

    [Fact]
    public void DistributedSearch_Trained_LowersTheLossOfTheSwap()
    {
        int[][] bases = [.. s_pairs.Select(p => p.Corrupted.Ids!.ToIntArray())],
            sources = [.. s_pairs.Select(p => p.Clean.Ids!.ToIntArray())];
        int length = bases.Min(b => b.Length);
        (bases, sources) = ([.. bases.Select(b => b[^length..])], [.. sources.Select(b => b[^length..])]);
        List<double> losses = [];

        Tensor rotation = DistributedSearch.Train(
            s_induction, bases, sources, [.. s_pairs.Select(p => p.Metric.Answer!.Value.Correct)], "blocks.1.hook_resid_post", length - 1,
                rank: 8, steps: 25, batch: 3, progress: (_, loss) => losses.Add(loss), cancellation: TestContext.Current.CancellationToken);

        Assert.True(losses[^1] < losses[0], $"{losses[0]} → {losses[^1]}");
        float[] gram = rotation.MatMul(rotation, transposeA: true).ToArray();
        for (int i = 0; i < 8; i++)
        {
            Assert.Equal(1, gram[(i * 8) + i], 1e-4);
        }
    }

    [Fact]
    public void Sae_Trained_ExplainsMoreThanTheMean_AndRoundTrips()
    {
        int[][] texts = [.. PromptTemplates.Generate(s_induction, "induction", count: 24, seed: 3).Select(p => p.Clean.Ids!.ToIntArray())];
        List<double> losses = [];

        SparseAutoencoder sae = SaeTraining.TopK(
            s_induction, texts, new() { Hook = "blocks.0.hook_resid_post", Features = 128, K = 8, Steps = 200, Batch = 64,
                LearningRate = 3e-3f }, (_, loss) =>
                losses.Add(loss), TestContext.Current.CancellationToken);

        Assert.True(losses[^1] < 0.7 * losses[0], $"{losses[0]} → {losses[^1]}");
        using var folder = new TempFolder();
        sae.Save(folder.Path);
        SparseAutoencoder back = SparseAutoencoder.Load(folder.Path);
        Tensor x = s_induction.Embed(Tensor.From([97, 98, 99], [1, 3]));
        Assert.Equal(sae.Encode(x).ToArray(), back.Encode(x).ToArray());
        Assert.All(back.Encode(x).ToArray().Chunk(128), row => Assert.InRange(row.Count(v => v > 0), 0, 8));
        VitrineException e = Assert.Throws<VitrineException>(() => back.Encode(Tensor.Zeros([1, 3, 32])));
        Assert.Contains("another width", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Direct_FoldedOrRaw_SumsToTheMetric()
    {
        PromptPair pair = s_pairs[0];
        foreach (bool folded in new[] { false, true })
        {
            InsideResult result = DirectLogitAttribution.Run(s_induction, pair.Clean, pair.Metric, folded);

            Assert.Equal(result.Numbers["metric"], result["parts"].Values.Sum(), 1e-6);
            Assert.Equal(0, result.Numbers["rest"], 1e-3);
        }
    }
}
