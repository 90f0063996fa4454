using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Tensors;

namespace Vitrine.Tests.Attributions;

/// <summary>authors_metrics/METRIC/…: metrics of given scores, with the recorded draws.</summary>
internal static class GoldenAuthorMetrics
{
    public static readonly (string Pattern, GoldenHandlers.Handler Run)[] Rows =
    [
        ("authors_metrics/aopc/ferret/*", AopcOfFerret),
        ("authors_metrics/aopc/eraser/*", AopcOfEraser),
        ("authors_metrics/plausibility/*", Plausible),
        ("authors_metrics/infidelity/*", Infidel),
        ("authors_metrics/sensitivity_max/*", Sensitivity),
        ("authors_metrics/soft/softfaith/*", SoftFaith),
        ("authors_metrics/soft/reagent/*", SoftReagent),
        ("authors_metrics/curves/*", Curves),
        ("authors_metrics/monotonicity/*", Monotone),
        ("authors_metrics/alignment_error_rate/*", ErrorRate),
    ];

    private static readonly double[] s_tenths = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1], s_eraser = [0.01, 0.05, 0.1, 0.2, 0.5];

    /// <summary>A metric of a case's scores.</summary>
    private static float[] Measure(IMetric metric, GoldenCase one, Compat compat = Compat.None, EvaluationOptions? options = null,
        string scores = "scores", Func<int, Random>? randomness = null, double sign = 1)
    {
        ScoreFunction f = AuthorsCase.Function(one);
        AttributionRequest request = AuthorsCase.Request(one, f) with { Compat = compat };
        AttributionResult result = Scored(f, [.. one.Numbers(scores).Data.Select(score => sign * score)]);
        var trial = new Trial(f, randomness is null ? request : request with { Randomness = randomness }, options);
        return [.. metric.Measure(trial, result, new Saliency()).Select(value => (float)value)];
    }

    private static AttributionResult Scored(ScoreFunction f, IReadOnlyList<double> scores)
    {
        AttributionResult result = new Saliency().Attribute(f, AttributionRequest.Default);
        return result with { Sides = [result.Sides[0] with { Scores = [[.. scores.Select(score => (float)score)]] }] };
    }

    private static void AopcOfFerret(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        int players = GoldenScore.Row(one, "groups")!.Count(group => group >= 0);
        double[] onceEach = [.. s_tenths.Select(q => (int)((q * players) + 1e-9)).Where(k => k > 0).Distinct()
            .Select(k => (double)k / players)];
        foreach (IMetric metric in new IMetric[] { new Comprehensiveness(), new Sufficiency() })
        {
            check.Close($"{metric.Name}/ferret_masks", null, Measure(metric, one, Compat.Ferret));
            check.Close($"{metric.Name}/ferret_masks_eraser_fractions", null,
                Measure(metric, one, Compat.Ferret, new() { Fractions = s_eraser }));
            check.Skip($"{metric.Name}/ferret_default", "ferret deletes tokens; here they are replaced, so that positions stay");
            check.Close($"{metric.Name}/ferret_masks_all_signs", null, Measure(metric, one, options: new() { Fractions = onceEach }));
        }
        check.Close("tau_loo/ferret_masks", null, Measure(new TauLeaveOneOut(), one));
        check.Close("tau_loo/ferret_masks_ties", null, Measure(new TauLeaveOneOut(), one, scores: "tied_scores"));
        check.Skip("tau_loo/ferret_default", "ferret deletes tokens");
    }

    private static void AopcOfEraser(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        foreach ((IMetric metric, bool keeps) in new (IMetric, bool)[] { (new Comprehensiveness(), false), (new Sufficiency(), true) })
        {
            check.Close(metric.Name, null, Measure(metric, one));
            check.Close($"{metric.Name}_points", null,
                [.. s_eraser.SelectMany(q => Measure(metric, one, options: new() { Fractions = [q] }))]);
            check.Skip($"{metric.Name}_each_count_once", "not the authors'");
            check.Skip($"{metric.Name}_paper", "the paper's formula, which its code does not follow, and ours neither");
        }
    }

    private static void Plausible(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        double[] scores = one.Numbers("scores").Data;
        ScoreFunction f = Targets.Labels(golden.Cases.Count > 0 ? GoldenModel.Named("bert_cls").Model : golden.Model,
            ExplainedText.Of([.. scores.Select((_, i) => i + 3)]), [1]);
        float Of(IMetric metric, Compat compat = Compat.None) => (float)metric.Measure(
            new Trial(f, new() { Baseline = Baseline.Token(0), Compat = compat },
                new() { Top = (int)one.Number("top") })
            { Rationale = [[.. one.Numbers("rationale").Data.Select(mark => mark > 0)]] },
            Scored(f, scores), new Saliency())[0];
        check.Close("auprc/eraser", null, [Of(Plausibility.Auprc)]);
        check.Close("auprc/ferret_all_signs", null, [Of(Plausibility.Auprc)]);
        check.Close("auprc/ferret_default", null, [Of(Plausibility.Auprc, Compat.Ferret)]);
        check.Close("average_precision/eraser", null, [Of(Plausibility.AveragePrecision)]);
        check.Close("token_f1/eraser_top5", null, [Of(Plausibility.TokenF1)]);
        check.Close("token_f1/ferret_all_signs", null, [Of(Plausibility.TokenF1)]);
        check.Close("token_f1/ferret_default", null, [Of(Plausibility.TokenF1, Compat.Ferret)]);
        check.Close("token_iou/ferret_all_signs", null, [Of(Plausibility.TokenIou)]);
        check.Close("token_iou/ferret_default", null, [Of(Plausibility.TokenIou, Compat.Ferret)]);
    }

    private static void Infidel(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        int players = GoldenScore.Row(one, "groups")!.Count(group => group >= 0);
        double[] absent = Array.ConvertAll(one.Numbers("present").Data, present => present > 0 ? 0.0 : 1);
        float[] Of(IMetric metric, double sign) =>
            Measure(metric, one, options: new() { Subsets = absent.Length / players }, randomness: _ => new Replay(absent), sign: sign);
        check.Close("infidelity", null, Of(Infidelity.Unscaled, 1));
        check.Close("infidelity_signs_wrong", null, Of(Infidelity.Unscaled, -1));
        check.Skip("infidelity_normalised", "a scale of any sign: compared where it is not negative");
        check.Skip("infidelity_signs_wrong_normalised", "the same");
        float scaled = Math.Min(Of(Infidelity.Scaled, 1)[0], Of(Infidelity.Scaled, -1)[0]); // one of the two signs has the best scale
        if (!(Math.Abs(scaled - one.Expected["infidelity_normalised"].Data[0]) < 1e-5))
        {
            check.Fail($"the better sign gives {scaled}");
        }
    }

    private static void Sensitivity(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = AuthorsCase.Function(one, "logit");
        float[] rows = f.Sides[0].Embeddings.ToArray();
        double radius = 0.02 * (rows.Max() - rows.Min());
        double[] noise = one.Numbers("noise").Data;
        var saliency = new Saliency();
        AttributionRequest request = new()
        {
            Baseline = Baseline.Token(0),
            Randomness = _ => new Replay(noise.Select(value => ((value / radius) + 1) / 2)),
            Aggregator = "vnorm"
        };
        var trial = new Trial(f, request, new() { Draws = noise.Length / rows.Length });
        check.Close("captum_token_norms", null, [(float)new SensitivityMax().Measure(trial, saliency.Attribute(f, request), saliency)[0]]);
        check.Skip("captum_gradients", "the norm of the whole [token, d_model] explanation; here an explanation is one number per token");
    }

    private static void SoftFaith(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        check.Close("ratio_soft_ns", null, Soft(SoftMetric.Sufficiency, one));
        check.Close("ratio_soft_nc", null, Soft(SoftMetric.Comprehensiveness, one));
        foreach (string theirs in new[] { "soft_ns", "soft_nc", "mean_soft_ns", "mean_soft_nc", "f_suff", "f_comp", "f_full", "f_zero" })
        {
            check.Skip(theirs, "parts of the ratio; the authors clip every draw before the mean, and take 1e-4 off");
        }
    }

    private static void SoftReagent(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        check.Close("ratio_pi_soft_ns", null, Soft(SoftMetric.PiSufficiency, one));
        check.Close("ratio_pi_soft_nc", null, Soft(SoftMetric.PiComprehensiveness, one));
        foreach (string other in one.Expected.Keys.Where(key => !key.StartsWith("ratio_", StringComparison.Ordinal)))
        {
            check.Skip(other, "parts of the ratio, or the square that the authors' code has in place of the paper's distance");
        }
    }

    private static float[] Soft(IMetric metric, GoldenCase one)
    {
        GoldenTensor uniform = one.Numbers("uniform");
        int[] groups = GoldenScore.Row(one, "groups")!;
        int width = uniform.Shape[2], row = uniform.Shape[1] * width;
        return Measure(metric, one, options: new() { Draws = uniform.Shape[0] }, randomness: draw =>
            new Replay(uniform.Data.Skip(draw * row).Take(row).Where((_, i) => groups[i / width] >= 0)));
    }

    private static void Curves(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        check.Close("deletion", null, Measure(new Deletion(), one));
        check.Close("insertion", null, Measure(new Insertion(), one));
        check.Skip("deletion_curve", "its area is compared");
        check.Skip("insertion_curve", "its area is compared");
    }

    private static void Monotone(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        check.Close("share_rising_positive", null, Measure(new Monotonicity(), one));
        foreach (string other in one.Expected.Keys.Where(key => key != "share_rising_positive"))
        {
            check.Skip(other, "AI Explainability 360's metric is another, and the paths are parts of ours");
        }
    }

    private static void ErrorRate(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        AlignmentLink[] links = [.. one.Json("links").GetString()!.Split(' ').Select(link => link.Split('-')).Select(link =>
            new AlignmentLink(int.Parse(link[0], CultureInfo.InvariantCulture), int.Parse(link[1], CultureInfo.InvariantCulture), 1))];
        check.Close("alignment_error_rate", null, [(float)Alignment.ErrorRate(links, one.Json("reference").GetString()!)]);
        check.Skip("precision", "the rate is what is reported");
        check.Skip("recall", "the rate is what is reported");
    }
}
