using System.Diagnostics;
using System.Globalization;
using System.Text;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Bench;

/// <summary>
/// What half precision changes: logits and attributions next to float32's, the memory of a device, and the time of products on the CPU.
/// </summary>
internal static class HalfAgreement
{
    private const int Rounds = 31;

    private static readonly string[] s_methods = ["saliency", "integrated_gradients", "occlusion"];

    private static readonly (int M, int K, int N)[] s_products =
        [(1, 1600, 6400), (8, 1600, 6400), (128, 1600, 6400), (1, 4096, 4096), (128, 768, 3072)];

    /// <summary>Arguments: the report's path, then folders of models; by default the shipped and the golden ones.</summary>
    public static int Run(string[] args)
    {
        string[] folders = args.Length > 1 ? args[1..]
            : [.. Int8Agreement.Folders("models/sentiment", "models/shakespeare", "models/sorter", "models/reader", "models/zh-en",
                "tests/Golden/bert_cls", "tests/Golden/bert_mlm", "tests/Golden/bert_qa", "tests/Golden/gpt2", "tests/Golden/llama",
                "tests/Golden/marian")];
        Device? gpu = Device.All.Skip(1).FirstOrDefault();
        var report = new StringBuilder();
        Write(report, "# What half precision changes\n");
        Write(report, $"{Machine.Header()}.\n");
        Write(report, "Baseline: the same checkpoint in float32. `--quantize fp16` holds every matrix as IEEE half. "
            + "Memory: what tensors hold in the pool of");
        Write(report, $"{gpu?.Name ?? "no device"} ({gpu?.Description ?? "none here"}) once the model is loaded, the pool's rounding of "
            + $"sizes included. Logits as in int8-agreement.md:");
        Write(report, "differences in units of the logits' own deviation. "
            + "Attributions: Spearman's ρ · share of the five strongest tokens that both have · share of those with the same");
        Write(report, "sign. The shipped models store float16: nothing is rounded. "
            + "Made by `dotnet run -c Release --project bench -- fp16`.\n");
        Write(report, $"| model | stored as | memory, float32 | fp16 | part | logits, rms | largest | KL, mean | same choice "
            + $"| {string.Join(" | ", s_methods)} |");
        Write(report, $"|---|---|---|---|---|---|---|---|---|{string.Concat(Enumerable.Repeat("---|", s_methods.Length))}");
        foreach (string folder in folders)
        {
            (ITransformer exact, ITransformer half) = (ModelLoader.Load(folder), ModelLoader.Load(folder, Quantization.Half));
            ExplainedText[] texts = Int8Agreement.Texts(exact);
            LogitErrors e = Int8Agreement.Compare(exact, half, texts);
            using WeightsFolder weights = WeightsFolder.Open(folder);
            string types = string.Join(", ", weights.Names.Select(name => weights.Entry(name).Type).Distinct());
            Write(report, string.Create(CultureInfo.InvariantCulture,
                $"| {Path.GetFileName(folder.TrimEnd('/'))} | {types} | {Memory(gpu, folder)} | {e.Rms:0.0e0} | {e.Largest:0.0e0} "
                + $"| {e.Kl:0.0e0} | {e.SameChoice:P1} "
                + $"| {string.Join(" | ", s_methods.Select(m => Int8Agreement.Attributions(m, exact, half, texts)))} |"));
        }
        Write(report, $"\nProducts on the CPU, X [M, K] · Wᵀ with W [N, K], ms, medians of {Rounds} alternating calls, each with weights "
            + $"that no cache holds any more.\n");
        Write(report, "| M × K × N | float32 | fp16 | times as fast |");
        Write(report, "|---|---|---|---|");
        foreach ((int m, int k, int n) in s_products)
        {
            Write(report, Product(m, k, n));
        }
        if (args.Length > 0)
        {
            File.WriteAllText(args[0], report.ToString());
        }
        return 0;
    }

    /// <summary>Megabytes that a model takes on a device, in float32 and in half precision.</summary>
    private static string Memory(Device? gpu, string folder)
    {
        if (gpu is null)
        {
            return "– | – | –";
        }
        using Device.Scope scope = Device.Use(gpu);
        double floats = Of(Quantization.None), half = Of(Quantization.Half);
        return string.Create(CultureInfo.InvariantCulture, $"{floats:0.00} MB | {half:0.00} MB | {half / floats:P0}");

        double Of(Quantization quantization)
        {
            BufferPool pool = ((GpuBackend)gpu.Backend).Pool;
            GC.Collect();
            GC.WaitForPendingFinalizers();
            long before = pool.InUse;
            ITransformer model = ModelLoader.Load(folder, quantization);
            double held = (pool.InUse - before) / 1e6;
            GC.KeepAlive(model);
            return held;
        }
    }

    private static string Product(int m, int k, int n)
    {
        const long Beyond = 200L << 20; // bytes of float32 weights
        int copies = (int)(Beyond / (sizeof(float) * (long)k * n)) + 1;
        var random = new Random(1);
        Tensor x = Numbers([m, k]);
        Tensor[] floats = [.. Enumerable.Range(0, copies).Select(_ => Numbers([n, k]))], halves = [.. floats.Select(HalfPrecision.Round)];
        List<double>[] times = [[], []];
        for (int round = -1; round < Rounds; round++)
        {
            int copy = (round + 1) % copies;
            foreach ((int kind, Tensor w) in new[] { floats[copy], halves[copy] }.Index())
            {
                long start = Stopwatch.GetTimestamp();
                _ = x.MatMul(w, transposeB: true);
                times[kind].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }
        double[] medians = [.. times.Select(t => Stopwatches.Median([.. t.Skip(1).Order()]))];
        return string.Create(CultureInfo.InvariantCulture, $"| {m} × {k} × {n} | {medians[0]:F2} | {medians[1]:F2} "
            + $"| {medians[0] / medians[1]:F2} |");

        Tensor Numbers(Shape shape) => Tensor.From([.. Enumerable.Range(0, shape.Elements).Select(_ => random.NextSingle() - 0.5f)], shape);
    }

    private static void Write(StringBuilder report, string line)
    {
        Console.WriteLine(line);
        report.Append(line).Append('\n');
    }
}
