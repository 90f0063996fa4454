using Vitrine.Attributions;
using Vitrine.Tensors;

namespace Vitrine.Tests.Attributions;

/// <summary>
/// attr*/occlusion, feature_ablation, shapley, lime and kernel_shap: what Captum computed of one score by perturbing its input.
/// </summary>
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

    /// <summary>attr*/shapley_exact: per token, per feature, and the value of every coalition.</summary>
    public static void ShapleyValues(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = GoldenScore.Of(golden, one);
        AttributionRequest request = Request(golden, one, f);
        var method = new ShapleyValues();
        AttributionResult result = method.Attribute(f, request);
        check.Close("attr", [1, f.Sides[0].Length], result.Sides[0].Scores[0]);
        check.Close("per_feature_closed_form_f64", null, PerFeature(result, one)[0]);
        var game = new Game(method, f, request);
        double[][] values = game.Values([.. Enumerable.Range(0, 1 << game.Count)
            .Select(bits => Coalition.Of(game.Count, i => (bits >> i & 1) != 0))]);
        check.Close("coalition_values", null, [.. values.Select(value => (float)value[0])]);
        if (Math.Abs(result.Targets[0].Delta ?? 0) > 1e-6)
        {
            check.Fail($"delta is {result.Targets[0].Delta}");
        }
    }

    /// <summary>attr*/shapley_sampling with the recorded permutations.</summary>
    public static void ShapleyValueSampling(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = GoldenScore.Of(golden, one);
        var method = new ShapleyValueSampling();
        AttributionResult result = method.Attribute(new Game(method, f, Request(golden, one, f)), Orders(one), Orders(one).Length);
        check.Close("attr", [1, f.Sides[0].Length], result.Sides[0].Scores[0]);
    }

    /// <summary>
    /// attr*/lime/SURROGATE_KERNEL with the recorded masks; the default kernel is Captum's on token ids, the other one ours.
    /// </summary>
    public static void Lime(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = GoldenScore.Of(golden, one);
        string name = one.Name.Split('/')[^1];
        bool ids = name.EndsWith("_default_kernel", StringComparison.Ordinal);
        AttributionRequest request = Request(golden, one, f) with
        {
            Compat = ids ? Compat.Captum : Compat.None,
            KernelWidth = ids ? 1 : 0.75,
            Surrogate = Surrogate.Parse(name[..name.IndexOf('_', StringComparison.Ordinal)]
                .Replace("lasso", "lasso:", StringComparison.Ordinal).Replace("ridge", "ridge:", StringComparison.Ordinal)),
        };
        GoldenCase masks = one.Json("masks").ValueKind == System.Text.Json.JsonValueKind.String
            ? golden.Cases.First(c => c.Name == $"{one.Name.Split('/')[0]}/lime/lasso0.01_default_kernel")
            : one;
        var method = new Lime();
        var game = new Game(method, f, request);
        Coalition[] samples = Coalitions(masks, "masks");
        (double[][] coefficients, double[] intercepts) = method.Fit(game, f, request, samples);
        float[] b = Array.ConvertAll(coefficients[0], value => (float)value);
        check.Close("coef_captum", null, b);
        check.Close("coef_f64", null, b);
        check.Close("intercept_f64", null, [(float)intercepts[0]]);
        check.Close("outputs", null, [.. game.Values(samples).Select(value => (float)value[0])]);
        double[] weights = one.Numbers("weights").Data;
        for (int i = 0; i < weights.Length; i++)
        {
            double weight = Vitrine.Attributions.Lime.Weight(game, f, request, samples[i]);
            if (Math.Abs(weight - weights[i]) > 1e-6)
            {
                check.Fail($"weight {i} is {weight}, expected {weights[i]}");
            }
        }
    }

    /// <summary>attr*/kernel_shap with the recorded masks: with Captum's two heavy rows, and under the exact constraint.</summary>
    public static void KernelShap(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = GoldenScore.Of(golden, one);
        AttributionRequest request = Request(golden, one, f);
        var method = new KernelShap();
        var game = new Game(method, f, request);
        Coalition[] masks = Coalitions(one, "masks");
        (double[] b, double intercept) = KernelShapRows(game, masks);
        check.Close("coef_f64", null, Array.ConvertAll(b, value => (float)value));
        check.Close("intercept_f64", null, [(float)intercept]);
        check.Close("outputs", null, [.. game.Values(masks).Select(value => (float)value[0])]);
        AttributionResult captum = method.Attribute(game, request, [.. masks.Select((mask, i) => (mask, i < 2 ? 1e6 : 1))]);
        check.Close("coef_captum", null, PerFeature(captum, one)[0]);
        request = request with { Compat = Compat.None };
        AttributionResult constrained = method.Attribute(new Game(method, f, request), request, [.. masks.Select(mask => (mask, 1.0))]);
        check.Close("constrained_f64", null, PerFeature(constrained, one, sum: true)[0]);
    }

    /// <summary>The recorded permutations.</summary>
    public static int[][] Orders(GoldenCase one)
    {
        int[] all = one.Ints("permutations")!.ToIntArray();
        return [.. all.Chunk(one.Numbers("permutations").Shape[1])];
    }

    /// <summary>The recorded masks.</summary>
    public static Coalition[] Coalitions(GoldenCase one, string input)
    {
        int features = one.Numbers(input).Shape[1];
        return [.. one.Ints(input)!.ToIntArray().Chunk(features).Select(row => Coalition.Of(features, i => row[i] == 1))];
    }

    private static (double[] Coefficients, double Intercept) KernelShapRows(Game game, Coalition[] masks) => Surrogate.LeastSquares.Fit(
        [.. masks.Select(mask => Enumerable.Range(0, game.Count).Select(i => mask.Has(i) ? 1.0 : 0).ToArray())],
        [.. game.Values(masks).Select(value => value[0])],
        [.. masks.Select((_, i) => i < 2 ? 1e6 : 1)]);

    /// <summary>One score per feature: of its first token, which has the whole score in Captum's way; or the sum of its tokens.</summary>
    private static float[][] PerFeature(AttributionResult result, GoldenCase one, bool sum = false)
    {
        int[] features = GoldenScore.Row(one, "feature_mask")!;
        return [.. result.Sides[0].Scores.Select(row => Enumerable.Range(0, features.Max() + 1)
            .Select(feature => row.Where((_, p) => features[p] == feature).Take(sum ? int.MaxValue : 1).Sum()).ToArray())];
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
    private static void Compare(IAttributionMethod method, ScoreFunction f, AttributionRequest request, GoldenCase one,
        GoldenCheck check) =>
        check.Close(one.Expected.ContainsKey("attr") ? "attr" : "attr_per_position", [1, f.Sides[0].Length],
            method.Attribute(f, request).Sides[0].Scores[0]);
}
