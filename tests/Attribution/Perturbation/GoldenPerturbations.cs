using Vitrine.Attributions;
using Vitrine.Tensors;

namespace Vitrine.Tests.Attributions;

/// <summary>attr*/occlusion, feature_ablation, shapley, lime and kernel_shap: what Captum computed of one score by perturbing its input.</summary>
internal static class GoldenPerturbations
{
    /// <summary>attr*/occlusion/wWINDOWsSTRIDE/BASELINE on embeddings, and ids_w2 on token ids.</summary>
    public static void Occlusion(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = GoldenScore.Of(golden, one);
        AttributionRequest request = Request(golden, one, f) with
        {
            Window = one.Has("window") ? (int)one.Number("window") : 2,
            Stride = one.Has("stride") ? (int)one.Number("stride") : 1,
        };
        Compare(new Occlusion(), f, request, one, check);
    }

    /// <summary>attr*/feature_ablation/ids, groups and embeds_zero.</summary>
    public static void FeatureAblation(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = GoldenScore.Of(golden, one);
        AttributionRequest request = Request(golden, one, f);
        Compare(new FeatureAblation(), f, request, one, check);
        check.Optional("f", () => f.Score([f.Sides[0].Batch]).ToArray());
        check.Optional("f_base", () => f.ScoreIds([Tensor.From(GoldenScore.Row(one, "baseline_ids")!, [1, f.Sides[0].Length])]).ToArray());
    }

    /// <summary>Captum's way: the features of the case, else every position; the baseline of the case.</summary>
    private static AttributionRequest Request(GoldenModel golden, GoldenCase one, ScoreFunction f) => new()
    {
        Compat = Compat.Captum,
        Baseline = one.Has("baseline")
            ? GoldenScore.Baseline(golden, one, one.Json("baseline").GetString()!)
            : one.Name.EndsWith("_zero", StringComparison.Ordinal) ? Baseline.Zero : Baseline.Given(GoldenScore.Row(one, "baseline_ids")!),
        FeatureGroups = [GoldenScore.Row(one, "feature_mask") ?? [.. Enumerable.Range(0, f.Sides[0].Length)]],
    };

    /// <summary>Compares the scores of all positions, under the name the case has for them.</summary>
    private static void Compare(IAttributionMethod method, ScoreFunction f, AttributionRequest request, GoldenCase one, GoldenCheck check) =>
        check.Close(one.Expected.ContainsKey("attr") ? "attr" : "attr_per_position", [1, f.Sides[0].Length], method.Attribute(f, request).Sides[0].Scores[0]);
}
