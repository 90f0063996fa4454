using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// The coefficients of a linear model that imitates the score near the input: random subsets of the features are removed, and a weighted
/// regression explains the scores by what was left, π(S) = exp(−d(S)² / 2σ²) with d = 1 − cos(S, all).
/// </summary>
/// <remarks>
/// By default as the authors' own code for text: the first sample is the input itself, each other loses between one and all features;
/// ridge with α = 1, σ = 0.25. <c>--compat captum</c>: every feature stays with probability ½, lasso with α = 0.01, σ = 1, and the cosine
/// is that of the vectors of token ids (of embeddings where the baseline has no ids). <c>--compat inseq</c>: features go with probability
/// 0.3, 50 samples.
/// </remarks>
public sealed class Lime : IAttributionMethod
{
    /// <summary>Samples when the request names no number.</summary>
    public const int DefaultSamples = 256;

    private const int CaptumSamples = 25, InseqSamples = 50;
    private const double InseqMaskProbability = 0.3;

    /// <inheritdoc/>
    public string Name => "lime";

    /// <inheritdoc/>
    public string Citation => "Ribeiro, Singh & Guestrin 2016, “Why should I trust you?”: explaining the predictions of any classifier";

    /// <inheritdoc/>
    public string Cost => "at most samples + 1 forwards";

    /// <inheritdoc/>
    public string SumsTo => "the surrogate's answer at x less its intercept, near f(x) − f(baseline)";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        var game = new Game(this, f, request);
        Coalition[] samples = [.. Samples(game, request)];
        double[][] scores = Fit(game, f, request, samples).Coefficients;
        return game.Report(this, scores, random: true, parameters: new()
        {
            ["n_samples"] = samples.Length,
            ["surrogate"] = Model(request),
            ["kernel_width"] = Width(request),
        }).Make();
    }

    /// <summary>Coefficients <c>[target][player]</c> and intercepts <c>[target]</c> of the surrogates fitted to given samples.</summary>
    internal (double[][] Coefficients, double[] Intercepts) Fit(Game game, ScoreFunction f, AttributionRequest request, Coalition[] samples)
    {
        double[][] values = game.Values(samples);
        double[] w = [.. samples.Select(sample => Weight(game, f, request, sample))];
        if (w.Sum() < 1e-100)
        {
            throw new VitrineException($"{Name}: every sample is too far from the input; "
                + $"got kernel width {Width(request)}; expected a wider one.");
        }
        var all = (Coefficients: new double[game.Targets][], Intercepts: new double[game.Targets]);
        for (int t = 0; t < game.Targets; t++)
        {
            int[] players = [.. Enumerable.Range(0, game.Count).Where(player => game.Reaches(t, player))];
            double[][] x = [.. samples.Select(sample => players.Select(player => sample.Has(player) ? 1.0 : 0).ToArray())];
            (double[] b, all.Intercepts[t]) = Model(request).Fit(x, [.. values.Select(value => value[t])], w);
            all.Coefficients[t] = new double[game.Count];
            for (int i = 0; i < players.Length; i++)
            {
                all.Coefficients[t][players[i]] = b[i];
            }
        }
        return all;
    }

    /// <summary>π(S): how much a sample counts.</summary>
    internal static double Weight(Game game, ScoreFunction f, AttributionRequest request, Coalition sample)
    {
        double cosine = request.Compat == Compat.Captum ? InputCosine(game, f, sample) : Math.Sqrt((double)sample.Size / game.Count);
        return Math.Exp(-(1 - cosine) * (1 - cosine) / (2 * Width(request) * Width(request)));
    }

    private static double Width(AttributionRequest request) => request.KernelWidth ?? (request.Compat == Compat.Captum ? 1 : 0.25);

    private static Surrogate Model(AttributionRequest request) =>
        request.Surrogate ?? (request.Compat == Compat.Captum ? Surrogate.Lasso(0.01) : Surrogate.Ridge(1));

    /// <summary>Captum's similarity: the cosine between the inputs themselves; token ids where there are any.</summary>
    private static double InputCosine(Game game, ScoreFunction f, Coalition sample)
    {
        double dot = 0, own = 0, other = 0;
        for (int side = 0; side < f.Sides.Count; side++)
        {
            (float[] x, float[] y) = game.Baseline.Ids is null
                ? (game.Embeddings(game.Full, side), game.Embeddings(sample, side))
                : (game.Ids(game.Full, side), game.Ids(sample, side));
            for (int i = 0; i < x.Length; i++)
            {
                (dot, own, other) = (dot + ((double)x[i] * y[i]), own + ((double)x[i] * x[i]), other + ((double)y[i] * y[i]));
            }
        }
        return own == 0 || other == 0 ? 0 : dot / Math.Sqrt(own * other);
    }

    private static IEnumerable<Coalition> Samples(Game game, AttributionRequest request)
    {
        var random = request.Randomness(request.Seed);
        if (request.Compat.RunsCaptum())
        {
            (int count, double gone) = request.Compat == Compat.Captum ? (CaptumSamples, 0.5) : (InseqSamples, InseqMaskProbability);
            for (int i = 0; i < (request.Samples ?? count); i++)
            {
                yield return Coalition.Of(game.Count, _ => random.NextDouble() >= gone);
            }
            yield break;
        }
        yield return game.Full;
        int[] order = [.. Enumerable.Range(0, game.Count)];
        for (int i = 1; i < (request.Samples ?? DefaultSamples); i++)
        {
            random.Shuffle(order);
            yield return order[..random.Next(1, game.Count + 1)].Aggregate(game.Full, (left, player) => left.Without(player));
        }
    }
}
