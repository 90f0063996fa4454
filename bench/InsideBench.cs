using System.Diagnostics;
using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Bench;

/// <summary>
/// Looking inside next to plain hooks: patching every head, estimates of every node, scores of every edge. Clean prompt, corrupted prompt
/// and metric are those of
/// <c>inside_torch.py</c>'s form: ids (i · 7919 + 13) mod vocab, positions 3 and 9 moved on by 1000, logit[262] − logit[11] at the last
/// position.
/// </summary>
internal static class InsideBench
{
    private static readonly string[] s_nodes = ["resid_pre", "q", "k", "v", "z", "attn_out", "mlp_out"];

    public static int Run(string[] args)
    {
        string folder = args.Length > 0 ? args[0]
            : throw new ArgumentException("inside: no model; expected a folder and, optionally, the number of tokens.");
        int t = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 32;
        ITransformer model = ModelLoader.Load(folder);
        int vocab = model.Info.VocabSize;
        int[] clean = [.. Enumerable.Range(0, t).Select(i => (int)(((long)i * 7919 + 13) % vocab))], corrupted = [.. clean];
        (corrupted[3], corrupted[9]) = ((corrupted[3] + 1000) % vocab, (corrupted[9] + 1000) % vocab);
        var pair = PromptPair.Of(clean, corrupted, InsideMetric.LogitDifference(262 % vocab, 11));
        double[] swept = [], looped = [];
        Console.WriteLine($"forward, all logits        {Median(() => model.Forward(pair.Clean)):0} ms");
        double sweep = Median(() => swept = ActivationPatching.Run(model, [pair], PatchPlace.Get("z"))["raw"].Values);
        double loop = Once(() => looped = Loop(model, pair));
        double worst = swept.Zip(looped, (a, b) => Math.Abs(a - b)).Max();
        if (worst > 1e-3)
        {
            Console.Error.WriteLine($"inside: sweep and loop differ by {worst}");
            return 1;
        }
        Console.WriteLine($"patch every head, hooks    {loop:0} ms");
        Console.WriteLine($"patch every head, sweep    {sweep:0} ms, {loop / sweep:0.0} times as fast; largest difference {worst:0.0e+0}");
        PatchPlace[] nodes = [.. s_nodes.Select(PatchPlace.Get)];
        Time("estimate of every node", () => AttributionPatching.Run(model, [pair], nodes, new() { Axes = PatchAxes.Position }));
        Time("EAP, every edge", () => EdgeScoring.Run(model, [pair], new() { Method = EdgeMethod.Eap }));
        Time("EAP-IG, 5 steps", () => EdgeScoring.Run(model, [pair], new() { Method = EdgeMethod.EapIgInputs, Steps = 5 }));
        Console.WriteLine($"peak memory                {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MB");
        return 0;
    }

    // One whole forward pass a head: what a loop over hooks costs.
    private static double[] Loop(ITransformer model, PromptPair pair)
    {
        int layers = model.Info.NLayers, heads = model.Info.NHeads;
        using ActivationCache cache = model.Cache("blocks.*.attn.hook_z");
        _ = model.Forward(pair.Clean);
        cache.Dispose();
        double[] values = new double[layers * heads];
        for (int i = 0; i < values.Length; i++)
        {
            string hook = string.Create(CultureInfo.InvariantCulture, $"blocks.{i / heads}.attn.hook_z");
            using IDisposable swap = Intervention.Swap(hook, cache[hook], i % heads).Open(model);
            Tensor logits = model.Forward(pair.Corrupted);
            float[] last = logits.Select(1, logits.Shape[1] - 1).ToArray();
            values[i] = last[pair.Metric.Answer!.Value.Correct] - last[pair.Metric.Answer.Value.Wrong!.Value];
        }
        return values;
    }

    private static void Time(string what, Action work) => Console.WriteLine($"{what,-26} {Median(work):0} ms");

    private static double Once(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(Action work)
    {
        work();
        double[] times = [Once(work), Once(work), Once(work)];
        Array.Sort(times);
        return times[1];
    }
}
