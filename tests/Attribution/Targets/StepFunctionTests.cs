using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

/// <summary>Every step function against plain float64 arithmetic on the model's logits, and as something that methods explain.</summary>
public sealed class StepFunctionTests : IDisposable
{
    private static readonly int[] s_prompt = [19, 5, 12, 29], s_said = [17, 33, 5], s_foils = [3, 33, 40];

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Names => [.. StepFunctions.BuiltIn.Select(step => step.Name)];

    public static TheoryData<string, string> NamesByTask =>
        [.. from step in StepFunctions.BuiltIn where step.HasGradient
            && !step.ReadsNoisyRows from task in new[] { "labels", "answer", "mask", "tokens", "next",
                "translation" } select (step.Name, task)];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Table_HasInseqsFourteenAndOurs()
    {
        string[] inseq =
        [
            "logit", "probability", "entropy", "crossentropy", "perplexity", "contrast_logits", "contrast_prob", "contrast_logits_diff",
            "contrast_prob_diff", "pcxmi", "kl_divergence", "in_context_pvi", "mc_dropout_prob_avg", "top_p_size",
        ];

        Assert.Empty(inseq.Append("log_probability").Append("margin").Except(StepFunctions.All.Select(step => step.Name)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Step_OfANextToken_IsItsFormula(string name)
    {
        if (name == "mc_dropout_prob_avg")
        {
            return; // has tests of its own
        }
        ILanguageModel model = Gpt2();
        ScoreFunction plain = Words(model, "logit"), other = Targets.Continuation(model, ExplainedText.Of([8, 7, 6, 29]), s_said, "logit");

        float[] scores = Score(Words(model, new StepOptions(name) { ContrastIds = s_foils }.Against(other)));

        double[][] p = Rows(plain), q = Rows(other);
        for (int t = 0; t < s_said.Length; t++)
        {
            Assert.Equal(Expected(name, p[t], s_said[t], q[t], s_foils[t]), scores[t], 1e-4);
        }
    }

    [Fact]
    public void Perplexity_CompatInseq_HasBaseTwo()
    {
        ILanguageModel model = Gpt2();

        float[] nats = Score(Words(model, "crossentropy")), ours = Score(Words(model, "perplexity")),
            theirs = Score(Words(model, new StepOptions("perplexity") { Compat = Compat.Inseq }));

        TensorAssert.Close(ours, [.. nats.Select(MathF.Exp)], rtol: 1e-5);
        TensorAssert.Close(theirs, [.. nats.Select(x => MathF.Pow(2, x))], rtol: 1e-5);
    }

    [Fact]
    public void KlDivergence_Filtered_ComparesTheClassesThatAreLeft()
    {
        ILanguageModel model = Gpt2();
        ScoreFunction plain = Words(model, "logit"), other = Targets.Continuation(model, ExplainedText.Of([8, 7, 6, 29]), s_said, "logit");
        var step = new StepOptions("kl_divergence") { TopK = 5 }.Against(other);

        float[] top = Score(Words(model, step)), all = Score(Words(model, step with { TopK = 0 })),
            everything = Score(Words(model, step with { TopK = 50, TopP = 0.9999999 }));

        TensorAssert.Close(everything, all, rtol: 1e-3);
        Assert.All(Score(Words(model, step with { TopK = 0, TopP = 1e-9 })), one => Assert.Equal(0, one, 1e-6)); // the likeliest alone
        (double[] a, double[] b) = (Softmax(Rows(plain)[0]), Softmax(Rows(other)[0]));
        int[] kept = [.. Enumerable.Range(0, a.Length).OrderByDescending(i => Math.Log(a[i]) + Math.Log(b[i])).Take(5)];
        (double sumA, double sumB) = (kept.Sum(i => a[i]), kept.Sum(i => b[i]));
        Assert.Equal(kept.Sum(i => a[i] / sumA * Math.Log(a[i] / sumA / (b[i] / sumB))), top[0], 1e-5);
    }

    [Fact]
    public void KlDivergence_OfTheSameInput_IsZero()
    {
        ILanguageModel model = Gpt2();

        Assert.All(Score(Words(model, new StepOptions("kl_divergence").Against(Words(model, "logit")))), x => Assert.Equal(0, x, 1e-6));
    }

    [Theory]
    [InlineData(Compat.None)]
    [InlineData(Compat.Inseq)]
    public void McDropout_IsTheMeanOrTheScoreOfNoisyProbabilities(Compat compat)
    {
        ILanguageModel model = Gpt2();
        var step = new StepOptions("mc_dropout_prob_avg") { Compat = compat, DropoutSamples = 4, Seed = 3 };
        List<Tensor> seen = [];
        var spy = new StepFunction("spy", "the noisy probabilities", rows =>
        {
            seen.AddRange(rows.Noisy.Select(noisy => noisy.Probability));
            return rows.Probability;
        })
        { ReadsNoisyRows = true };

        float[] scores = Score(Words(model, step)), clean = Score(Words(model, step with { Function = spy }));

        double[] noisy = [.. seen.Select(p => (double)p.ToArray()[1])];
        double mean = noisy.Average(), deviation = Math.Sqrt(noisy.Sum(p => (p - mean) * (p - mean)) / 3);
        Assert.Equal(4, noisy.Distinct().Count());
        Assert.Equal(compat == Compat.None ? mean : (clean[1] - mean) / deviation, scores[1], 1e-4);
        Assert.Equal(scores, Score(Words(model, step)));
        Assert.NotEqual(scores, Score(Words(model, step with { Seed = 4 })));
    }

    [Fact]
    public void McDropout_AsATarget_BatchedEqualsSingle_AndItsSlopeIsItsSlope()
    {
        ScoreFunction f = Words(Gpt2(), new StepOptions("mc_dropout_prob_avg") { DropoutSamples = 3 });
        Tensor x = f.Sides[0].Batch;

        float[] twice = f.Score([TensorOps.Concat(0, x.Scale(0.5f), x)]).ToArray();

        TensorAssert.Close(twice.AsSpan(3), Score(f), rtol: 1e-4, atol: 1e-7);
        SlopeIsRight(f);
    }

    [Theory]
    [MemberData(nameof(NamesByTask))]
    public void Step_OfAnyTask_HasItsSlope(string name, string task)
    {
        StepOptions? step = Contrasted(name, task);
        if (step is null)
        {
            return; // it is a constant of this input
        }

        SlopeIsRight(Function(task, step));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Step_OfPerturbationMethods_IsExplained(string name)
    {
        ILanguageModel model = Gpt2();
        ScoreFunction f = Words(model, new StepOptions(name)
        {
            ContrastIds =
            s_foils
        }.Against(Targets.Continuation(model, ExplainedText.Of([8, 7, 6, 29]), s_said, "logit")));

        AttributionResult result = new FeatureAblation().Attribute(f, new() { Baseline = Baseline.Token(0) });

        Assert.All(result.Sides[0].Scores, row => Assert.All(row, score => Assert.True(float.IsFinite(score))));
    }

    [Theory]
    [InlineData("top_p_size", "no gradient", "kernel_shap")]
    [InlineData("contrast_prob", "contrast input alone", "contrast_prob_diff")]
    public void Step_WithoutASlope_GradientMethodsSayWhy(string name, string why, string which)
    {
        ILanguageModel model = Gpt2();
        ScoreFunction f = Words(model, new StepOptions(name).Against(Words(model, "logit")));

        string message = Assert.Throws<VitrineException>(() => new Saliency().Attribute(f, AttributionRequest.Default)).Message;

        Assert.Contains(why, message, StringComparison.Ordinal);
        Assert.Contains(which, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("contrast_prob_diff", "no contrast")]
    [InlineData("kl_divergence", "no contrast input")]
    public void Step_WithoutWhatItComparesWith_IsRefused(string name, string why) =>
        Assert.Contains(why, Assert.Throws<VitrineException>(() => Words(Gpt2(), name)).Message, StringComparison.Ordinal);

    [Fact]
    public void Contrast_OfAnotherLength_IsRefused() =>
        Assert.Contains("expected 3", Assert.Throws<VitrineException>(() => Words(Gpt2(),
            new StepOptions("contrast_prob") { ContrastIds = [1, 2] })).Message, StringComparison.Ordinal);

    [Fact]
    public void Register_ADelegate_MakesItAStepByName()
    {
        StepFunctions.Register(new("squared_probability", "p(t)²", rows => rows.Probability.Pow(2)));

        ScoreFunction f = Words(Gpt2(), "squared_probability");

        TensorAssert.Close(Score(f), [.. f.Probabilities.Select(p => (float)(p * p))], rtol: 1e-5);
        SlopeIsRight(f);
        Assert.Contains("taken", Assert.Throws<VitrineException>(
            () => StepFunctions.Register(StepFunctions.Get("squared_probability"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WithStep_IsTheSameAsAskingAtOnce()
    {
        ILanguageModel model = Gpt2();
        ScoreFunction f = Words(model, "probability");
        _ = Score(f);

        Assert.Equal(Score(Words(model, "entropy")), Score(f.WithStep(step => step with { Function = StepFunctions.Get("entropy") })));
    }

    [Theory]
    [InlineData(SequenceStep.LogProbability)]
    [InlineData(SequenceStep.Probability)]
    [InlineData(SequenceStep.LogOdds)]
    [InlineData(SequenceStep.Perplexity)]
    public void WholeSequence_IsItsFormula(SequenceStep step)
    {
        ScoreFunction tokens = Words(Gpt2(), "log_probability");
        double sum = Score(tokens).Sum(x => (double)x);

        var whole = new WholeSequence(tokens, step);

        Assert.Equal(step switch
        {
            SequenceStep.Probability => Math.Exp(sum),
            SequenceStep.LogOdds => sum - Math.Log(1 - Math.Exp(sum)),
            SequenceStep.Perplexity => Math.Exp(-sum / 3),
            _ => sum,
        }, Score(whole)[0], 1e-3);
        Assert.Equal(step, WholeSequence.Steps[whole.StepName]);
        SlopeIsRight(whole);
    }

    /// <summary>Σ gradient · v against (f(x + hv) − f(x − hv)) / 2h.</summary>
    private static void SlopeIsRight(ScoreFunction f)
    {
        Tensor[] directions = [.. f.Sides.Select((side, i) => RandomTensor.Normal(7 + i, side.Batch.Shape, 0.3f))];
        const float h = 2e-2f;
        Tensor[] Moved(float by) => [.. f.Sides.Select((side, i) => side.Batch + directions[i].Scale(by))];
        (float[] up, float[] down) = (f.Score(Moved(h)).ToArray(), f.Score(Moved(-h)).ToArray());

        AttributionResult result = new InputXGradient().Attribute(f, new() { KeepRaw = true });

        for (int t = 0; t < f.Targets.Count; t++)
        {
            double slope = 0;
            for (int s = 0; s < f.Sides.Count; s++)
            {
                (float[] xg, float[] x, float[] v) =
                    (result.Sides[s].Raw!.Select(0, t).ToArray(), f.Sides[s].Embeddings.ToArray(), directions[s].ToArray());
                slope += xg.Select((value, i) => x[i] == 0 ? 0 : (double)value / x[i] * v[i]).Sum();
            }
            double expected = (up[t] - down[t]) / (2 * h);
            Assert.True(Math.Abs(slope - expected) <= 2e-3 + (0.03 * Math.Abs(expected)),
                $"{f.StepName} of target {t}: slope {slope}, finite difference {expected}");
        }
    }

    private StepOptions? Contrasted(string name, string task)
    {
        StepFunction step = StepFunctions.Get(name);
        if (step.Contrast == ContrastNeed.Input)
        {
            return new StepOptions(name).Against(Function(task, "logit", other: true));
        }
        return step.Contrast == ContrastNeed.None ? name : new StepOptions(name) { ContrastIds = task == "labels" ? [2] : [1, 2] };
    }

    private ScoreFunction Function(string task, StepOptions step, bool other = false)
    {
        ExplainedText text = ExplainedText.Of(other ? [5, 44, 12, 7] : [5, 23, 12, 7]);
        return task switch
        {
            "labels" => Targets.Labels(Load("bert", "BertForSequenceClassification"), text, [1], step),
            "answer" => Targets.Answer(Load("bert", "BertForQuestionAnswering"), text, 1, 3, step),
            "mask" => Targets.Words((ILanguageModel)Load("bert", null), text, [new(1, 6), new(2, 9)], step),
            "tokens" => Targets.TokenLabels(Load("bert", "BertForTokenClassification"), text, [new(1, 0), new(2, 0)], step),
            "next" => Targets.Words((ILanguageModel)Load("gpt2", null), text, [new(1, 6), new(3, 9)], step),
            _ => Targets.Translation((ILanguageModel)Load("marian", null), text, [6, 9], step),
        };
    }

    private ITransformer Load(string family, string? architecture)
    {
        string folder = Path.Combine(_folder.Path, $"{family}{architecture}");
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            TinyModels.Write(folder, family, architecture);
        }
        return ModelLoader.Load(folder);
    }

    private ILanguageModel Gpt2() => (ILanguageModel)Load("gpt2", null);

    private static ScoreFunction Words(ILanguageModel model, StepOptions step) =>
        Targets.Continuation(model, ExplainedText.Of(s_prompt), s_said, step);

    private static float[] Score(ScoreFunction f) => f.Score([.. f.Sides.Select(side => side.Batch)]).ToArray();

    private static double[][] Rows(ScoreFunction f) =>
        [.. f.Logits([f.Sides[0].Batch]).ToArray().Chunk(50).Select(row => Array.ConvertAll(row, x => (double)x))];

    private static double[] Softmax(double[] logits)
    {
        double sum = logits.Sum(Math.Exp);
        return Array.ConvertAll(logits, x => Math.Exp(x) / sum);
    }

    private static double Expected(string name, double[] logits, int t, double[] contrast, int u) =>
        (name, Softmax(logits), Softmax(contrast)) switch
        {
            ("logit", _, _) => logits[t],
            ("contrast_logits", _, _) => contrast[u],
            ("contrast_logits_diff", _, _) => logits[t] - contrast[u],
            ("probability", var p, _) => p[t],
            ("log_probability", var p, _) => Math.Log(p[t]),
            ("log_odds", var p, _) => Math.Log(p[t] / (1 - p[t])),
            ("margin", var p, _) => Math.Log(p[t]) - Math.Log(p.Where((_, i) => i != t).Max()),
            ("crossentropy", var p, _) => -Math.Log(p[t]),
            ("perplexity", var p, _) => 1 / p[t],
            ("entropy", var p, _) => -p.Sum(x => x * Math.Log(x)),
            ("top_p_size", var p, _) => 1 + p.OrderDescending().Aggregate((Mass: 0.0, Count: -1), (so, x) => so.Mass < 0.9
                ? (so.Mass + x, so.Count + 1) : so).Count,
            ("contrast_prob", _, var q) => q[u],
            ("contrast_prob_diff", var p, var q) => p[t] - q[u],
            ("pcxmi", var p, var q) => Math.Log2(p[t] / q[u]),
            ("in_context_pvi", var p, var q) => Math.Log(p[t] / q[u]),
            ("kl_divergence", var p, var q) => p.Select((x, i) => x * Math.Log(x / q[i])).Sum(),
            _ => throw new ArgumentException($"no formula for {name}", nameof(name)),
        };
}
