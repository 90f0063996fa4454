using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Tests.Attributions.Inside;

/// <summary>Lenses, direct logit attribution, causal tracing.</summary>
internal static class LensHandlers
{
    public static readonly (string, Action<string, ITransformer, GoldenCase, GoldenCheck>)[] All =
    [
        ("/logit_lens", Lens),
        ("/direct_logit_attribution", Direct),
        ("/causal_tracing", Tracing),
        ("tuned_lens", Tuned),
    ];

    private static void Lens(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        var input = new ModelInput { Ids = one.Ints("input_ids") };
        LensTrajectory t = LensTrajectory.Of(model, input, mids: true, null, null);
        int n = t.Names.Count, cells = t.Batch * t.Positions, vocab = model.Info.VocabSize;
        if (!t.Names.SequenceEqual(one.Json("states").EnumerateArray().Select(e => e.GetString()!)))
        {
            check.Fail($"states: {string.Join(' ', t.Names)}");
        }
        check.Close("logits", model.Forward(input));
        check.Close("lens_logits_last_pos", [n, t.Batch, vocab], [.. t.LastLogits.SelectMany(l => l)]);
        int[] shape = [n, t.Batch, t.Positions];
        check.Close("entropy", t.Entropy, shape);
        check.Close("forward_kl", t.ForwardKl, shape);
        check.Close("js_to_final", t.Js, shape);
        check.Close("max_probability", t.MaxProbability, shape);
        check.Close("rank_of_final_top", t.RankOfFinalTop, shape);
        check.Close("resid_norm", t.ResidNorm, shape);
        check.Close("cosine_to_final", t.CosineToFinal, shape);
        check.Close("cosine_step", t.CosineStep, n - 1, t.Batch, t.Positions);
        check.Close("next_token_cross_entropy", t.NextTokenCrossEntropy.Where((_, i) => i % t.Positions < t.Positions - 1), n, t.Batch,
            t.Positions - 1);
        check.Equal("top5_last_pos", [.. Enumerable.Range(0, n * t.Batch).SelectMany(i => t.Top[(i * t.Positions) + t.Positions - 1])]);
        _ = cells;
    }

    private static void Direct(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        InsideMetric metric = InsideMetric.LogitDifference((int)one.Number("correct"), (int)one.Number("wrong"))
            with
        { Position = (int)one.Number("position") };
        InsideResult result = DirectLogitAttribution.Run(model, new ModelInput { Ids = one.Ints("input_ids") }, metric);
        foreach (string key in one.Expected.Keys)
        {
            switch (key)
            {
                case "logit_diff":
                    check.Close(key, result.Numbers["metric"]);
                    break;
                case "embed" or "pos_embed" or "final_norm_bias":
                    check.Close(key, result.Numbers[key]);
                    break;
                default:
                    check.Close(key, result[key]);
                    break;
            }
        }
        double sum = result["parts"].Values.Sum();
        if (Math.Abs(sum - result.Numbers["metric"]) > 1e-9 || Math.Abs(result.Numbers["rest"]) > 1e-4)
        {
            check.Fail($"parts sum to {sum}, metric {result.Numbers["metric"]}, rest {result.Numbers["rest"]}");
        }
    }

    private static void Tracing(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        int[] span = [.. one.Json("span").EnumerateArray().Select(e => e.GetInt32())];
        InsideResult result = CausalTracing.Run(
            model, new ModelInput { Ids = one.Ints("input_ids") }, InsideMetric.Probability((int)one.Number("answer")), (span[0], span[1]),
                one.Floats("noise"), (int)one.Number("window"));
        check.Close("clean_probability", result.Numbers["metric_clean"]);
        check.Close("corrupted_probability", result.Numbers["metric_corrupted"]);
        check.Close("restore_resid_post", result["resid_post"]);
        check.Close("restore_mlp_window2", result["mlp_out"]);
        check.Close("restore_attn_window2", result["attn_out"]);
    }

    private static void Tuned(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        TunedLens lens = TunedLens.Load(Path.Combine(InsideGolden.Root, folder, one.Json("folder").GetString()!));
        var states = new LensStates(model, new ModelInput { Ids = one.Ints("input_ids") }, mids: false);
        int[][] rows = InsideGolden.Rows(one, "input_ids");
        using var tape = new Tape();
        Tensor[] all = [.. Enumerable.Range(0, lens.Layers).SelectMany(l => new[] { lens.Weight(l), lens.Bias(l) })];
        tape.Watch(all);
        Tensor losses = lens.Losses(states);
        check.Close("kl_losses", losses);
        for (int l = 0; l < lens.Layers; l++)
        {
            string at = l.ToString(CultureInfo.InvariantCulture);
            Tensor logits = states.Logits(lens.Translate(l, states.States[l]));
            check.Close("logits_" + at, logits);
            Tensor loss = losses.Slice(0, l, 1).Sum();
            Gradients gradients = tape.Gradient(loss, lens.Weight(l), lens.Bias(l));
            check.Close("grad_bias_" + at, gradients[lens.Bias(l)]);
            check.Optional("grad_weight_" + at, () => gradients[lens.Weight(l)].ToArray());
            if (one.Expected.ContainsKey("grad_weight_" + at))
            {
                check.Close("grad_weight_" + at, gradients[lens.Weight(l)]);
            }
            Tensor next = Tensor.From([.. rows.SelectMany(r => r[1..])], [rows.Length, rows[0].Length - 1]);
            check.Close("ce_loss_" + at, logits.Slice(1, 0, rows[0].Length - 1).LogSoftmax().Pick(next).Mean().Scale(-1));
        }
    }
}
