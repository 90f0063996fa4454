using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>
/// What every method promises, on every model it can explain. Theories over <see cref="AttributionMethods.All"/>: a new method is under
/// these laws
/// the moment it is in the table.
/// </summary>
public class MethodLawTests
{
    /// <summary>
    /// Every method with every kind of model: an encoder with ReLU, one without, decoders with both kinds of norm, encoder–decoders that
    /// normalise after and before; embeddings that are projected, disentangled attention, rotary encoders with windows.
    /// </summary>
    public static TheoryData<string, string> OnModels()
    {
        var rows = new TheoryData<string, string>();
        foreach (IAttributionMethod method in AttributionMethods.All)
        {
            foreach (string model in s_models)
            {
                rows.Add(method.Name, model);
            }
        }
        return rows;
    }

    private static readonly string[] s_models =
        ["bert_cls_relu", "bert_mlm", "gpt2", "llama", "marian", "electra_cls", "deberta_v2_cls_own_keys", "modernbert_cls", "t5"];

    public static TheoryData<string> Methods => [.. AttributionMethods.All.Select(method => method.Name)];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_SomeModel_CanBeExplained(string method) =>
        Assert.Contains(Models.Names, model => Explained(method, Models.Function(model, Step(method)), new()) is not null);

    /// <summary>Where a result reports a gap, the scores must close it.</summary>
    [Theory]
    [MemberData(nameof(OnModels))]
    public void Method_ThatPromisesASum_KeepsIt(string method, string model)
    {
        AttributionRequest request = new()
        {
            Baseline = Baseline.Token(3),
            CompletenessGap = 1e-3,
            Steps = method == "layer_conductance" ? 200 : 50,
            MaxSteps = 4096,
            Aggregator = "sum",
        };

        AttributionResult? result = Explained(method, Models.Function(model, "probability"), request);

        foreach ((ExplainedTarget target, int t) in (result?.Targets ?? []).Select((target, t) => (target, t)))
        {
            if (target.Delta is not { } delta || result!.SumsTo!.Contains("in expectation", StringComparison.Ordinal))
            {
                continue;
            }
            double difference = target.Score - target.BaselineScore!.Value;
            double rough = method == "discretized_integrated_gradients" ? 4 : 1; // its points are words: no finer grid makes the sum better
            Assert.InRange(Math.Abs(delta), 0, rough * 5e-3 * Math.Max(Math.Abs(difference), 0.05));
            Assert.Equal(difference + delta, result.Sides.Sum(side => side.Scores[t].Sum(score => (double)score)), 1e-5);
        }
    }

    /// <summary>
    /// The same computation in other steps: attention runs unfused, and no prefix is reused, while its patterns are watched. Not for
    /// DeepLIFT, whose multipliers are made op by op and therefore depend on the ops (Sundararajan et al. 2017, section 2).
    /// </summary>
    [Theory]
    [MemberData(nameof(OnModels))]
    public void Method_ModelComputedInAnotherWay_GivesTheSame(string method, string model)
    {
        ScoreFunction f = Models.Function(model, Step(method));
        AttributionRequest request = new() { Steps = 8, Samples = 20 };
        AttributionResult? plain = Explained(method, f, request);

        using ActivationCache watched = f.Cache("*.hook_pattern", "*.hook_scale");

        if (!method.Contains("deeplift", StringComparison.Ordinal))
        {
            Same(Explained(method, f, request), plain, rtol: 1e-3, atol: 2e-4);
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_FunctionWrittenInAnotherWay_GivesTheSame(string method) =>
        Same(Explained(method, Toys.NetworkRewritten(), new() { Samples = 30 }), Explained(method, Toys.Network(), new() { Samples = 30 }),
            rtol: 1e-3, atol: 1e-4);

    /// <summary>Not for methods whose draws depend on how many targets there are.</summary>
    [Theory]
    [MemberData(nameof(OnModels))]
    public void Method_TargetsTogether_EqualsOneByOne(string method, string model)
    {
        // its whole tree: a smaller one is cut for all targets together
        AttributionRequest request = new() { Steps = 6, Samples = method == "partition_shap" ? 200 : 12 };
        AttributionResult? together =
            method is "random" or "reagent" ? null : Explained(method, Models.Function(model, Step(method)), request);
        for (int t = 0; t < together?.Targets.Count; t++)
        {
            AttributionResult alone = Explained(method, Models.Function(model, Step(method), only: t), request)!;
            for (int side = 0; side < alone.Sides.Count; side++)
            {
                TensorAssert.Close(alone.Sides[side].Scores[0], together.Sides[side].Scores[t], rtol: 1e-4, atol: 2e-5,
                    what: $"target {t}, {alone.Sides[side].Name}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(OnModels))]
    public void Method_LessMemory_ChangesNothing(string method, string model)
    {
        ScoreFunction f = Models.Function(model, Step(method));
        AttributionRequest request = new() { Steps = 6, Samples = 12 };

        Same(Explained(method, f, request with { ByteBudget = 1 << 20 }), Explained(method, f, request), rtol: 1e-4, atol: 1e-5);
    }

    [Theory]
    [MemberData(nameof(OnModels))]
    public void Method_SameSeed_GivesTheSameBits(string method, string model)
    {
        ScoreFunction f = Models.Function(model, Step(method));
        AttributionRequest request = new() { Steps = 6, Samples = 12 };
        AttributionResult? first = Explained(method, f, request);

        Same(Explained(method, f, request), first, rtol: 0, atol: 0);
        if (first?.Seed is null)
        {
            Same(Explained(method, f, request with { Seed = 9 }), first, rtol: 0, atol: 0);
        }
    }

    /// <summary>Padding gets 0, and what is not random does not notice it.</summary>
    [Theory]
    [MemberData(nameof(OnModels))]
    public void Method_Padding_GetsZeroAndChangesNothing(string method, string model)
    {
        ScoreFunction padded = Models.Function(model, Step(method), padded: true);
        AttributionRequest request = new() { Steps = 6, Samples = 12, Baseline = Baseline.Token(3) };

        AttributionResult? result = Explained(method, padded, request);

        AttributionResult? plain = result is { Seed: null } ? Explained(method, Models.Function(model, Step(method)), request) : null;
        for (int side = 0; side < result?.Sides.Count; side++)
        {
            bool[] isPadding = [.. Enumerable.Range(0, result.Sides[side].Tokens.Count).Select(padded.Sides[side].IsPadding)];
            for (int t = 0; t < result.Targets.Count; t++)
            {
                float[] scores = result.Sides[side].Scores[t];
                Assert.All(scores.Where((_, pos) => isPadding[pos]), score => Assert.Equal(0, score));
                if (plain is not null)
                {
                    TensorAssert.Close(scores.Where((_, pos) => !isPadding[pos]).ToArray(), plain.Sides[side].Scores[t],
                        rtol: 1e-3, atol: 2e-5, what: $"target {t}, side {side}");
                }
            }
        }
    }

    /// <summary>On a linear function everything that sums to f(x) − f(baseline) is the gradient times the difference.</summary>
    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_LinearFunction_IsGradientTimesDifference(string method)
    {
        ToyScoreFunction f = Toys.Linear();
        AttributionRequest request = new() { Baseline = Baseline.Token(2) };
        AttributionResult? result = Explained(method, f, request);
        if (result is null || result.Targets.Any(target => target.Delta is null))
        {
            return;
        }
        float[] gradient = new Saliency().Attribute(f, new() { KeepRaw = true }).Sides[0].Raw!.ToArray();
        float[] x = f.Sides[0].Embeddings.ToArray();
        float[] x0 = f.Embed(0, Tensor.From([0, 2, 2, 2, 2, 2, 0], [7])).ToArray(); // special tokens stay

        for (int t = 0; t < 3; t++)
        {
            double[] expected = [.. Enumerable.Range(0, 7)
                .Select(pos => Enumerable.Range(pos * Toys.Width, Toys.Width)
                .Sum(i => gradient[(t * x.Length) + i] * ((double)x[i] - x0[i])))];
            TensorAssert.Close(result.Sides[0].Scores[t], expected, rtol: 1e-4, atol: 1e-4);
        }
    }

    /// <summary>The result, or null where the method says that it cannot and why.</summary>
    internal static AttributionResult? Explained(string method, ScoreFunction f, AttributionRequest request)
    {
        try
        {
            return AttributionMethods.Get(method).Attribute(f, Request(method, f, request));
        }
        catch (VitrineException e)
        {
            Assert.Contains("; got ", e.Message, StringComparison.Ordinal);
            Assert.Contains("; expected ", e.Message, StringComparison.Ordinal);
            return null;
        }
    }

    /// <summary>The step that the laws ask about: logits, but for one method that follows probabilities.</summary>
    private static StepOptions Step(string method) => method == "reagent" ? "probability" : "logit";

    /// <summary>Layer and neuron methods look at a place that everything passes; in an encoder–decoder those are two.</summary>
    internal static AttributionRequest Request(string method, ScoreFunction f, AttributionRequest request)
    {
        string[] hooks = [.. f.HookPoints.Select(point => point.Name)
            .Where(name => name is "blocks.0.hook_resid_post" or "encoder.0.hook_resid_post" or "decoder.hook_embed")];
        return method.StartsWith("neuron_", StringComparison.Ordinal)
            ? request with { Hooks = [.. hooks.Take(1)], Neurons = [[f.Sides[0].IsPadding(0) ? 3 : 1, 3]] }
            : request with { Hooks = hooks };
    }

    private static void Same(AttributionResult? actual, AttributionResult? expected, double rtol, double atol)
    {
        Assert.Equal(expected is null, actual is null);
        for (int side = 0; side < expected?.Sides.Count; side++)
        {
            for (int t = 0; t < expected.Targets.Count; t++)
            {
                float[] scores = expected.Sides[side].Scores[t];
                double scale = Math.Max(1, scores.Max(Math.Abs));
                TensorAssert.Close(actual!.Sides[side].Scores[t], scores, rtol, atol * scale,
                    what: $"target {t}, {expected.Sides[side].Name}");
            }
        }
    }
}
