using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions.Inside;

/// <summary>
/// What must hold whatever the model: sum rules, limits, agreement of approximation and truth, and what the shipped induction model is
/// known to do. All laws share one model and one list of pairs, and the later ones check what the earlier ones rest on: they are read as
/// one file.
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
    public void Circuit_OfAModelWithMergedRankOneChanges_OrWithoutASpareHead_IsTheSame()
    {
        string[] own = [.. Circuit.Top(EdgeScoring.Run(s_induction, s_pairs), 8).Edges];
        ITransformer changed = ModelLoader.Load(Path.Combine(GoldenFolder.SourceTree(), "models", "induction")),
            pruned = ModelLoader.Load(Path.Combine(GoldenFolder.SourceTree(), "models", "induction"));
        Parameter w = changed.Find("blocks.1.mlp.W_in")!, o = pruned.Find("blocks.0.attn.W_O")!;
        // LoRA adds a product of small rank to a matrix; pruning a head sets its rows of W_O to 0.
        w.Value += RandomTensor.Normal(1, [w.Shape[0], 1], 0.02f).MatMul(RandomTensor.Normal(2, [1, w.Shape[1]], 0.02f));
        int dHead = o.Shape[0] / 2;
        o.Value = TensorOps.Concat(0, o.Value.Slice(0, 0, dHead), Tensor.Zeros([dHead, o.Shape[1]]));

        Assert.True(own.Intersect(Circuit.Top(EdgeScoring.Run(changed, s_pairs), 8).Edges).Count() >= own.Length - 1);
        EdgeScores without = EdgeScoring.Run(pruned, s_pairs);
        Assert.Contains("a0.h0->a1.h0<k>", Circuit.Top(without, 12).Edges);
        Assert.All(Enumerable.Range(0, without.Graph.Targets.Count), t => Assert.Equal(0, without[without.Graph.SourceOf(0, 1), t]));
    }

    [Fact]
    public void Edges_AblatedByZeroAndMeans_AreThoseRunsAndNoOthers()
    {
        PromptPair[] one = [s_pairs[0]];
        int logits = EdgeGraph.Of(s_induction).Targets.Count - 1;
        EdgeScores Exact(EdgeAblation ablation) =>
            EdgeScoring.Run(s_induction, one, new() { Method = EdgeMethod.Exact, Ablation = ablation });
        EdgeScores zero = Exact(EdgeAblation.Zero), corrupted = Exact(EdgeAblation.Corrupted), mean = Exact(EdgeAblation.MeanPerPosition);
        using (Intervention.Zero("blocks.1.hook_mlp_out").Open(s_induction))
        {
            double off = one[0].Metric.Of(s_induction, one[0].Clean).Item() - zero.MetricClean;
            Assert.Equal(off, zero[zero.Graph.SourceOf(1, -1), logits], 1e-3 * Math.Max(1, Math.Abs(off)));
        }
        // The mean of one input is its corrupted run.
        Assert.All(Enumerable.Range(0, corrupted.Values.Length), i => Assert.Equal(corrupted.Values[i], mean.Values[i], 1e-3));
        Assert.Equal(0, CircuitEvaluation.Faithfulness(s_induction, s_pairs, Circuit.All(zero.Graph).Complement(), EdgeAblation.Mean)
            .Faithfulness, 1e-4);
        Assert.Equal(1,
            CircuitEvaluation.Faithfulness(s_induction, s_pairs, Circuit.All(zero.Graph), EdgeAblation.Zero).Faithfulness, 1e-4);
    }

    [Fact]
    public void Pair_Aligned_KeepsCommonStartAndEnd()
    {
        (int[] a, int[] b) = TokenAlignment.Of([1, 2, 3, 9, 9], [1, 2, 7, 8, 3, 9, 9], 0);

        Assert.Equal([1, 2, 0, 0, 3, 9, 9], a);
        Assert.Equal([1, 2, 7, 8, 3, 9, 9], b);
        Assert.Equal(6, PromptPair.Of(s_induction, "abcabc", "abcab", "a", "b", align: true).Corrupted.Ids!.Shape[1]);
    }

    [Theory]
    [InlineData("bloom")]
    [InlineData("t5")]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void Positions_RelativeBias_IsTheFamilysOwn(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);
        ModelInput input = ModelInput.Of([5, 9, 13, 7, 30, 41, 3]);
        InsideResult result = PositionUse.Run(model, family == "t5" ? input with { Target = ModelInput.Of([0, 4, 12, 33, 9]) } : input,
            shift: 2);

        if (family is "gpt2" or "llama")
        {
            Assert.DoesNotContain(result.Tables, t => t.Name.StartsWith("relative_bias", StringComparison.Ordinal));
            return;
        }
        InsideTable table = result[family == "t5" ? "relative_bias_encoder" : "relative_bias"];
        int[] distances = [.. table.Axes[1].Labels.Select(int.Parse)];
        for (int d = 0; d < distances.Length; d++)
        {
            // ALiBi of four heads has slopes 2^(−2), 2^(−4), …; T5's table has a bucket for each of the nearest distances.
            double expected = family == "bloom" ? -Math.Pow(2, -2) * distances[d]
                : Math.Abs(distances[d]) > 1 ? table[0, d] : Bias(distances[d]) - Bias(0);
            Assert.Equal(expected, table[0, d], 2e-3);
        }
        Assert.Contains(1, distances);

        double Bias(int back) => model.Find("encoder.rel_pos.W_rel")!.Value.ToArray()[(back < 0 ? 4 - back : back) * 4];
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

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void Intervals_OfTwoPairsOrMore_AreThere(int pairs, bool areThere)
    {
        (double[] mean, double[]? low, double[]? high) = PairStatistics.Mean([.. Enumerable.Range(0, pairs).Select(i => new[] { 1.0 + i })],
            resamples: 50, seed: 1);

        Assert.Equal((pairs + 1) / 2.0, mean[0], 1e-12);
        Assert.Equal((areThere, areThere), (low is not null, high is not null));
    }

    [Fact]
    public void Intervals_OfShares_AreDrawnWithTheirScale()
    {
        InsideTable whole = ActivationPatching.Run(s_induction, s_pairs, PatchPlace.Get("resid_pre"),
            new() { Axes = PatchAxes.Layer, Layers = [0] })["normalised"], heads =
            ActivationPatching.Run(s_induction, s_pairs, PatchPlace.Get("z"))["normalised"];

        // The other run's whole stream closes the whole gap of whichever pairs are drawn.
        Assert.Equal(1, whole.Low![0], 1e-4);
        Assert.Equal(1, whole.High![0], 1e-4);
        Assert.True(heads.Low![0] < heads.Values[0] && heads.Values[0] < heads.High![0]);
    }

    [Fact]
    public void Heads_ByBothDefinitions_FindThePreviousTokenAndInductionHeads()
    {
        ModelInput input = s_pairs[0].Clean;
        InsideResult heads = HeadStatistics.Run(s_induction, input);

        Assert.Equal(0.79, heads["previous_token"][0, 0], 0.2);
        foreach (string name in new[] { "previous_token", "duplicate_token", "induction" })
        {
            Assert.Equal(HeadStatistics.Detect(s_induction, input, name + "_head")["score"].Values, heads[name + "_head_detector"].Values);
        }
        Assert.True(heads["induction_head_detector"][1, 0] > 10 * heads["induction_head_detector"][0, 0]);
        Assert.True(heads["induction"][1, 0] > heads["induction_head_detector"][1, 0]);
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
        string[] table = result.ToCsv().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(1 + 2 + (2 * 4), table.Length);
        Assert.Equal("method,direction,metric,table,axis_1,label_1,axis_2,label_2,value,low,high,text", table[0]);
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

    /// <summary>A file alone cannot ask for memory: 421 sources and 1,221 targets need as many edges as a file of their size has.</summary>
    [Fact]
    public void CircuitFile_OfMoreNodesThanItsEdgesNeed_IsRefused()
    {
        EdgeScores scores = EdgeScoring.Run(s_induction, [s_pairs[0]], new() { Method = EdgeMethod.Eap });
        var json = System.Text.Json.Nodes.JsonNode.Parse(CircuitFile.ToJson(scores, Circuit.Top(scores, 8)))!;
        (json["cfg"]!["n_layers"], json["cfg"]!["n_heads"]) = (20, 20);

        Assert.Throws<VitrineException>(() => CircuitFile.FromJson(json.ToJsonString()));
    }

    [Fact]
    public void HeadVectors_OfEveryHead_AreThoseOfTheModel()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "llama"); // key heads that several query heads share
        var input = ModelInput.Of(5, 9, 12, 7);
        using ActivationCache cache = model.Cache("blocks.*.attn.hook_*");
        model.Forward(input);

        var vectors = HeadVectors.Of(model, input);

        for (int layer = 0; layer < 2; layer++)
        {
            (Tensor q, Tensor k) = (Vectors(layer, "q"), Vectors(layer, "k"));
            for (int head = 0; head < model.Info.NHeads; head++)
            {
                int key = head / (q.Shape[2] / k.Shape[2]);
                for (int p = 0; p < 4; p++)
                {
                    Assert.Equal(q.Slice(1, p, 1).Slice(2, head, 1).ToArray(), vectors.Query(layer, head, p).ToArray());
                    Assert.Equal(k.Slice(1, p, 1).Slice(2, key, 1).ToArray(), vectors.Key(layer, head, p).ToArray());
                }
            }
        }

        Tensor Vectors(int layer, string name) => cache[$"blocks.{layer}.attn.hook_rot_{name}"];
    }

    [Fact]
    public void Heads_AttentionToACopy_IsTheMeanOverQueriesThatHaveOne()
    {
        var input = ModelInput.Of(65, 66, 65, 66, 67, 65);
        (int Query, int Copy)[] copies = [(2, 0), (3, 1), (5, 2)];

        InsideResult heads = HeadStatistics.Run(s_induction, input);
        var patterns = HeadPatterns.Of(s_induction, input);

        for (int head = 0; head < patterns.Heads; head++)
        {
            double Mean(int to) => copies.Average(pair => (double)patterns.Row(1, head, pair.Query)[pair.Copy + to]);
            Assert.Equal(Mean(0), heads["duplicate_token"][1, head], 1e-6);
            Assert.Equal(Mean(1), heads["induction"][1, head], 1e-6);
        }
    }

    [Fact]
    public void Stability_OfOnePair_IsOneForEveryEdge()
    {
        EdgeScores scores = EdgeScoring.Run(s_induction, [s_pairs[0]], new() { Method = EdgeMethod.Eap });

        IReadOnlyDictionary<string, double> stability = CircuitEvaluation.Stability(scores, 12, resamples: 3);

        Assert.Equal(12, stability.Count);
        Assert.All(stability.Values, share => Assert.Equal(1, share));
    }

    [Fact]
    public void TunedLens_SavedAndLoaded_IsTheSame_AndTrainingLowersItsLoss()
    {
        int[][] texts = [.. s_pairs.Select(p => p.Clean.Ids!.ToIntArray()[..12])];
        List<double> losses = [];

        TunedLens lens = TunedLens.Train(s_induction, texts, steps: 30, batch: 3, progress: (_, loss) => losses.Add(loss),
            cancellation: TestContext.Current.CancellationToken);

        Assert.True(losses[^1] < losses[0], $"{losses[0]} → {losses[^1]}");
        TunedLens least = TunedLens.Train(s_induction, [texts[0]], steps: 1, batch: 1, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(lens.Layers, least.Layers); // one text will do
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
        SteeringVector vector = SteeringVector.From(s_induction, "blocks.1.hook_resid_pre", [(a, b)],
            TestContext.Current.CancellationToken);
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

    [Theory]
    [InlineData("topk")]
    [InlineData("jumprelu")]
    public void Sae_Trained_ExplainsMoreThanTheMean_AndRoundTrips(string architecture)
    {
        int[][] texts = [.. PromptTemplates.Generate(s_induction, "induction", count: 24, seed: 3).Select(p => p.Clean.Ids!.ToIntArray())];
        List<double> losses = [];

        SparseAutoencoder sae = SaeTraining.Run(
            s_induction, texts, new()
            {
                Hook = "blocks.0.hook_resid_post",
                Architecture = architecture,
                Features = 128,
                K = 8,
                Steps = 200,
                Batch = 64,
                LearningRate = 3e-3f
            }, (_, loss) =>
                losses.Add(loss), TestContext.Current.CancellationToken);

        Assert.Equal(200, losses.Count);
        Assert.True(losses[^1] < 0.7 * losses[0], $"{losses[0]} → {losses[^1]}");
        using var folder = new TempFolder();
        sae.Save(folder.Path);
        SparseAutoencoder back = SparseAutoencoder.Load(folder.Path);
        Tensor x = s_induction.Embed(Tensor.From([97, 98, 99], [1, 3]));
        Assert.Equal(sae.Encode(x).ToArray(), back.Encode(x).ToArray());
        Assert.All(back.Encode(x).ToArray().Chunk(128), row => Assert.InRange(row.Count(v => v > 0), 0, architecture == "topk" ? 8 : 40));
        double active = texts.Average(ids => sae.Encode(PatchSweep.Capture(s_induction, ModelInput.Of(ids), ["blocks.0.hook_resid_post"])[
            "blocks.0.hook_resid_post"]).ToArray().Count(v => v > 0) / (double)ids.Length);
        Assert.InRange(active, 4, 16);
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
