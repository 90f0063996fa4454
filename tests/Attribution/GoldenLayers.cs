using System.Globalization;
using System.Text.RegularExpressions;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Tests.Attributions;

/// <summary>attr*/layer/*, conductance/* and llm/gradient/*: methods at places inside the model.</summary>
internal static partial class GoldenLayers
{
    /// <summary>LayerIntegratedGradients, LayerActivation and LayerGradientXActivation at the output of a module.</summary>
    public static void Layer(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = GoldenScore.Of(golden, one);
        AttributionRequest request = Request(one, Hook(one.Json("layer").GetString()!));
        foreach (string key in one.Expected.Keys.Where(key => !key.EndsWith("_delta", StringComparison.Ordinal)))
        {
            if (key is "activation" or "grad_x_activation")
            {
                IAttributionMethod method = AttributionMethods.Get(key == "activation"
                    ? "layer_activation" : "layer_gradient_x_activation");
                check.Close(key, method.Attribute(f, request).Sides[0].Raw!);
                continue;
            }
            AttributionResult result = Integrated(f, request, key["ig_".Length..]);
            check.Close(key, result.Sides[0].Raw!);
            check.Optional($"{key}_delta", () => [(float)result.Targets[0].Delta!.Value]);
        }
    }

    /// <summary>Word, segment and position embeddings walk the path together.</summary>
    public static void ThreeEmbeddings(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = GoldenScore.Of(golden, one);
        string[] hooks = ["embed.hook_embed", "embed.hook_token_type_embed", "embed.hook_pos_embed"];
        var layer = new LayerScore(f, hooks);
        int[] ids = GoldenScore.Row(one, "baseline_ids")!, zeros = new int[ids.Length];
        // The baselines of segments and positions are ids of their own, which no input of ours reaches: taken from the tables.
        Tensor[] baselines = [f.Embed(0, Tensor.From(ids, [ids.Length])), Rows(golden.Model, "embed.token_type_embed.W_token_type", zeros),
            Rows(golden.Model, "embed.pos_embed.W_pos", zeros)];
        AttributionResult result = new IntegratedGradients().Attribute(layer,
            new() { KeepRaw = true, Steps = 20, Baseline = Baseline.Given(baselines) });
        check.Close("word", result.Sides[0].Raw!);
        check.Close("token_type", result.Sides[1].Raw!);
        check.Close("position", result.Sides[2].Raw!);
    }

    /// <summary>The Captum tutorial's summary at BERT's embeddings: the sum over d_model, then divided by the L2 norm.</summary>
    public static void Tutorial(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = GoldenScore.Of(golden, one);
        foreach (string steps in one.Expected.Keys.Where(key => key.StartsWith("delta_", StringComparison.Ordinal))
            .Select(key => key["delta_".Length..]))
        {
            AttributionResult result = Integrated(f, Request(one, Hook("bert.embeddings")), $"gausslegendre_{steps}");
            float[] sums = result.Sides[0].Scores[0];
            double norm = Math.Sqrt(sums.Sum(x => (double)x * x));
            check.Close($"sum_{steps}", null, sums);
            check.Close($"sum_over_l2norm_{steps}", null, Array.ConvertAll(sums, x => (float)(x / norm)));
            check.Close($"delta_{steps}", [1], [(float)result.Targets[0].Delta!.Value]);
        }
    }

    /// <summary>LayerConductance and InternalInfluence from the zero embedding, 20 Gauss–Legendre steps.</summary>
    public static void Conductance(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = GoldenScore.Of(golden, one);
        AttributionRequest request = Request(one, Hook(one.Json("layer").GetString()!)) with { Baseline = Baseline.Zero, Steps = 20 };
        check.Close("conductance", new LayerConductance().Attribute(f, request).Sides[0].Raw!);
        check.Close("internal_influence", new InternalInfluence().Attribute(f, request).Sides[0].Raw!);
    }

    /// <summary>
    /// Captum's LLMGradientAttribution: the log-probability of every target token, prompt tokens against token 0, the rest as it is.
    /// </summary>
    public static void LanguageGradient(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        int[] prompt = GoldenScore.Row(one, "input_ids")!, said = GoldenScore.Row(one, "target_ids")!;
        ScoreFunction f = Targets.Continuation((ILanguageModel)golden.Model, ExplainedText.Of(prompt), said, "log_probability");
        string name = one.Name.Split('/')[^1];
        int[] baseline = [.. prompt.Select(_ => 0), .. said.SkipLast(1)];
        AttributionRequest request = new()
        {
            Compat = Compat.Captum,
            Hooks = ["hook_embed"],
            Baseline = Baseline.Given(baseline),
            Quadrature = name.EndsWith("_trapezoid", StringComparison.Ordinal) ? Quadrature.RiemannTrapezoid : Quadrature.GaussLegendre,
            Steps = name.Contains("ig_", StringComparison.Ordinal)
            ? int.Parse(Number().Match(name).Value, CultureInfo.InvariantCulture) : null,
        };
        string method = name.StartsWith("layer_ig", StringComparison.Ordinal)
            ? "layer_integrated_gradients" : "layer_gradient_x_activation";
        float[][] scores = [.. AttributionMethods.Get(method).Attribute(f, request).Sides[0].Scores.Select(row => row[..prompt.Length])];
        check.Close("token_attr", [said.Length, prompt.Length], [.. scores.SelectMany(row => row)]);
        check.Close("seq_attr", null, [.. Enumerable.Range(0, prompt.Length).Select(p => scores.Sum(row => row[p]))]);
    }

    private static AttributionResult Integrated(ScoreFunction f, AttributionRequest request, string setting)
    {
        int cut = setting.LastIndexOf('_');
        return AttributionMethods.Get("layer_integrated_gradients").Attribute(f, request with
        {
            Quadrature = Quadrature.Get(setting[..cut]),
            Steps = int.Parse(setting[(cut + 1)..], CultureInfo.InvariantCulture),
        });
    }

    private static AttributionRequest Request(GoldenCase one, string hook) => new()
    {
        KeepRaw = true,
        Compat = Compat.Captum,
        Hooks = [hook],
        Baseline = GoldenScore.Row(one, "baseline_ids") is { } ids ? Baseline.Given(ids) : Baseline.Zero,
    };

    private static Tensor Rows(ITransformer model, string table, int[] ids) =>
        model.Parameters.First(p => p.Name == table).Value.Gather(Tensor.From(ids, [ids.Length]));

    /// <summary>The hook point at the output of a Hugging Face module.</summary>
    private static string Hook(string module) => Layered().Match(module) is { Success: true } match
        ? $"blocks.{match.Groups[1].Value}.{match.Groups[2].Value switch
        {
            "output" => "hook_normalized_resid_post",
            "output.dense" or "mlp" => "hook_mlp_out",
            "ln_1" => "ln1.hook_normalized",
            _ => match.Groups[2].Value,
        }}"
        : module switch
        {
            "bert.embeddings.word_embeddings" => "embed.hook_embed",
            "bert.embeddings" => "hook_full_embed",
            "transformer.wte" => "hook_embed",
            "transformer.drop" => "blocks.0.hook_resid_pre",
            "transformer.ln_f" => "ln_final.hook_normalized",
            _ => module,
        };

    [GeneratedRegex(@"(?:layer|h)\.(\d+)\.(.+)$")]
    private static partial Regex Layered();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();
}
