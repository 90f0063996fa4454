using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;

namespace Vitrine.Tests.Attributions.Inside;

/// <summary>The recorded cases of <c>Golden/inside</c>: which model each folder means, and what compares a case.</summary>
internal static class InsideGolden
{
    private static readonly Dictionary<string, ITransformer> s_models = [];

    /// <summary>Folders that hold cases.</summary>
    public static string[] Folders => Directory.Exists(Root)
        ? [.. Directory.EnumerateDirectories(Root).Select(Path.GetFileName).OfType<string>()
            .Where(f => File.Exists(Path.Combine(Root, f, "cases.json"))).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Where the folders lie.</summary>
    public static string Root => Path.Combine(GoldenFolder.Path, "inside");

    /// <summary>The cases of a folder.</summary>
    public static IReadOnlyList<GoldenCase> Cases(string folder) => GoldenCase.Read(Path.Combine(Root, folder));

    /// <summary>The model that a folder's cases were made with; skips where its data is absent.</summary>
    public static ITransformer Model(string folder)
    {
        string path = folder switch
        {
            "induction" => Path.Combine(GoldenFolder.SourceTree(), "models", "induction"),
            "sort" => DataFolder.Find("gpt-nano-sort"),
            "math" or "sae" => GoldenFolder.Find("gpt2"),
            _ => GoldenFolder.Find(folder),
        };
        lock (s_models)
        {
            return s_models.TryGetValue(path, out ITransformer? model) ? model : s_models[path] = ModelLoader.Load(path);
        }
    }

    /// <summary>The pairs of a case, one per row.</summary>
    public static PromptPair[] Pairs(GoldenCase one)
    {
        int[][] clean = Rows(one, "clean_ids"), corrupted = Rows(one, "corrupted_ids");
        int[] correct = Numbers(one, "correct"), wrong = Numbers(one, "wrong");
        return [.. clean.Select((ids, row) =>
        {
            var pair = PromptPair.Of(ids, corrupted[row], InsideMetric.LogitDifference(correct[row], wrong[row]));
            if (!one.Has("decoder_input_ids"))
            {
                return pair;
            }
            ModelInput target = ModelInput.Of(Rows(one, "decoder_input_ids")[row]);
            return pair with { Clean = pair.Clean with { Target = target }, Corrupted = pair.Corrupted with { Target = target } };
        })];
    }

    /// <summary>A recorded matrix of token ids.</summary>
    public static int[][] Rows(GoldenCase one, string input)
    {
        GoldenTensor t = one.Numbers(input);
        return [.. t.Data.Select(x => (int)x).Chunk(t.Shape[^1])];
    }

    /// <summary>A recorded number or row of numbers.</summary>
    public static int[] Numbers(GoldenCase one, string input) =>
        GoldenTensor.Is(one.Json(input)) ? [.. one.Numbers(input).Data.Select(x => (int)x)] : [(int)one.Number(input)];

    /// <summary>Compares a table.</summary>
    public static void Close(this GoldenCheck check, string key, InsideTable table) =>
        check.Close(key, table.Shape, [.. table.Values.Select(v => (float)v)]);

    /// <summary>Compares numbers.</summary>
    public static void Close(this GoldenCheck check, string key, IEnumerable<double> values, params int[] shape) =>
        check.Close(key, shape.Length == 0 ? null : shape, [.. values.Select(v => (float)v)]);

    /// <summary>Compares one number.</summary>
    public static void Close(this GoldenCheck check, string key, double value) => check.Close(key, [], [(float)value]);
}
