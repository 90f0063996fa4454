using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Tests.Attributions.Inside;

/// <summary>Ablations, knockouts, steering, subspaces.</summary>
internal static class InterventionHandlers
{
    public static readonly (string, Action<string, ITransformer, GoldenCase, GoldenCheck>)[] All =
    [
        ("/ablation", Ablation),
        ("/knockout_and_skip", Knockout),
        ("/cross_attention_knockout", CrossKnockout),
        ("/zero_heads", ZeroHeads),
        ("/steering", Steering),
        ("/distributed_interchange", Interchange),
    ];

    private static void Ablation(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        var input = new ModelInput { Ids = one.Ints("input_ids") };
        int[][] reference = InsideGolden.Rows(one, "reference_ids");
        int[] permutation = InsideGolden.Numbers(one, "permutation");
        (int layers, int heads) = (model.Info.NLayers, model.Info.NHeads);
        check.Close("loss", Loss(model, input, null));
        foreach (string kind in new[] { "zero", "mean_per_position", "mean_all_positions", "resample" })
        {
            Intervention Of(string hook, int? unit) => kind switch
            {
                "zero" => Intervention.Zero(hook, unit),
                "resample" => Intervention.Resample(hook, permutation, unit),
                _ => Intervention.Mean(hook, Intervention.Reference(model, reference, hook,
                    kind == "mean_per_position" ? reference[0].Length : null), unit),
            };
            check.Close("heads_" + kind,
                [.. Enumerable.Range(0, layers * heads).Select(i => Loss(model, input, Of(Hook(i / heads, "attn.hook_z"), i % heads)))],
                layers, heads);
            check.Close("mlp_" + kind, [.. Enumerable.Range(0, layers).Select(l => Loss(model, input, Of(Hook(l, "hook_mlp_out"), null)))],
                layers);
        }
    }

    private static void Knockout(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        var input = new ModelInput { Ids = one.Ints("input_ids") };
        int layers = model.Info.NLayers;
        Tensor skipped = TensorOps.Concat(0,
            [.. Enumerable.Range(0, layers).Select(l => Last(model, input, Intervention.SkipLayer(l)))
            .Select(x => x.Reshape(x.Shape.Prepend(1)))]);
        check.Close("skip_layer", skipped);
        check.Close("knockout_last_from_1_all_layers", Last(model, input, Intervention.Knockout(InsidePositions.Last, new(Only: [1]))));
        check.Close("knockout_last_from_1_last_layer",
            Last(model, input, Intervention.Knockout(InsidePositions.Last, new(Only: [1]), [layers - 1])));
        check.Close("knockout_last_from_first3_all_layers",
            Last(model, input, Intervention.Knockout(InsidePositions.Last, new(Only: [0, 1, 2]))));
    }

    private static void CrossKnockout(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        var input = new ModelInput { Ids = one.Ints("source_ids"), Target = new() { Ids = one.Ints("decoder_input_ids") } };
        check.Close("logits",
            TensorOps.Concat(0,
            [.. Enumerable.Range(0, input.Ids!.Shape[1])
            .Select(j => Last(model, input, Intervention.Knockout(InsidePositions.All, new(Only: [j]), stack: "decoder", cross: true)))]));
    }

    private static void ZeroHeads(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        var input = new ModelInput { Ids = one.Ints("input_ids") };
        (int layers, int heads) = (model.Info.NLayers, model.Info.NHeads);
        List<Tensor> all = [];
        for (int i = 0; i < layers * heads; i++)
        {
            using IDisposable scope = Intervention.Zero(Hook(i / heads, "attn.hook_z"), i % heads).Open(model);
            all.Add(model.Forward(input));
        }
        check.Close("logits", TensorOps.Concat(0, [.. all]).Reshape([layers, heads, all[0].Shape[1]]));
    }

    private static void Steering(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        var input = new ModelInput { Ids = one.Ints("input_ids") };
        int[][] positive = InsideGolden.Rows(one, "positive_ids"), negative = InsideGolden.Rows(one, "negative_ids");
        SteeringVector vector = SteeringVector.From(model, one.Json("hook").GetString()!, [.. positive.Zip(negative)]);
        check.Close("vector", vector.Vector);
        foreach (string key in one.Expected.Keys.Where(k => k.StartsWith("logits_", StringComparison.Ordinal)))
        {
            if (key == "logits_direction_ablated")
            {
                check.Close(key,
                    Last(model, input,
                    Intervention.WithoutDirection(["blocks.*.hook_resid_pre", "blocks.*.hook_resid_mid", "blocks.*.hook_resid_post"],
                    vector.Vector)));
                continue;
            }
            string[] parts = key.Split('_');
            InsidePositions positions = parts[1] == "all" ? InsidePositions.All : parts[1] == "last" ? InsidePositions.Last : new(From: 3);
            check.Close(key, Last(model, input, vector.Times(float.Parse(parts[^1], CultureInfo.InvariantCulture), positions)));
        }
    }

    private static void Interchange(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        (Tensor logits, double loss, Tensor gradient) = DistributedSearch.Loss(
            model, new ModelInput { Ids = one.Ints("base_ids") }, new ModelInput { Ids = one.Ints("source_ids") }, one.Json("hook")
                .GetString()!,
            (int)one.Number("position"), one.Floats("rotation"), InsideGolden.Numbers(one, "label"));
        check.Close("logits", logits);
        check.Close("loss", loss);
        check.Close("grad_rotation", gradient);
    }

    private static double Loss(ITransformer model, ModelInput input, Intervention? intervention)
    {
        using IDisposable? scope = intervention?.Open(model);
        Tensor logits = model.Forward(input);
        int[] ids = input.Ids!.ToIntArray();
        (int batch, int t) = (logits.Shape[0], logits.Shape[1]);
        int[] next = [.. Enumerable.Range(0, batch).SelectMany(b => ids[((b * t) + 1)..((b + 1) * t)])];
        return -logits.Slice(1, 0, t - 1).LogSoftmax().Pick(Tensor.From(next, [batch, t - 1])).Mean().Item();
    }

    private static Tensor Last(ITransformer model, ModelInput input, Intervention intervention)
    {
        using IDisposable scope = intervention.Open(model);
        Tensor logits = model.Forward(input);
        return logits.Select(1, logits.Shape[1] - 1);
    }

    private static string Hook(int layer, string end) => string.Create(CultureInfo.InvariantCulture, $"blocks.{layer}.{end}");
}
