using Vitrine.Attributions;
using Vitrine.Tensors;

namespace Vitrine.Tests.Attributions;

/// <summary>authors/discretized_integrated_gradients and sequential_integrated_gradients: integrals along the authors' paths.</summary>
internal static class GoldenAuthorPaths
{
    public static readonly (string Pattern, GoldenHandlers.Handler Run)[] Rows =
    [
        ("authors/discretized_integrated_gradients/*", Discretized),
        ("authors/sequential_integrated_gradients/*", Sequential),
    ];

    private static void Discretized(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = AuthorsCase.Function(one);
        AttributionRequest request = new()
        {
            Baseline = Baseline.Given(GoldenScore.Row(one, "baseline_ids")!),
            Compat = Compat.Dig,
            Neighbours = (int)one.Number("neighbours"),
        };
        foreach ((string key, int steps, PathAnchors anchors) in new[] { ("greedy_10", 10, PathAnchors.Greedy),
            ("greedy_28", 28, PathAnchors.Greedy), ("maxcount_10", 10, PathAnchors.MaxCount) })
        {
            float[] scores = AuthorsCase.Scores(new DiscretizedIntegratedGradients().Attribute(f,
                request with { Steps = steps, Anchors = anchors }));
            check.Close(key, null, scores);
            check.Close($"{key}_l2", null, AuthorsCase.Over(scores, all => Math.Sqrt(all.Sum(score => (double)score * score))));
        }
        AttributionRequest inseq = request with { Compat = Compat.Inseq, Steps = 12, Aggregator = "sum" };
        check.Close("greedy_10_fraction_of_points", null, AuthorsCase.Scores(new DiscretizedIntegratedGradients().Attribute(f, inseq)));
        check.Close("greedy_10_path", null, Path(f, one, 10));
        check.Optional("greedy_10_path_fraction_of_points", () => Path(f, one, 12));
        check.Skip("greedy_10_factor1", "means between points: ours integrates stretches to a gap instead");
        check.Skip("greedy_10_factor1_l2", "the same");
    }

    /// <summary>Twelve points from the baseline to every token. <c>[point, pos, d_model]</c></summary>
    private static float[] Path(ScoreFunction f, GoldenCase one, int share)
    {
        int words = f.Transformer!.Info.VocabSize, width = f.Sides[0].Embeddings.Shape[1];
        var paths = new MonotonicPath(f.Embed(0, Tensor.From([.. Enumerable.Range(0, words)], [words])).ToArray(), width,
            PathAnchors.Greedy, 12)
        { Share = share, Neighbours = (int)one.Number("neighbours") };
        float[][][] points = [.. f.Sides[0].Ids.Zip(GoldenScore.Row(one, "baseline_ids")!, (id, from) => paths.Between(from, id))];
        return [.. Enumerable.Range(0, 12).SelectMany(step => points.SelectMany(point => point[step]))];
    }

    private static void Sequential(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = AuthorsCase.Function(one);
        AttributionRequest request = AuthorsCase.Request(one, f) with { KeepRaw = true };
        foreach ((string key, AttributionRequest asked) in new[]
        {
            ("gausslegendre_20", request with { Steps = 20 }),
            ("gausslegendre_50", request with { Steps = 50 }),
            ("riemann_trapezoid_20", request with { Steps = 20, Quadrature = Quadrature.RiemannTrapezoid, Compat = Compat.Captum }),
        })
        {
            AttributionResult result = new SequentialIntegratedGradients().Attribute(f, asked);
            check.Close(key, null, result.Sides[0].Raw!.ToArray());
            check.Close($"{key}_sum", null, AuthorsCase.Scores(result));
            float without = f.ScoreIds([Tensor.From(GoldenScore.Row(one, "baseline_ids")!, [1, f.Sides[0].Length])]).ToArray()[0];
            check.Close($"{key}_delta", null, [(float)(AuthorsCase.Scores(result).Sum() - (result.Targets[0].Score - without))]);
        }
    }
}
