using Vitrine.Attributions;
using Vitrine.Tensors;

namespace Vitrine.Tests.Attributions;

/// <summary>authors/METHOD/MODEL of methods that take tokens away, with the recorded draws.</summary>
internal static class GoldenAuthorPerturbations
{
    public static readonly (string Pattern, GoldenHandlers.Handler Run)[] Rows =
    [
        ("authors/lime/*", Lime),
        ("authors/context_cite/*", ContextCite),
        ("authors/sobol/*", Sobol),
        ("authors/partition_shap/*", PartitionShap),
        ("authors/feature_permutation/*", FeaturePermutation),
        ("authors/reagent/*", Reagent),
    ];

    private static void Lime(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = AuthorsCase.Function(one);
        AttributionRequest request = AuthorsCase.Request(one, f);
        var lime = new Lime();
        var game = new Game(lime, f, request);
        Coalition[] samples = AuthorsCase.Coalitions(one, "masks", game.Count);
        (double[][] coefficients, double[] intercepts) = lime.Fit(game, f, request, samples);
        check.Close("outputs", null, [.. game.Values(samples).Select(value => (float)value[0])]);
        check.Close("weights", null, [.. samples.Select(sample => (float)Vitrine.Attributions.Lime.Weight(game, f, request, sample))]);
        check.Close("all_features", null, Array.ConvertAll(coefficients[0], b => (float)b));
        check.Close("all_features_intercept", null, [(float)intercepts[0]]);
        foreach (string part in new[] { "authors_default_top10", "top3" })
        {
            check.Skip(part, "fitted to a choice of the features; ours fits all");
            check.Skip($"{part}_intercept", "the same");
        }
    }

    private static void ContextCite(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction tokens = AuthorsCase.Function(one, "log_probability");
        ScoreFunction f = new WholeSequence(tokens, SequenceStep.LogOdds);
        AttributionRequest request = AuthorsCase.Request(one, f);
        var game = new Game(new ContextCite(), f, request);
        Coalition[] kept = AuthorsCase.Coalitions(one, "masks", game.Count);
        request = request with { Samples = kept.Length, Randomness = _ => new Replay(one.Numbers("masks").Data) };
        check.Close("outputs", null, [.. game.Values(kept).Select(value => (float)value[0])]);
        check.Close("weights", null, AuthorsCase.PerGroup(new ContextCite().Attribute(f, request), one));
        check.Close("weights_alpha_0.2", null,
            AuthorsCase.PerGroup(new ContextCite().Attribute(f, request with { Surrogate = Surrogate.Lasso(0.2 * 3) }), one));
        double[][] log = new Game(new ContextCite(), tokens, request).Values(kept);
        check.Close("token_log_odds", null,
            [.. log.SelectMany(row => row).Select(value => (float)(value - Math.Log(1 - Math.Exp(value))))]);
        check.Skip("bias", "the surrogate's answer with no sentence, which is not reported");
    }

    private static void Sobol(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = AuthorsCase.Function(one);
        AttributionRequest request = AuthorsCase.Request(one, f);
        var game = new Game(new Sobol(), f, request);
        AttributionResult exact = new Sobol().Attribute(f, request with { Samples = 1 << game.Count });
        check.Close("exact_total_order", null, AuthorsCase.PerGroup(exact, one));
        check.Close("f_all_coalitions", null,
            [.. game.Values([.. Enumerable.Range(0, 1 << game.Count).Select(bits => Coalition.Of(game.Count, i => (bits >> i & 1) != 0))])
                .Select(v => (float)v[0])]);
        foreach (string other in new[] { "total_order", "first_order", "exact_first_order" })
        {
            check.Skip(other, "another estimator of the same samples, or the order that the paper does not show");
        }
    }

    private static void PartitionShap(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = AuthorsCase.Function(one);
        AttributionRequest request = AuthorsCase.Request(one, f);
        check.Close("scores", null, AuthorsCase.PerGroup(new PartitionShap().Attribute(f, request), one));
        check.Close("scores_20_evals", null, AuthorsCase.PerGroup(new PartitionShap().Attribute(f, request with { Samples = 20 }), one));
        check.Skip("scores_20_evals_one_by_one", "nodes are opened in rounds, as by the authors' default");
    }

    private static void FeaturePermutation(GoldenModel golden, GoldenCase one, GoldenCheck check) =>
        check.Skip("attr", "Captum shuffles a position among the texts of a batch; ours draws other tokens of the same text");

    private static void Reagent(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = AuthorsCase.Function(one, "probability");
        int tokens = f.Sides[0].Length;
        double[][] replaced = [.. one.Numbers("replaced").Data.Chunk(tokens)], words = [.. one.Numbers("replacements").Data.Chunk(tokens)];
        var search = new Reagent.Search([.. Enumerable.Range(0, tokens)], tokens, new Replay(one.Numbers("initial").Data));
        float with = f.Score([f.Sides[0].Batch]).ToArray()[0];
        var drops = new List<float>();
        var importance = new List<float>();
        for (int step = 0; step < replaced.Length; step++)
        {
            int[] ids = [.. f.Sides[0].Ids.Select((id, p) => replaced[step][p] > 0 ? (int)words[step][p] : id)];
            drops.Add(with - f.ScoreIds([Tensor.From(ids, [1, tokens])]).ToArray()[0]);
            search.Update(Coalition.Of(tokens, p => replaced[step][p] == 0), drops[^1]);
            importance.AddRange(search.Importance.Select(value => (float)value));
        }
        check.Close("drops", null, [.. drops]);
        check.Close("logit_importance", null, [.. importance]);
        check.Close("scores", null, [.. search.Shares().Select(share => (float)share)]);
    }
}
