using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine.Tests.Attributions.Inside;

/// <summary>Heads, neurons, factors.</summary>
internal static class UnitHandlers
{
    public static readonly (string, Action<string, ITransformer, GoldenCase, GoldenCheck>)[] All =
    [
        ("/neurons", Fire),
        ("/neuron_view", View),
        ("/head_detector", Detector),
        ("/head_statistics", Statistics),
        ("nmf/", Factor),
    ];

    private static void Fire(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        int[][] rows = InsideGolden.Rows(one, "input_ids");
        int t = rows[0].Length;
        for (int layer = 0; layer < model.Info.NLayers; layer++)
        {
            NeuronRecord record = Neurons.Record(model, rows, layer);
            string at = layer.ToString(CultureInfo.InvariantCulture);
            UnitActivation[] all = [.. Enumerable.Range(0, record.Units).SelectMany(record.Top)];
            check.Close("top_values_" + at, [.. all.Select(a => (double)a.Value)], record.Units, 5);
            check.Equal("top_token_" + at, [.. all.Select(a => (a.Text * t) + a.Position)]);
            check.Close("mean_" + at, [.. Enumerable.Range(0, record.Units).Select(record.Mean)], record.Units);
            check.Close("fraction_positive_" + at, [.. Enumerable.Range(0, record.Units).Select(record.FractionPositive)], record.Units);
            check.Equal("last_pos_top_neurons_" + at,
                [.. rows.SelectMany(ids => Neurons.Strongest(model, ModelInput.Of(ids), layer, 5, "last")["neurons"].Axes[0]
                .Labels.Select(l => int.Parse(l, CultureInfo.InvariantCulture)))]);
        }
    }

    private static void View(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        InsideResult view = NeuronView.Run(model, new ModelInput { Ids = one.Ints("input_ids") }, (int)one.Number("layer"),
            (int)one.Number("head"), (int)one.Number("query"));
        foreach (string key in one.Expected.Keys)
        {
            check.Close(key, view[key]);
        }
    }

    private static void Detector(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        var input = new ModelInput { Ids = one.Ints("input_ids") };
        foreach (string key in one.Expected.Keys)
        {
            string pattern = key[..(key.IndexOf("_head_", StringComparison.Ordinal) + "_head".Length)];
            InsideResult result = HeadStatistics.Detect(
                model, input, pattern, key.Contains("_abs", StringComparison.Ordinal),
                    key.EndsWith("exclude_bos", StringComparison.Ordinal), key.EndsWith("exclude_current", StringComparison.Ordinal));
            check.Close(key, result[key.EndsWith("_detection", StringComparison.Ordinal) ? "detection" : "score"]);
        }
    }

    private static void Statistics(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        InsideResult result = HeadStatistics.Run(model, new ModelInput { Ids = one.Ints("input_ids") });
        foreach (string key in one.Expected.Keys)
        {
            check.Close(key, result[key]);
        }
    }

    private static void Factor(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        GoldenCase start = InsideGolden.Cases(folder).First(c => c.Name == "nmf/1");
        GoldenTensor x = start.Numbers("x"), w0 = start.Numbers("w0"), h0 = start.Numbers("h0");
        Factors found = Factors.From(x.Data, x.Shape[0], x.Shape[1], w0.Data, h0.Data, (int)one.Number("max_iter"), one.Number("tol"));
        check.Close("w", found.W, w0.Shape);
        check.Close("h", found.H, h0.Shape);
        check.Close("error", found.Error);
        check.Close("relative_error", found.RelativeError);
        if (found.Iterations != one.Lists["n_iter"].GetInt32())
        {
            check.Fail($"n_iter: {found.Iterations}");
        }
    }
}
