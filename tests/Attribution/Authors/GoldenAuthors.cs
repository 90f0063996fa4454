using Vitrine.Attributions;
using Vitrine.Tensors;

namespace Vitrine.Tests.Attributions;

/// <summary>authors/METHOD/MODEL of methods that look inside.</summary>
internal static class GoldenAuthors
{
    public static readonly (string Pattern, GoldenHandlers.Handler Run)[] Rows =
    [
        ("authors/attention_rollout/*", AttentionRollout),
        ("authors/attention_flow/*", AttentionFlow),
        ("authors/attention_relevance/*", AttentionRelevance),
        ("authors/value_zeroing/*", ValueZeroing),
        ("authors/globenc/*", GlobEnc),
        ("authors/decompx/*", DecompX),
        ("authors/alti/*", Alti),
        ("authors/alti_logit/*", AltiLogit),
        ("authors/gim/*", Gim),
        ("authors/progressive_inference/*", ProgressiveInference),
        .. GoldenAuthorPerturbations.Rows,
        .. GoldenAuthorPaths.Rows,
        .. GoldenAuthorMetrics.Rows,
    ];

    private static AttributionResult Ask(string method, GoldenCase one, AttributionRequest? request = null, string? step = null) =>
        AttributionMethods.Get(method).Attribute(AuthorsCase.Function(one, step), request
            ?? new() { KeepRaw = true, Baseline = Baseline.Token(0) });

    private static void AttentionRollout(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        check.Close("scores", null, AuthorsCase.Scores(Ask("attention_rollout", one)));
        check.Close("joint", null,
            Products(Vitrine.Attributions.AttentionRollout.Mix(AttentionPatterns.Of(AuthorsCase.Function(one), new()))));
    }

    private static void AttentionFlow(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        float[] flow = AuthorsCase.Scores(Ask("attention_flow", one));
        check.Close("max_flow", null, flow);
        check.Close("scores_normalised", null, AuthorsCase.Over(flow, scores => scores.Sum()));
    }

    private static void AttentionRelevance(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        AttributionResult result = Ask("attention_relevance", one);
        check.Optional("scores", () => AuthorsCase.Scores(result));
        check.Optional("source", () => AuthorsCase.Scores(result));
        check.Optional("target", () => AuthorsCase.Scores(result, 1));
        foreach (string matrix in new[] { "relevance", "R_q_i", "R_q_q", "R_i_i" })
        {
            check.Skip(matrix, "the row that is read is compared");
        }
    }

    private static void ValueZeroing(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        AttributionResult rolled = Ask("value_zeroing", one);
        int tokens = rolled.Sides[0].Tokens.Count;
        float[] raw = rolled.Sides[0].Raw!.ToArray();
        check.Close("layers", null, [.. Enumerable.Range(0, raw.Length)
            .Select(i => raw[(i % tokens * (raw.Length / tokens)) + (i / tokens)])]);
        check.Optional("rollout", () => AuthorsCase.Scores(rolled));
        check.Close("mean_over_layers", null, AuthorsCase.Scores(Ask("value_zeroing", one, new() { Aggregator = "mean" })));
        foreach (string all in new[] { "distances", "layers_all" })
        {
            check.Skip(all, "the rollout is their product, and a layer's row is compared");
        }
    }

    private static void GlobEnc(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        double[][][] layers = new GlobEnc().Layers(AuthorsCase.Function(one), new()).Norms;
        float[] product = [.. Products(new(layers, [], [])).TakeLast(layers[0].Length * layers[0].Length)];
        check.Close("layers", null, [.. layers.SelectMany(layer => layer).SelectMany(row => row).Select(norm => (float)norm)]);
        check.Close("globenc", null, product);
        check.Close("scores", null, product.AsSpan(0, layers[0].Length));
        check.Close("scores_over_sum", null, AuthorsCase.Scores(Ask("globenc", one)));
        check.Skip("rows_normalised", "not the authors'");
    }

    private static void DecompX(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        AttributionResult result = new DecompX().Attribute(AuthorsCase.Function(one, allLabels: true), new());
        int tokens = result.Sides[0].Tokens.Count;
        check.Close("default", null, [.. Enumerable.Range(0, tokens * 2).Select(i => result.Sides[0].Scores[i % 2][i / 2])]);
        check.Close("logits", null, [.. result.Targets.Select(target => (float)target.Score)]);
        check.Close("scores", null, result.Sides[0].Scores[(int)one.Number("target")]);
        foreach (string other in new[] { "no_biases", "norm_biases", "equal_biases", "linear" })
        {
            check.Skip(other, "another setting of the authors' code than its default");
        }
    }

    private static void Alti(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        AttributionResult result = Ask("alti", one);
        check.Optional("scores", () => AuthorsCase.Scores(result));
        check.Optional("source", () => AuthorsCase.Scores(result));
        check.Optional("target", () => AuthorsCase.Scores(result, 1));
        Mixing mixing = Vitrine.Attributions.Alti.Mix(AttentionBlock.Of(AuthorsCase.Function(one), new(), []), new());
        check.Optional("layers", () => [.. mixing.Self.SelectMany(layer => layer).SelectMany(row => row).Select(share => (float)share)]);
        check.Optional("joint", () => Products(mixing)[^one.Expected["joint"].Data.Length..]);
        check.Skip("authors_default_source", "a standard deviation with n − 1 where the norm divides by n");
        check.Skip("authors_default_target", "the same");
    }

    private static void AltiLogit(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        AttributionResult result = Ask("alti_logit", one);
        Tensor raw = result.Sides[0].Raw!;
        (int tokens, int components) = (raw.Shape[1], raw.Shape[2]);
        float[] values = raw.ToArray();
        float[] Component(int component) => [.. Enumerable.Range(0, tokens).Select(pos => values[(pos * components) + component])];
        int[] layers = [.. Enumerable.Range(0, components / 2)];
        check.Close("attention_layers", null, [.. layers.SelectMany(layer => Component(1 + (2 * layer)))]);
        check.Close("scores", null, [.. Enumerable.Range(0, tokens).Select(pos => layers.Sum(layer => Component(1 + (2 * layer))[pos]))]);
        check.Close("mlp", null, [.. layers.Select(layer => Component(2 + (2 * layer)).Sum())]);
        check.Close("initial", null, [Component(0).Sum()]);
        check.Close("logit", null, [(float)result.Targets[0].Score]);
        double biases = new[] { "b_O", "ln_f_bias" }.Where(one.Expected.ContainsKey).Sum(key => one.Expected[key].Data.Sum());
        if (!(Math.Abs(biases - result.Targets[0].BaselineScore!.Value) < 1e-5 + (1e-4 * Math.Abs(biases))))
        {
            check.Fail($"biases are {result.Targets[0].BaselineScore}, expected {biases}");
        }
        foreach (string other in new[] { "b_O", "ln_f_bias", "attention_layers_linear", "before_alti" })
        {
            check.Skip(other, "their sum is compared; or an intermediate of the authors' that ours does not have");
        }
    }

    private static void Gim(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        check.Close("scores", null, AuthorsCase.Scores(Ask("gim", one)));
        foreach (string other in one.Expected.Keys.Where(key => key != "scores"))
        {
            check.Skip(other, "parts of the method, or what the authors' hooks do to plain MLPs");
        }
    }

    private static void ProgressiveInference(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        foreach (string step in new[] { "logit", "probability" })
        {
            float[] scores = AuthorsCase.Scores(Ask("progressive_inference", one, step: step));
            check.Close($"scores_{step}", null, scores);
            check.Close($"after_every_token_{step}", null, [.. scores.Select((_, i) => scores[..(i + 1)].Sum())]);
        }
    }

    /// <summary>The products of the first layers, all rows: <c>[layer, query, key]</c>.</summary>
    private static float[] Products(Mixing mixing) => [.. Enumerable.Range(1, mixing.Self.Length).SelectMany(layers =>
        Enumerable.Range(0, mixing.Self[0].Length).SelectMany(query => mixing.Follow(query, layers).Self)).Select(share => (float)share)];
}
