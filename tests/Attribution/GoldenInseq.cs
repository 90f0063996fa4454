using System.Globalization;
using System.Text.RegularExpressions;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Tests.Attributions;

/// <summary>inseq/MODEL/*: what Inseq 0.6.0 itself computed of every generated token.</summary>
internal static partial class GoldenInseq
{
    /// <summary>
    /// The token Inseq's baselines are made of. The tiny tokenizers of those runs are not recorded; their unknown token is the first id
    /// that is not the end of text.
    /// </summary>
    private static int Unknown(ITransformer model) => model.Info.EosIds.Contains(0) ? 1 : 0;

    public static void Run(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        if (one.Has("ids_target")) // recorded of Inseq 0.7.1
        {
            GoldenInseq071.Run(golden, one, check);
            return;
        }
        var model = (ILanguageModel)GoldenModel.Named(one.Name.Split('/')[1]).Model;
        string method = one.Json("method").GetString()!, step = one.Json("attributed_fn").GetString()!;
        (int[] said, int[]? contrast) = Tokens(one);
        AttributionRequest request = new()
        {
            Compat = Compat.Inseq,
            KeepRaw = true,
            Baseline = Baseline.Token(Unknown(model)),
            Steps = one.Has("n_steps") ? (int)one.Number("n_steps") : null,
            // what those runs named
            Hooks = [model.HookPoints.First(point => point.Name.EndsWith(".0.hook_mlp_out", StringComparison.Ordinal)).Name],
        };
        ScoreFunction f = Function(model, one, said, new StepOptions(step) { ContrastIds = contrast, Compat = Compat.Inseq });
        IAttributionMethod explain = AttributionMethods.Get(method);
        AttributionResult result = explain.Attribute(f, request);
        foreach (string key in one.Expected.Keys)
        {
            if (key == "step_deltas")
            {
                check.Close(key, null, [.. result.Targets.Select(t => (float)t.Delta!.Value)]);
            }
            else if (key.StartsWith("step_", StringComparison.Ordinal))
            {
                check.Close(key, null, Step(model, one, said, contrast, key["step_".Length..]));
            }
            else
            {
                AttributionResult shown = key.StartsWith("sum_", StringComparison.Ordinal)
                    ? explain.Attribute(f, request with { Aggregator = "sum" }) : result;
                bool normalised = method != "occlusion"
                    && (key.StartsWith("default_", StringComparison.Ordinal) || key.Contains("_normalised_", StringComparison.Ordinal));
                Matrix(key, normalised ? shown.Normalise() : shown, one, check);
            }
        }
    }

    /// <summary>Compares <c>[pos, step(, d)]</c> of one side; NaN stands for tokens a step has not seen.</summary>
    private static void Matrix(string key, AttributionResult result, GoldenCase one, GoldenCheck check)
    {
        bool source = key.StartsWith("source_", StringComparison.Ordinal) || key.EndsWith("_source", StringComparison.Ordinal);
        int index = source || result.Sides.Count == 1 ? 0 : 1;
        SideScores side = result.Sides[index];
        int[] shape = one.Expected[key].Shape;
        int width = shape.Length == 3 ? shape[2] : 1;
        float[]? raw = shape.Length == 3 ? side.Raw!.ToArray() : null;
        var values = new float[shape.Aggregate((a, b) => a * b)];
        Array.Fill(values, float.NaN);
        for (int p = 0; p < side.Tokens.Count; p++)
        {
            for (int t = 0; t < shape[1]; t++)
            {
                for (int i = 0; i < width && p < result.Targets[t].Reach[index]; i++)
                {
                    values[(((p * shape[1]) + t) * width) + i] = raw is null
                        ? side.Scores[t][p] : raw[(((t * side.Tokens.Count) + p) * width) + i];
                }
            }
        }
        check.Close(key, shape, values);
    }

    /// <summary>A step score at every generated token; contrastive ones compare with a forced contrast prefix.</summary>
    private static float[] Step(ILanguageModel model, GoldenCase one, int[] said, int[]? contrast, string name)
    {
        var options = new StepOptions(name) { ContrastIds = contrast, Compat = Compat.Inseq };
        if (contrast is not null)
        {
            ScoreFunction other = Function(model, one, contrast, "logit");
            Tensor hidden = other.Features([.. other.Sides.Select(side => side.Batch)]);
            options = options with { ContrastLogits = model.Logits(hidden) };
        }
        ScoreFunction f = Function(model, one, said, options);
        return f.Score([.. f.Sides.Select(side => side.Batch)]).ToArray();
    }

    private static ScoreFunction Function(ILanguageModel model, GoldenCase one, int[] said, StepOptions step) => one.Has("prompt_ids")
        ? Targets.Continuation(model, ExplainedText.Of(GoldenScore.Row(one, "prompt_ids")!), said, step)
        : Targets.Translation(model, ExplainedText.Of(GoldenScore.Row(one, "source_ids")!), said, step,
            one.Expected.Keys.Any(key => key.Contains("target", StringComparison.Ordinal))
            ? TranslationSides.Both
            : TranslationSides.Source);

    /// <summary>
    /// What was said, and what it was contrasted with, read from the tokens Inseq shows: <c>t17</c>, or <c>t40 → t17</c>.
    /// </summary>
    private static (int[] Said, int[]? Contrast) Tokens(GoldenCase one)
    {
        int start = (int)one.Number("attr_pos_start");
        int[][] ids = [.. one.Json("tokens_target").EnumerateArray().Skip(start)
            .Select(token => Number().Matches(token.GetString()!).Select(m => int.Parse(m.Value, CultureInfo.InvariantCulture)).ToArray())];
        return ([.. ids.Select(id => id[^1])], one.Has("contrast_targets") ? [.. ids.Select(id => id[0])] : null);
    }

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();
}
