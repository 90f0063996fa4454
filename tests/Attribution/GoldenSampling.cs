using Vitrine.Attributions;
using Vitrine.Tensors;

namespace Vitrine.Tests.Attributions;

/// <summary>attr*/gradient_shap and noise_tunnel/*: sampling methods, with the draws that the reference recorded.</summary>
internal static class GoldenSampling
{
    /// <summary>Baselines are zero, the token baseline, and half of it, as the case says.</summary>
    public static void GradientShap(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = GoldenScore.Of(golden, one);
        Shape shape = f.Sides[0].Embeddings.Shape;
        Tensor token = GoldenScore.Baseline(golden, one, "token").Embeddings[0];
        Tensor[] baselines = [Tensor.Zeros(shape), token, token.Scale(0.5f)];
        Tensor noise = one.Floats("noise");
        double[] coefficients = one.Numbers("coef").Data, choices = one.Numbers("baseline_choice").Data;
        GradientShap.Draw[] draws =
            [.. coefficients.Select((c, i) => new GradientShap.Draw([noise.Select(0, i)], c, [baselines[(int)choices[i]]]))];

        GradientShap.Sampled sampled = Vitrine.Attributions.GradientShap.Explain(f, new(), draws, draws.Length);

        check.Close("attr", shape.Prepend(1).Axes.ToArray(), Array.ConvertAll(sampled.Raw[0], x => (float)x));
        check.Close("delta", null, [.. sampled.Deltas.Select(delta => (float)delta[0])]);
    }

    public static void NoiseTunnel(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = GoldenScore.Of(golden, one);
        string name = one.Name.Split('/')[^1] switch
        {
            "smoothgrad" => "smoothgrad",
            "smoothgrad_sq" => "smoothgrad_squared",
            _ => "vargrad",
        };
        var method = (NoiseTunnel)AttributionMethods.Get(name);
        string prefix = one.Name.Split('/')[0];
        Tensor noise = golden.Cases.First(c => c.Name == $"{prefix}/noise_tunnel/smoothgrad").Floats("noise");
        Tensor[][] samples = [.. Enumerable.Range(0, noise.Shape[0]).Select(i => new[] { noise.Select(0, i) })];

        check.Close("attr", method.Attribute(f, new() { KeepRaw = true }, samples, samples.Length, [0]).Sides[0].Raw!);
    }
}
