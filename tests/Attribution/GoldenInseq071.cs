using System.Globalization;
using System.Text.RegularExpressions;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Tests.Attributions;

/// <summary>inseq/MODEL/* of the folder inseq_071: what Inseq 0.7.1 itself computed of every generated token.</summary>
internal static partial class GoldenInseq071
{
    private const double Missing = double.NaN;

    /// <summary>Checks one case.</summary>
    public static void Run(GoldenModel cases, GoldenCase one, GoldenCheck check)
    {
        GoldenModel named = GoldenModel.Named(one.Name.Split('/')[1]);
        string[] own = [.. one.Expected.Keys.Where(key => key.StartsWith("sequence_", StringComparison.Ordinal))];
        foreach (string key in own)
        {
            check.Skip(key, "attention inside the encoder is not reported");
        }
        if (one.Name.EndsWith("/layer_integrated_gradients", StringComparison.Ordinal))
        {
            one.Expected.Keys.ToList().ForEach(key => check.Skip(key,
                "all zeros there: under transformers 5 Captum's layer integral does not reach the layer"));
            return;
        }
        if (one.Name.EndsWith("/contrast_sources", StringComparison.Ordinal))
        {
            foreach (string key in one.Expected.Keys.Where(key => key.Contains("aggregate", StringComparison.Ordinal)))
            {
                check.Skip(key, "Inseq also differentiates what the model says of the other source, by the target's embeddings that both "
                    + "share; here that is a constant");
            }
        }
        if (named.Unsupported is { } why)
        {
            one.Expected.Keys.ToList().ForEach(key => check.Skip(key, why));
            return;
        }
        if (own.Length == one.Expected.Count)
        {
            return;
        }
        var model = (ILanguageModel)named.Model;
        string method = one.Json("method").GetString()!, step = one.Json("attributed_fn").GetString()!;
        (int[] said, int[]? contrast) = Tokens(one);
        StepOptions options = Options(cases, model, one, step, contrast);
        // What is explained reads the contrast in its own row.
        ScoreFunction f = Function(cases, model, one, said, contrast is null ? options : options with { ContrastLogits = null });
        if (one.Name.EndsWith("/aggregators", StringComparison.Ordinal))
        {
            AttributionRequest request = Request(model, one, f);
            GoldenInseqAggregators.Run(Explain(method, f, request), Explain("input_x_gradient", f, request), First(one), one, check);
            return;
        }
        foreach (string key in one.Expected.Keys.Where(key => key.StartsWith("step_", StringComparison.Ordinal)))
        {
            check.Close(key, null, key == "step_deltas"
                ? [.. Explain(method, f, Request(model, one, f)).Targets.Select(target => (float)target.Delta!.Value)]
                : Scores(Function(cases, model, one, said, Options(cases, model, one, key["step_".Length..], contrast))));
        }
        foreach (IGrouping<string, string> group in one.Expected.Keys.Where(key => key.EndsWith("_source", StringComparison.Ordinal)
            || key.EndsWith("_target", StringComparison.Ordinal)
            || key is "source" or "target" or "source_raw" or "target_raw")
                .Where(key => !one.Name.EndsWith("/contrast_sources", StringComparison.Ordinal)).Except(own).GroupBy(Kind))
        {
            AttributionResult result = Explain(method, f,
                Request(model, one, f) with
                {
                    Aggregator = group.Key.Split('_')[0] is "sum" or "mean" or "absmax"
                    ? group.Key.Split('_')[0] : null
                });
            int[] columns = [.. Enumerable.Range(0, result.Targets.Count).Where(t => IsAsked(one, t))];
            double largest = columns.Max(t => result.Sides.Max(side => side.Scores[t].Max(Math.Abs)));
            foreach (string key in group)
            {
                int side = key.Contains("source", StringComparison.Ordinal) || result.Sides.Count == 1 ? 0 : 1;
                double Divisor(int t) => Math.Max(double.Epsilon, group.Key switch
                {
                    "raw" => 1,
                    _ when group.Key.Contains("nonorm", StringComparison.Ordinal) => 1,
                    _ when method == "occlusion" => 1, // one score per token already: its aggregate() does nothing
                    _ when group.Key.Contains("rescale", StringComparison.Ordinal) => largest,
                    "weighted" =>
                        result.Sides.Sum(s => s.Scores[t].Sum(score => (double)Math.Abs(score))) / result.Targets[t].Probability!.Value,
                    _ => result.Sides.Sum(s => s.Scores[t].Sum(score => (double)Math.Abs(score))),
                });
                Matrix(key, result, side, columns, Divisor, one, check);
            }
        }
    }

    private static string Kind(string key) => key switch
    {
        "source_raw" or "target_raw" => "raw",
        "source" or "target" => "weighted",
        _ => key[..key.LastIndexOf('_')],
    };

    /// <summary>Compares <c>[pos, step(, …)]</c> of one side; NaN stands for tokens a step has not seen.</summary>
    public static void Matrix(string key, AttributionResult result, int side, int[] columns, Func<int, double> divisor, GoldenCase one,
        GoldenCheck check)
    {
        int[] shape = one.Expected[key].Shape;
        SideScores scores = result.Sides[side];
        int width = shape[2..].Aggregate(1, (a, b) => a * b), tokens = scores.Tokens.Count;
        float[]? raw = shape.Length > 2 ? scores.Raw!.ToArray() : null;
        if (columns.Length != shape[1])
        {
            check.Fail($"{key}: {columns.Length} columns, expected {shape[1]}");
            return;
        }
        float[] values = new float[shape[0] * shape[1] * width];
        for (int p = 0; p < shape[0]; p++)
        {
            for (int c = 0; c < columns.Length; c++)
            {
                int t = columns[c];
                for (int i = 0; i < width; i++)
                {
                    double value = p >= tokens || p >= result.Targets[t].Reach[side] ? Missing : raw is null
                        ? scores.Scores[t][p] / divisor(t) : raw[(((t * tokens) + p) * width) + i];
                    values[(((p * columns.Length) + c) * width) + i] = (float)value;
                }
            }
        }
        check.Close(key, shape, values);
    }

    /// <summary>Whether a written token is among those that were asked for.</summary>
    private static bool IsAsked(GoldenCase one, int target)
    {
        int start = First(one), asked = one.HasValue("asked_attr_pos_start") ? (int)one.Number("asked_attr_pos_start") : start;
        int end = one.HasValue("asked_attr_pos_end") ? (int)one.Number("asked_attr_pos_end") : int.MaxValue;
        // explaining the source alone, Inseq's end counts one more token
        end += one.HasValue("attribute_target") && end < int.MaxValue ? 1 : 0;
        return start + target >= asked && start + target < end;
    }

    private static AttributionResult Explain(string method, ScoreFunction f, AttributionRequest request) =>
        AttributionMethods.Get(method).Attribute(f, request);

    private static float[] Scores(ScoreFunction f) => f.Score([.. f.Sides.Select(side => side.Batch)]).ToArray();

    private static AttributionRequest Request(ILanguageModel model, GoldenCase one, ScoreFunction f)
    {
        // The unknown token of those runs' tokenizers, and what they named as the layer.
        int unknown = model.Info.ModelType switch { "t5" => 2, "bart" => 3, _ => model.Info.EosIds.Contains(0) ? 1 : 0 };
        string layer = model.Info.ModelType == "t5" ? ".0.hook_resid_post" : ".0.hook_mlp_out";
        return new()
        {
            Compat = Compat.Inseq,
            KeepRaw = true,
            Baseline = one.HasValue("include_eos_baseline")
            ? Baseline.Given([.. f.Sides.Select(side => side.Ids.Select((id, p) => side.Name == "target" && p == 0 ? id : unknown)
                .ToArray())]) : Baseline.Token(unknown),
            Steps = one.HasValue("n_steps") ? (int)one.Number("n_steps") : null,
            Hooks = [model.HookPoints.First(point => point.Name.EndsWith(layer, StringComparison.Ordinal)).Name],
        };
    }

    private static StepOptions Options(GoldenModel cases, ILanguageModel model, GoldenCase one, string name, int[]? contrast)
    {
        double? topP = one.HasValue("top_p") ? one.Number("top_p") : null;
        var options = new StepOptions(name) { ContrastIds = contrast, Compat = Compat.Inseq, TopP = topP };
        ScoreFunction? other = contrast is not null ? Function(cases, model, one, contrast, "logit")
            : one.HasValue("contrast_sources") && options.Function.Contrast != ContrastNeed.None
                ? Function(cases, model, one, Tokens(one).Said, "logit", [.. Numbers(one.Json("contrast_sources").GetString()!)])
                : null;
        return other is null ? options
            : options with { ContrastLogits = model.Logits(other.Features([.. other.Sides.Select(side => side.Batch)])) };
    }

    private static ScoreFunction Function(
        GoldenModel cases, ILanguageModel model, GoldenCase one, int[] said, StepOptions step, int[]? otherSource = null)
    {
        if (one.Has("prompt_ids"))
        {
            return Targets.Continuation(model, ExplainedText.Of([.. Target(one).Take(First(one)).Select(ids => ids[^1])]), said, step);
        }
        int[] given = GoldenScore.Row(one, "source_ids")!, read = Ids(one.Json("ids_source"));
        GoldenCase usual = cases.Cases.First(c => c.Name == $"inseq/{one.Name.Split('/')[1]}/saliency_prob");
        read = read.Length < given.Length ? Ids(usual.Json("ids_source")) : read; // the dummy method shows no source
        int start = read.AsSpan().IndexOf(given); // what the tokenizer puts around a text
        int[] source = otherSource is null ? read : [.. read[..start], .. otherSource, .. read[(start + given.Length)..]];
        bool both = one.Expected.Keys.Any(key => key.EndsWith("_target", StringComparison.Ordinal) || key is "target" or "target_raw");
        return Targets.Translation(model, ExplainedText.Of(source), said, step, both ? TranslationSides.Both : TranslationSides.Source);
    }

    /// <summary>
    /// What was said, and what it was contrasted with, read from the tokens Inseq shows: <c>t17</c>, or <c>t40 → t17</c>.
    /// </summary>
    private static (int[] Said, int[]? Contrast) Tokens(GoldenCase one)
    {
        int[][] ids = Target(one)[First(one)..];
        return ([.. ids.Select(id => id[^1])], one.HasValue("contrast_targets") ? [.. ids.Select(id => id[0])] : null);
    }

    private static int[][] Target(GoldenCase one) =>
        [.. one.Json("tokens_target").EnumerateArray().Select(token => Numbers(token.GetString()!).ToArray())];

    /// <summary>The first token that was written: after the prompt, or after the decoder's start.</summary>
    private static int First(GoldenCase one) => !one.Has("prompt_ids") ? 1 : one.HasValue("asked_attr_pos_start")
        ? GoldenScore.Row(one, "prompt_ids")!.Length + Added(one) : (int)one.Number("attr_pos_start");

    /// <summary>How many tokens the tokenizer put before the prompt.</summary>
    private static int Added(GoldenCase one) => Target(one)[0][0] == GoldenScore.Row(one, "prompt_ids")![0] ? 0 : 1;

    private static int[] Ids(System.Text.Json.JsonElement ids) => [.. ids.EnumerateArray().Select(id => id.GetInt32())];

    private static IEnumerable<int> Numbers(string text) =>
        Number().Matches(text).Select(m => int.Parse(m.Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();
}
