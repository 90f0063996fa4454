using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Tensors;

namespace Vitrine.Tests.Attributions;

/// <summary>attr*/output, saliency, input_x_gradient, ig and the like: what Captum computed of one score.</summary>
internal static class GoldenGradients
{
    /// <summary>f at the input and at both baselines, and the embeddings themselves.</summary>
    public static void Output(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = GoldenScore.Of(golden, one);
        InputSide side = f.Sides[0];
        check.Close("embeds", side.Batch);
        check.Close("f", f.Score([side.Batch]).Reshape([1]));
        check.Close("f_zero_baseline", f.Score([Tensor.Zeros(side.Batch.Shape)]).Reshape([1]));
        Tensor token = GoldenScore.Baseline(golden, one, "token").Embeddings[0];
        check.Close("f_token_baseline", f.Score([token.Reshape(side.Batch.Shape)]).Reshape([1]));
        if (GoldenScore.Row(one, "baseline_ids") is { } ids && ids.Length == side.Length) // a target has the source's recorded too
        {
            token = f.Embed(0, Tensor.From(ids, [ids.Length]));
        }
        check.Close("token_baseline_embeds", token.Reshape(side.Batch.Shape));
    }

    public static void Saliency(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = GoldenScore.Of(golden, one);
        foreach (string key in one.Expected.Keys)
        {
            switch (key)
            {
                case "grad":
                    check.Close(key, Raw(new Saliency(), f));
                    break;
                case "abs_grad":
                    check.Close(key, Raw(new Saliency(), f, new() { Compat = Compat.Captum }));
                    break;
                case "input_x_gradient":
                    check.Close(key, Raw(new InputXGradient(), f));
                    break;
                case "inseq_normalised_l2":
                    check.Close(key, null, new Saliency().Attribute(f, new()).Normalise().Sides[0].Scores[0]);
                    break;
                default:
                    check.Close(key, null, new Saliency().Attribute(f,
                        new() { Aggregator = key == "l2" ? "vnorm" : key }).Sides[0].Scores[0]);
                    break;
            }
        }
    }

    public static void InputXGradient(GoldenModel golden, GoldenCase one, GoldenCheck check) =>
        Compare(new InputXGradient(), GoldenScore.Of(golden, one), new(), check);

    /// <summary>attr*/ig/METHOD/STEPS/BASELINE; every quirk by <c>--compat captum</c>.</summary>
    public static void IntegratedGradients(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        AttributionRequest request = new()
        {
            Compat = Compat.Captum,
            Steps = one.Has("n_steps") ? (int)one.Number("n_steps") : 50,
            Quadrature = one.Has("method") ? Quadrature.Get(one.Json("method").GetString()!) : Quadrature.GaussLegendre,
            Baseline = GoldenScore.Baseline(golden, one, one.Json("baseline").GetString()!),
            MultiplyByInputs = !one.Name.EndsWith("_no_multiply", StringComparison.Ordinal),
        };
        Compare(new IntegratedGradients(), GoldenScore.Of(golden, one), request, check);
    }

    /// <summary>attr_joint/ig: source and target walk the path together.</summary>
    public static void Joint(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = GoldenScore.Of(golden, one);
        foreach (string key in one.Expected.Keys.Where(key => key.StartsWith("delta_", StringComparison.Ordinal)))
        {
            string setting = key["delta_".Length..];
            int cut = setting.LastIndexOf('_');
            AttributionResult result = new IntegratedGradients().Attribute(f, new()
            {
                KeepRaw = true,
                Compat = Compat.Captum,
                Quadrature = Quadrature.Get(setting[..cut]),
                Steps = int.Parse(setting[(cut + 1)..], CultureInfo.InvariantCulture),
                Baseline = Baseline.Zero,
            });
            check.Close($"src_{setting}", result.Sides[0].Raw!);
            check.Close($"tgt_{setting}", result.Sides[1].Raw!);
            check.Close(key, [1], [(float)result.Targets[0].Delta!.Value]);
        }
    }

    /// <summary>attr*/deeplift/BASELINE in Captum's way; the case also says how far that is from gradient × difference.</summary>
    public static void DeepLift(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = GoldenScore.Of(golden, one);
        AttributionRequest request = new() { Compat = Compat.Captum, KeepRaw = true };
        if (one.Name == "attr_joint/deeplift")
        {
            AttributionResult joint = new DeepLift().Attribute(f, request with { Baseline = Baseline.Zero });
            check.Close("src", joint.Sides[0].Raw!);
            check.Close("tgt", joint.Sides[1].Raw!);
            return;
        }
        request = request with { Baseline = GoldenScore.Baseline(golden, one, one.Json("baseline").GetString()!) };
        Compare(new DeepLift(), f, request, check);
        float[] deeplift = new DeepLift().Attribute(f, request).Sides[0].Raw!.ToArray();
        float[] gradient = Raw(new Saliency(), f).ToArray(), x = f.Sides[0].Embeddings.ToArray();
        float[] x0 = request.Baseline.Embeddings is [Tensor given] ? given.ToArray() : new float[x.Length];
        check.Close("max_abs_diff_to_grad_x_diff", [1],
            [deeplift.Select((value, i) => Math.Abs(value - (gradient[i] * (x[i] - x0[i])))).Max()]);
    }

    /// <summary>attention_rollout: the row of every position.</summary>
    public static void Rollout(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        int[] ids = GoldenScore.Row(one, "input_ids")!;
        ScoreFunction f = Targets.Words((Transformers.ILanguageModel)golden.Model, ExplainedText.Of(ids),
            [.. ids.Select((_, p) => new TokenTarget(p, 0))]);
        AttributionResult result = new AttentionRollout().Attribute(f, new());
        check.Close("rollout", [1, ids.Length, ids.Length], [.. result.Sides[0].Scores.SelectMany(row => row)]);
    }

    /// <summary>Compares <c>attr</c>, <c>sum</c>, <c>l2</c> and <c>delta</c>, those of them that the case has.</summary>
    private static void Compare(IAttributionMethod method, ScoreFunction f, AttributionRequest request, GoldenCheck check)
    {
        AttributionResult result = method.Attribute(f, request with { KeepRaw = true });
        check.Close("attr", result.Sides[0].Raw!);
        check.Optional("sum", () => result.Sides[0].Scores[0]);
        check.Optional("l2", () => method.Attribute(f, request with { Aggregator = "vnorm" }).Sides[0].Scores[0]);
        check.Optional("delta", () => [(float)result.Targets[0].Delta!.Value]);
    }

    private static Tensor Raw(IAttributionMethod method, ScoreFunction f, AttributionRequest? request = null) =>
        method.Attribute(f, (request ?? new()) with { KeepRaw = true }).Sides[0].Raw!;
}
