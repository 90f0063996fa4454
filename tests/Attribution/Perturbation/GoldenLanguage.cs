using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine.Tests.Attributions;

/// <summary>llm/*: what Captum's LLMAttribution computed of every token of a forced continuation, and of all of them together.</summary>
internal static class GoldenLanguage
{
    public static void FeatureAblation(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        bool probability = one.Name.EndsWith("_prob", StringComparison.Ordinal);
        ScoreFunction tokens = Tokens(golden, one, probability ? "probability" : "log_probability");
        var whole = new WholeSequence(Tokens(golden, one), probability ? SequenceStep.Probability : SequenceStep.LogProbability);
        AttributionRequest request = Request(one, tokens);
        foreach (string key in one.Expected.Keys)
        {
            ScoreFunction f = key.StartsWith("seq_", StringComparison.Ordinal) ? whole : tokens;
            check.Close(key, null, key == "target_logprobs"
                ? f.Score([f.Sides[0].Batch]).ToArray()
                : PerFeature(new FeatureAblation().Attribute(f, request), one));
        }
    }

    /// <summary>Exact on the segments of a template, or sampled with recorded permutations.</summary>
    public static void Shapley(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction tokens = Tokens(golden, one);
        foreach ((string key, ScoreFunction f) in new (string, ScoreFunction)[] { ("token_attr", tokens),
            ("seq_attr", new WholeSequence(tokens)) })
        {
            AttributionRequest request = Request(one, f);
            var sampling = new ShapleyValueSampling();
            check.Close(key, null, PerFeature(
                one.Has("permutations")
                    ? sampling.Attribute(new Game(sampling, f, request), GoldenPerturbations.Orders(one),
                        GoldenPerturbations.Orders(one).Length)
                    : new ShapleyValues().Attribute(f, request),
                one));
        }
    }

    /// <summary>Captum's LIME sees the indicator of the tokens here, so that its cosine is ours.</summary>
    public static void LimeAndKernelShap(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        var f = new WholeSequence(Tokens(golden, one));
        AttributionRequest request = Request(one, f) with { Compat = Compat.None, Surrogate = Surrogate.Lasso(0.001), KernelWidth = 1 };
        var lime = new Lime();
        double[] b = lime.Fit(new Game(lime, f, request), f, request, GoldenPerturbations.Coalitions(one, "lime_masks")).Coefficients[0];
        check.Close("lime_seq_attr", null, Array.ConvertAll(b, value => (float)value));
        var kernel = new KernelShap();
        request = Request(one, f);
        Coalition[] masks = GoldenPerturbations.Coalitions(one, "kernelshap_masks");
        AttributionResult result = kernel.Attribute(new Game(kernel, f, request), request,
            [.. masks.Select((mask, i) => (mask, i < 2 ? 1e6 : 1))]);
        check.Close("kernelshap_seq_attr", null, PerFeature(result, one));
    }

    private static ScoreFunction Tokens(GoldenModel golden, GoldenCase one, string step = "log_probability") => Targets.Continuation(
        (ILanguageModel)golden.Model, ExplainedText.Of(GoldenScore.Row(one, "input_ids")!), GoldenScore.Row(one, "target_ids")!, step);

    /// <summary>Token 0 stands for what is absent; the generated prefix is left alone.</summary>
    private static AttributionRequest Request(GoldenCase one, ScoreFunction f)
    {
        int[] features = Features(one);
        return new()
        {
            Compat = Compat.Captum,
            Baseline = Baseline.Given(new int[f.Sides[0].Length]),
            FeatureGroups = [[.. Enumerable.Range(0, f.Sides[0].Length).Select(p => p < features.Length ? features[p] : -1)]],
        };
    }

    /// <summary>The feature of every token of the prompt: itself, its segment, or the group of its segment.</summary>
    private static int[] Features(GoldenCase one)
    {
        if (!one.Has("segments"))
        {
            return [.. Enumerable.Range(0, GoldenScore.Row(one, "input_ids")!.Length)];
        }
        int[] groups = [.. Segments(one).Select((_, i) => one.Has("mask") ? one.Json("mask")[i].GetInt32() : i)];
        return [.. Segments(one).SelectMany((length, i) => Enumerable.Repeat(groups[i], length))];
    }

    /// <summary>One score per segment, or per token of the prompt. <c>[target · feature]</c></summary>
    private static float[] PerFeature(AttributionResult result, GoldenCase one)
    {
        int[] lengths = one.Has("segments") ? Segments(one) : [.. Features(one).Select(_ => 1)];
        int[] starts = [.. lengths.Select((_, i) => lengths[..i].Sum())];
        return [.. result.Sides[0].Scores.SelectMany(row => starts.Select(start => row[start]))];
    }

    private static int[] Segments(GoldenCase one) => [.. one.Json("segments").EnumerateArray().Select(length => length.GetInt32())];
}
