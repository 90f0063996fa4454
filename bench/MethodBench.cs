using System.Diagnostics;
using System.Globalization;
using System.Text;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Bench;

/// <summary>
/// What it costs to explain sixteen generated tokens, method by method, as a multiple of one forward over the same text, next to the passes
/// that peers make for it. Runs in slices: each replaces the rows of its methods in a report.
/// </summary>
internal static class MethodBench
{
    private const int Prompt = 16, Generated = 16, Steps = 20;

    // Tokens that steps 1 … 16 of a peer that explains one token at a time have seen, summed up.
    private const int Seen = Generated * ((2 * Prompt) + Generated - 1) / 2;

    /// <summary>Samples below a method's default, where that would take minutes; the time grows in proportion.</summary>
    private static readonly Dictionary<string, int> s_samples = new()
    {
        ["reagent"] = 1,
        ["sobol"] = 4,
        ["gradient_shap"] = 10,
        ["layer_gradient_shap"] = 10,
        ["kernel_shap"] = 128,
        ["partition_shap"] = 128,
        ["lime"] = 128,
        ["shapley_value_sampling"] = 5,
        ["feature_permutation"] = 5,
    };

    private static readonly Dictionary<string, int> s_steps = new() { ["sequential_integrated_gradients"] = 2 };

    /// <summary>Methods over groups of four tokens: exact games, and sentences where there are none.</summary>
    private static readonly string[] s_grouped = ["shapley_values", "context_cite"];

    /// <summary>Forwards and backwards of a peer that does the same: Inseq 0.6 and Captum 0.8 explain token by token.</summary>
    private static readonly Dictionary<string, (string Passes, string Peer)> s_peers = new()
    {
        ["saliency"] = ("16 f + 16 b", "Inseq"),
        ["input_x_gradient"] = ("16 f + 16 b", "Inseq"),
        ["integrated_gradients"] = ($"{16 * Steps} f + {16 * Steps} b", "Inseq"),
        ["sequential_integrated_gradients"] = ($"{Seen * 2} f + {Seen * 2} b", "Inseq"),
        ["discretized_integrated_gradients"] = ($"{16 * Steps} f + {16 * Steps} b", "Inseq"),
        ["gradient_shap"] = ($"{16 * 10} f + {16 * 10} b", "Inseq"),
        ["deeplift"] = ("16 f + 16 b of pairs, incomplete", "Inseq"),
        ["deeplift_shap"] = ("16 f + 16 b of pairs per baseline", "Captum"),
        ["smoothgrad"] = ($"{16 * 5} f + {16 * 5} b", "Captum"),
        ["smoothgrad_squared"] = ($"{16 * 5} f + {16 * 5} b", "Captum"),
        ["vargrad"] = ($"{16 * 5} f + {16 * 5} b", "Captum"),
        ["guided_backprop"] = ("16 f + 16 b", "Captum"),
        ["deconvolution"] = ("16 f + 16 b", "Captum"),
        ["gim"] = ("16 f + 16 b", "its authors"),
        ["layer_integrated_gradients"] = ($"{16 * Steps} f + {16 * Steps} b", "Captum"),
        ["layer_gradient_x_activation"] = ("16 f + 16 b", "Captum"),
        ["layer_deeplift"] = ("16 f + 16 b of pairs", "Captum"),
        ["layer_gradient_shap"] = ($"{16 * 10} f + {16 * 10} b", "Captum"),
        ["layer_activation"] = ("1 f", "Captum"),
        ["internal_influence"] = ($"{16 * Steps} f + {16 * Steps} b", "Captum"),
        ["layer_conductance"] = ($"{16 * (Steps + 1)} f + {16 * (Steps + 1)} b", "Captum"),
        ["neuron_gradient"] = ("1 f + 1 b", "Captum"),
        ["neuron_integrated_gradients"] = ($"{Steps} f + {Steps} b", "Captum"),
        ["neuron_conductance"] = ($"{16 * Steps} f + {2 * 16 * Steps} b", "Captum"),
        ["attention"] = ("1 f", "Inseq"),
        ["attention_rollout"] = ("1 f", "its authors"),
        ["attention_flow"] = ("1 f and the flows", "its authors"),
        ["attention_x_gradient"] = ("16 f + 16 b", "none batched"),
        ["attention_relevance"] = ("16 f + 16 b", "its authors"),
        ["value_zeroing"] = ("1 f + 31 × every block", "Inseq"),
        ["alti"] = ("1 f", "its authors"),
        ["alti_logit"] = ("16 f", "its authors"),
        ["feature_ablation"] = ($"{(Prompt + 1) * 16} f", "Captum, prompt only"),
        ["occlusion"] = ($"{Seen + 16} f", "Inseq"),
        ["shapley_value_sampling"] = ($"{((5 * Prompt) + 1) * 16} f", "Captum, prompt only"),
        ["kernel_shap"] = ($"{128 * 16} f", "Captum"),
        ["partition_shap"] = ("128 f", "SHAP"),
        ["lime"] = ($"{128 * 16} f", "Captum"),
        ["feature_permutation"] = ($"{((5 * Prompt) + 1) * 16} f", "Captum, prompt only"),
        ["context_cite"] = ("64 f", "its authors"),
        ["shapley_values"] = ("256 × 16 f", "Captum"),
        ["reagent"] = ($"{2 * 16 * 16} f", "Inseq"),
    };

    /// <summary><c>bench methods --model FOLDER [--only a,b] [--report FILE]</c></summary>
    public static int Run(string[] args)
    {
        string? Value(string name) => Array.IndexOf(args, name) is >= 0 and int at && at + 1 < args.Length ? args[at + 1] : null;
        if (Value("--model") is not { } folder || !Directory.Exists(folder))
        {
            Console.Error.WriteLine("bench methods: no model; expected --model with the folder of a causal language model.");
            return 2;
        }
        var model = (ILanguageModel)ModelLoader.Load(folder);
        int[] ids = [.. Enumerable.Range(0, Prompt + Generated).Select(i => (int)(((i * 7919L) + 13) % model.Info.VocabSize))];
        ScoreFunction f = Targets.Continuation(model, ExplainedText.Of(ids[..Prompt]), ids[Prompt..]);
        Tensor[] input = [f.Sides[0].Batch];
        _ = Median(15, () => f.Score(input)); // the weights come in, the compiler settles
        double forward = Median(9, () => f.Score(input));
        string[] only = Value("--only")?.Split(',') ?? [.. AttributionMethods.All.Select(method => method.Name)];
        var rows = new Dictionary<string, string>();
        foreach (IAttributionMethod method in only.Select(AttributionMethods.Get))
        {
            ScoreFunction asked = method.Name == "alti_logit" ? f.WithStep(step => step with { Function = StepFunctions.Get("logit") }) : f;
            rows[method.Name] = Row(method, asked, model, forward);
            Console.WriteLine(rows[method.Name]);
        }
        if (Value("--report") is { } report)
        {
            Write(report, rows, model, forward);
        }
        return 0;
    }

    private static string Row(IAttributionMethod method, ScoreFunction f, ILanguageModel model, double forward)
    {
        int samples = s_samples.GetValueOrDefault(method.Name);
        AttributionRequest request = new()
        {
            Samples = samples > 0 ? samples : null,
            Steps = s_steps.GetValueOrDefault(method.Name, Steps),
            FeatureGroups = s_grouped.Contains(method.Name) ? [[.. Enumerable.Range(0, f.Sides[0].Length).Select(p => p / 4)]] : null,
            Hooks = [FormattableString.Invariant($"blocks.{model.Info.NLayers / 2}.hook_mlp_out")],
            Neurons = [[Prompt - 1, 0]],
            Baseline = Baseline.Token(model.Info.EosIds is [var end, ..] ? end : 0),
        };
        AttributionResult result;
        double first;
        try
        {
            (result, first) = Once(() => method.Attribute(f, request));
        }
        catch (VitrineException e)
        {
            return $"| {method.Name} | – | – | {e.Message.Split(';')[0].Replace("|", "\\|", StringComparison.Ordinal)} "
                + $"| {Peer(method.Name)} |";
        }
        double time = first > 3000 ? first : Median(3, () => method.Attribute(f, request));
        string note = samples > 0 ? $"{samples} samples" : s_grouped.Contains(method.Name)
            ? "8 groups" : s_steps.TryGetValue(method.Name, out int steps) ? $"{steps} steps" : "";
        return string.Create(CultureInfo.InvariantCulture, $"| {method.Name} | {time:0} | {time / forward:0.0} "
            + $"| {Check(result)}{(note.Length > 0 ? ", " + note : "")} | {Peer(method.Name)} |");
    }

    /// <summary>
    /// The same process proves that the work was done: the worst gap where completeness is promised, else that every score is a number.
    /// </summary>
    private static string Check(AttributionResult result)
    {
        if (result.Sides.Any(side => side.Scores.Any(row => row.Any(score => !float.IsFinite(score)))))
        {
            throw new InvalidOperationException($"{result.Method}: a score is not a number.");
        }
        double[] gaps = [.. result.Targets.Where(t => t.Delta is not null)
            .Select(t => Math.Abs(t.Delta!.Value) / Math.Max(1e-6, Math.Abs(t.Score - t.BaselineScore!.Value)))];
        return gaps.Length > 0 ? string.Create(CultureInfo.InvariantCulture, $"gap {gaps.Max():0.0e+0}") : "finite";
    }

    private static string Peer(string name) => s_peers.TryGetValue(name, out (string Passes, string Peer) peer)
        ? $"{peer.Passes} | {peer.Peer}" : "– | –";

    private static double Median(int count, Action run)
    {
        double[] times = [.. Enumerable.Range(0, count).Select(_ => Once(() =>
        {
            run();
            return 0;
        }).Milliseconds).Order()];
        return times[count / 2];
    }

    private static (T Result, double Milliseconds) Once<T>(Func<T> run)
    {
        long start = Stopwatch.GetTimestamp();
        T result = run();
        return (result, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    /// <summary>The report, with the rows of other slices kept.</summary>
    private static void Write(string path, Dictionary<string, string> rows, ILanguageModel model, double forward)
    {
        Dictionary<string, string> known = File.Exists(path)
            ? File.ReadLines(path).Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .DistinctBy(line => line.Split(" | ")[0][2..]).ToDictionary(line => line.Split(" | ")[0][2..])
            : [];
        foreach ((string name, string row) in rows)
        {
            known[name] = row;
        }
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"""
            # What methods cost

            Explaining {Generated} generated tokens after a prompt of {Prompt}, all at once, as a multiple of one forward over the {Prompt + Generated - 1} tokens the model reads, next to the passes
            (f forward, b backward) that peers make for the same. {model.Info.Architecture}, {model.Info.NLayers} blocks, d_model {model.Info.DModel}, vocabulary {model.Info.VocabSize}, random weights; probability of the token;
            {Steps} steps and the method's own number of samples unless the row says otherwise; peers are counted with the same. One forward: {forward:0} ms in the latest slice; each slice divides by its own.
            “check” is from the same run: the worst completeness gap as a fraction of f(x) − f(baseline), where one is promised, else that all scores are finite.
            gradient_shap is complete in expectation only, and layer_conductance only at a layer that nothing bypasses, which the MLP of the middle block is not.

            {Machine.Header()}; {Workers.Count} threads

            `dotnet run -c Release --project bench -- methods --model FOLDER [--only a,b] [--report bench/results/methods.md]`

            | method | ms | forwards | check | peer's passes | peer |
            |---|---:|---:|---|---|---|
            """);
        foreach (IAttributionMethod method in AttributionMethods.All.Where(method => known.ContainsKey(method.Name)))
        {
            text.AppendLine(known[method.Name]);
        }
        File.WriteAllText(path, text.Replace("\r", "").ToString());
    }
}
