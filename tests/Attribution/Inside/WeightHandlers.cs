using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Tests.Attributions.Inside;

/// <summary>Weights, similarity, sparse autoencoders.</summary>
internal static class WeightHandlers
{
    public static readonly (string, Action<string, ITransformer, GoldenCase, GoldenCheck>)[] All =
    [
        ("model/weights/", Circuits),
        ("similarity/", Alike),
        ("forward/", Forward),
        ("spliced/", Spliced),
    ];

    private static void Circuits(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        InsideResult result = WeightCircuits.Run(model, folded: one.Name.EndsWith("folded", StringComparison.Ordinal));
        foreach (string key in one.Expected.Keys)
        {
            InsideTable table = result[key];
            if (key == "positional_qk_previous_share" && model.Info.MaxPositions < 24)
            {
                // Recorded with the number of pairs of 24 positions, also where there are fewer: ours is a mean.
                int t = model.Info.MaxPositions;
                double[] near = result["positional_qk_previous"].Values;
                table = table
                    with
                { Values = [.. table.Values.Select((share, i) => near[i] - ((near[i] - share) * (t * (t - 1)) / (24 * 23)))] };
            }
            check.Close(key, table);
        }
    }

    private static void Alike(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        if (one.Has("input_ids"))
        {
            foreach (string measure in new[] { "cka_biased", "cka" })
            {
                InsideResult result = LayerSimilarity.Run(model, null,
                    [.. InsideGolden.Rows(one, "input_ids").Select(r => ModelInput.Of(r))], measure, mids: true);
                check.Close(measure == "cka" ? "cka_linear_unbiased" : "cka_linear", result[measure]);
            }
            return;
        }
        (Tensor x, Tensor y) = (one.Floats("x"), one.Floats("y"));
        foreach (string key in one.Expected.Keys)
        {
            double[] values = key switch
            {
                "cka_linear" => [Similarities.LinearCka(x, y)],
                "cka_linear_unbiased" => [Similarities.UnbiasedCka(x, y)],
                "cka_rbf_median" => [Similarities.RbfCka(x, y)],
                "cca_correlations" => Similarities.Correlations(x, y),
                "cca_mean" => [Similarities.MeanCca(x, y)],
                "svcca_4" => [Similarities.Svcca(x, y, 4)],
                "pwcca" => [Similarities.Pwcca(x, y)],
                _ => [],
            };
            if (key == "pwcca" && Similarities.Correlations(x, y) is var s && s.Count(v => v > 1 - 1e-9) > 1 && s[^1] < 0.5)
            {
                // Several correlations of 1: any rotation of their directions is right, and each has another weighted mean.
                check.Skip(key, "not unique");
                if (values[0] < s[^1] || values[0] > 1)
                {
                    check.Fail($"pwcca: {values[0]}");
                }
                continue;
            }
            check.Close(key, null, [.. values.Select(v => (float)v)]);
        }
    }

    private static SparseAutoencoder Sae(GoldenCase one) =>
        SparseAutoencoder.Load(Path.Combine(InsideGolden.Root, "sae", one.Json("folder").GetString()!));

    private static void Forward(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        SparseAutoencoder sae = Sae(one);
        Tensor x = one.Floats("x");
        (Tensor features, Tensor reconstruction, Tensor error) = sae.Run(x);
        int rows = x.Shape[0];
        check.Close("features", features);
        check.Close("reconstruction", reconstruction);
        check.Optional("error", error.ToArray);
        check.Optional("l0", () => [.. features.ToArray().Chunk(sae.Config.DSae).Select(row => (float)row.Count(v => v > 0))]);
        check.Optional("explained_variance", () =>
            [(float)SaeSplice.ExplainedVariance(x.Reshape([rows, x.Shape.Elements / rows]),
            error.Reshape([rows, error.Shape.Elements / rows]))]);
    }

    private static void Spliced(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        SparseAutoencoder sae = Sae(one);
        var input = new ModelInput { Ids = one.Ints("input_ids") };
        InsideMetric metric = InsideMetric.LogitDifference((int)one.Number("correct"), (int)one.Number("wrong"));
        check.Close("logits_without", Last(model, input));
        using (SaeSplice.Open(model, sae, keepError: false))
        {
            check.Close("logits_spliced", Last(model, input));
        }
        using (SaeSplice.Open(model, sae))
        {
            check.Close("logits_without", Last(model, input));
        }
        (Tensor features, Tensor attribution, Tensor gradient, double value) = SaeSplice.Attribute(model, sae, input, metric);
        check.Close("features", features);
        check.Close("attribution", attribution);
        check.Close("gradient", gradient);
        check.Close("metric", value);
        float[] shares = attribution.ToArray();
        int n = sae.Config.DSae;
        int[] top = [.. Enumerable.Range(0, n)
            .OrderByDescending(f => Enumerable.Range(0, shares.Length / n).Max(r => Math.Abs(shares[(r * n) + f]))).Take(3)];
        check.Equal("top3_features", top);
        List<float> ablated = [];
        foreach (int feature in top)
        {
            Tensor mask = Tensor.From([.. Enumerable.Range(0, n).Select(f => f == feature ? 0f : 1f)], [n]);
            using IDisposable scope = SaeSplice.Open(model, sae, f => f * mask);
            ablated.Add(metric.Of(model, input).Mean().Item());
        }
        check.Close("metric_top3_ablated", [3], [.. ablated]);
    }

    private static Tensor Last(ITransformer model, ModelInput input)
    {
        Tensor logits = model.Forward(input);
        return logits.Select(1, logits.Shape[1] - 1);
    }
}
