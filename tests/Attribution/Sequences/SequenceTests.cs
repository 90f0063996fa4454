using Vitrine.Attributions;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>A written text as a whole in addition to its tokens, and several runs in place of one.</summary>
public class SequenceTests
{
    private static readonly AttributionRequest s_request = new()
    {
        Baseline = Baseline.Token(0),
        Steps = 6,
        Samples = 8,
        Skip = new TokenFilter("written"),
        Seed = 3
    };

    /// <summary>Captum's LLMAttribution and LLMGradientAttribution by the command line.</summary>
    [Theory]
    [InlineData("llm/feature_ablation", "feature_ablation", "log_probability")]
    [InlineData("llm/feature_ablation_prob", "feature_ablation", "probability")]
    [InlineData("llm/gradient/layer_ig_50", "integrated_gradients", "log_probability")]
    [InlineData("llm/gradient/layer_grad_x_act", "input_x_gradient", "log_probability")]
    public void Explain_Sequence_IsCaptums(string name, string method, string score)
    {
        GoldenCase golden = GoldenModel.Named("gpt2").Cases.First(one => one.Name == name);
        int[] prompt = GoldenScore.Row(golden, "input_ids")!, said = GoldenScore.Row(golden, "target_ids")!;

        string json = CliRun.Of([
            "explain", "--ids", string.Join(' ', prompt), "--forced-ids", string.Join(' ', said), "--model", GoldenFolder.Find("gpt2"),
            "--sequence", "--score", score, "--method", method, "--skip", "written", "--baseline", "token:0", "--json", "-"])
                .IsDone().Output;

        AttributionResult result = AttributionJson.FromJson(json);
        float[] all = [.. result.Sides[0].Scores.Take(said.Length).SelectMany(row => row[..prompt.Length])],
            whole = result.Sides[0].Scores[^1][..prompt.Length];
        double floor = score == "probability" ? 1e-15 : 1e-5; // the whole has a probability of 1e-10
        TensorAssert.Close(all, Floats(golden, "token_attr"), rtol: 1e-4, atol: 1e-5);
        TensorAssert.Close(whole, Floats(golden, "seq_attr"), rtol: 2e-4, atol: floor);
        Assert.Equal(said.Length, result.Targets[^1].SequenceLength);
        Assert.All(result.Sides[0].Scores, row => Assert.All(row[prompt.Length..], value => Assert.Equal(0, value)));
    }

    [Theory]
    [InlineData("gpt2", "integrated_gradients")]
    [InlineData("gpt2", "input_x_gradient")]
    [InlineData("gpt2", "feature_ablation")]
    [InlineData("gpt2", "shapley_value_sampling")]
    [InlineData("gpt2", "gradient_shap")]
    [InlineData("gpt2", "layer_integrated_gradients")]
    [InlineData("marian", "integrated_gradients")]
    [InlineData("marian", "feature_ablation")]
    public void Sequence_MethodLinearInTheScore_IsTheSumOfItsTokens(string model, string method)
    {
        ScoreFunction f = Models.Function(model, "log_probability");
        string hook = f.HookPoints.First(point => point.Name.EndsWith("hook_resid_pre", StringComparison.Ordinal)).Name;

        AttributionResult result = new SequenceAndTokens(AttributionMethods.Get(method)).Attribute(f,
            s_request with { Skip = null, Hooks = [hook] });

        for (int s = 0; s < result.Sides.Count; s++)
        {
            IReadOnlyList<float[]> rows = result.Sides[s].Scores;
            float[] sum = [.. rows[0].Select((_, p) => rows.SkipLast(1).Sum(row => row[p]))];
            TensorAssert.Close(rows[^1], sum, rtol: 1e-3, atol: 1e-4, what: result.Sides[s].Name);
        }
        Assert.Equal(result.Targets.SkipLast(1).Sum(target => target.Score), result.Targets[^1].Score, 1e-4);
        Assert.Equal(result.Targets.SkipLast(1).Aggregate(1.0, (p, target) => p * target.Probability!.Value),
            result.Targets[^1].Probability!.Value, 1e-9);
    }

    [Fact]
    public void Sequence_OfProbabilities_IsTheirProduct()
    {
        ScoreFunction f = Models.Function("gpt2", "probability");

        AttributionResult result = new SequenceAndTokens(new FeatureAblation()).Attribute(f, s_request);

        Assert.Equal(result.Targets.SkipLast(1).Aggregate(1.0, (p, target) => p * target.Score), result.Targets[^1].Score, 1e-9);
    }

    public static TheoryData<string> Methods => [.. AttributionMethods.All.Select(method => method.Name)];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Sequence_EveryMethod_HasARowOrSaysWhyNot(string method)
    {
        ScoreFunction f = Models.Function("gpt2", "log_probability");
        AttributionRequest request = s_request with { Hooks = ["blocks.0.hook_resid_pre"], Neurons = [[1, 2]] };

        try
        {
            AttributionResult result = new SequenceAndTokens(AttributionMethods.Get(method)).Attribute(f, request);
            Assert.Equal(f.Targets.Count + 1, result.Targets.Count);
            Assert.All(result.Sides, side => Assert.Equal(result.Targets.Count, side.Scores.Count));
        }
        catch (Tensors.VitrineException e)
        {
            Assert.Contains(method is "guided_backprop" or "deconvolution"
                ? "ReLU" : "follows no score of a whole text", e.Message, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public void Top_OfAWholeBesideItsTokens_CountsTheTokens()
    {
        ScoreFunction f = Models.Function("gpt2", "log_probability");

        Assert.Equal(new FeatureAblation().Attribute(f, s_request).Top(4),
            new SequenceAndTokens(new FeatureAblation()).Attribute(f, s_request).Top(4));
    }

    [Fact]
    public void Sequence_OfLogits_IsRefused() => Assert.Contains(
        "expected log_probability or probability",
        Assert.Throws<Tensors.VitrineException>(() => new SequenceAndTokens(new Saliency()).Attribute(Models.Function("gpt2", "logit"),
            s_request)).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("shapley_value_sampling")]
    [InlineData("lime")]
    [InlineData("smoothgrad")]
    [InlineData("gradient_shap")]
    public void Trials_OfARandomMethod_AreTheMeanOfSingleRuns(string name)
    {
        ScoreFunction f = Models.Function("gpt2", "log_probability");
        IAttributionMethod method = AttributionMethods.Get(name);
        AttributionRequest request = s_request with { NoiseScale = 0.01 };

        AttributionResult one = new Trials(method, 1).Attribute(f, request), three = new Trials(method, 3).Attribute(f, request);

        AttributionResult[] runs = [.. Enumerable.Range(3, 3).Select(seed => method.Attribute(f, request with { Seed = seed }))];
        for (int t = 0; t < one.Targets.Count; t++)
        {
            Assert.Equal(runs[0].Sides[0].Scores[t], one.Sides[0].Scores[t]);
            float[] mean = [.. runs[0].Sides[0].Scores[t].Select((_, p) => (float)runs.Average(run => (double)run.Sides[0].Scores[t][p]))];
            Assert.Equal(mean, three.Sides[0].Scores[t]);
        }
        Assert.NotEqual(runs[0].Sides[0].Scores[0], runs[1].Sides[0].Scores[0]);
        Assert.Equal("3", three.Parameters["trials"]);
    }

    [Fact]
    public void Trials_OfAMethodWithoutDraws_RunOnce()
    {
        ToyScoreFunction f = Toys.Linear();

        AttributionResult result = new Trials(new InputXGradient(), 5).Attribute(f, new());

        Assert.Equal(1, f.Forwards);
        Assert.DoesNotContain("trials", result.Parameters);
    }

    [Fact]
    public void Explain_Sequence_IsShownAndWrittenEverywhere()
    {
        using var folder = new TempFolder();
        string[] words = ["explain", "--ids", "5 6 7 0", "--model", GoldenFolder.Find("marian"), "--forced-ids", "8 11 12"];

        CliRun run = CliRun.Of([.. words, "--sequence", "--step-score", "entropy", "--html", "a.html", "--svg", "a.svg", "--inseq",
            "a.json", "--json", "b.json"], folder: folder.Path).IsDone();

        Assert.Contains("→ 3 tokens and the whole (log_probability)", run.Output, StringComparison.Ordinal);
        Assert.Contains("(whole)", run.Output, StringComparison.Ordinal);
        Assert.Contains("(whole)", File.ReadAllText(folder.File("a.html")), StringComparison.Ordinal);
        Assert.Equal(3, InseqJson.Read(File.ReadAllBytes(folder.File("a.json"))).ToResults()[0].Targets.Count);
        AttributionResult result = AttributionJson.FromJson(File.ReadAllText(folder.File("b.json")));
        Assert.All(result.Alignment!, link => Assert.InRange(link.Target, 0, 2));
        Assert.Equal(result.Targets.SkipLast(1).Sum(t => t.StepScores!["entropy"]), result.Targets[^1].StepScores!["entropy"], 1e-4);
        CliRun.Of([.. words, "--sequence", "--score", "logit"]).IsRefused(ExitCode.Usage, "--score logit",
            "log_probability or probability");
        CliRun.Of([.. words, "--sequence", "--contrast", "8 9 10"]).IsRefused(ExitCode.Usage, "--contrast");
        CliRun.Of([.. words, "--trials", "0"]).IsRefused(ExitCode.Usage, "trials", "at least 1");
        CliRun.Of([.. words, "--sequence", "--method", "alti"]).IsRefused(ExitCode.Usage, "follows no score of a whole text");
        using var model = new TinyModel();
        CliRun.Of(["explain", "a good movie", "--model", model.Path, "--sequence"]).IsRefused(ExitCode.Usage, "nothing is written");
    }

    private static float[] Floats(GoldenCase golden, string key) => [.. golden.Expected[key].Data.Select(value => (float)value)];
}
