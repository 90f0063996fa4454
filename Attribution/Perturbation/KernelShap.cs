using System.Numerics;

namespace Vitrine.Attributions;

/// <summary>
/// Shapley values as a weighted regression: the φ that minimise Σ_S w(S) (v(S) − v(none) − Σ_{i∈S} φᵢ)² under Σφ = v(all) − v(none), with
/// w(S) = (n − 1) / (C(n, |S|) · |S| · (n − |S|)). With all coalitions this is exact; with fewer, an estimate that is still complete.
/// </summary>
/// <remarks>
/// Sizes are taken from both ends (one in, one out, two in, …) and enumerated while the samples last; what is left is drawn at random in
/// pairs of a coalition and its complement. <c>--compat captum</c> draws all of it at random, and puts the constraint as two rows of
/// weight 10⁶ with a free intercept.
/// </remarks>
public sealed class KernelShap : IAttributionMethod
{
    /// <summary>Coalitions when the request names no number.</summary>
    public const int DefaultSamples = 512;

    private const int CaptumSamples = 25;
    private const double CaptumConstraint = 1e6;

    /// <inheritdoc/>
    public string Name => "kernel_shap";

    /// <inheritdoc/>
    public string Citation => "Lundberg & Lee 2017, A unified approach to interpreting model predictions; "
        + "Covert & Lee 2021, Improving KernelSHAP (paired sampling)";

    /// <inheritdoc/>
    public string Cost => "min(samples, 2^features − 2) + 2 forwards";

    /// <inheritdoc/>
    public string SumsTo => "f(x) − f(baseline)";

    /// <inheritdoc/>
    public AttributionResult Attribute(ScoreFunction f, AttributionRequest request)
    {
        var game = new Game(this, f, request);
        (Coalition Coalition, double Weight)[] rows = request.Compat == Compat.Captum
            ? [.. CaptumRows(game, request)]
            : [.. Rows(game.Count, request.Samples ?? DefaultSamples, new Random(request.Seed))];
        return Attribute(game, request, rows);
    }

    /// <summary>The same with given coalitions and weights.</summary>
    internal AttributionResult Attribute(Game game, AttributionRequest request, (Coalition Coalition, double Weight)[] rows)
    {
        bool captum = request.Compat == Compat.Captum;
        double[] none = game.Value(game.Empty), all = game.Value(game.Full);
        double[][] values = game.Values([.. rows.Select(row => row.Coalition)]);
        double[] w = [.. rows.Select(row => row.Weight)];
        double[][] scores = [.. Enumerable.Range(0, game.Targets).Select(_ => new double[game.Count])];
        for (int t = 0; t < game.Targets; t++)
        {
            int[] players = [.. Enumerable.Range(0, game.Count).Where(player => game.Reaches(t, player))];
            double[][] x = [.. rows.Select(row => players.Select(player => row.Coalition.Has(player) ? 1.0 : 0).ToArray())];
            double[] y = [.. values.Select(value => value[t])];
            double[] fitted = captum ? Surrogate.LeastSquares.Fit(x, y, w).Coefficients : Constrained(x, y, w, none[t], all[t]);
            for (int i = 0; i < players.Length; i++)
            {
                scores[t][players[i]] = fitted[i];
            }
        }
        return game.Report(this, scores, complete: true, random: true, parameters: new() { ["n_samples"] = rows.Length }).Make();
    }

    /// <summary>
    /// Least squares under Σφ = all − none: the last φ is what the others leave over, so its column is taken from theirs.
    /// </summary>
    private static double[] Constrained(double[][] x, double[] y, double[] w, double none, double all)
    {
        int last = x.Length == 0 ? 0 : x[0].Length - 1;
        if (last <= 0)
        {
            return [all - none];
        }
        double[][] columns = [.. x.Select(row => row[..last].Select(value => value - row[last]).ToArray())];
        double[] rest = [.. y.Select((value, i) => value - none - (x[i][last] * (all - none)))];
        double[] b = LinearFit.Ridge(columns, rest, w, 0);
        return [.. b, all - none - b.Sum()];
    }

    /// <summary>Coalitions and weights: whole sizes from both ends while they fit, the rest drawn in pairs.</summary>
    private static IEnumerable<(Coalition Coalition, double Weight)> Rows(int n, int samples, Random random)
    {
        double[] ofSize = [.. Enumerable.Range(0, n + 1).Select(s => s == 0 || s == n ? 0 : (n - 1.0) / (s * (n - s)))];
        double open = ofSize.Sum();
        int left = samples, size = 1;
        for (; 2 * size <= n; size++)
        {
            bool middle = 2 * size == n;
            double count = Choose(n, size) * (middle ? 1 : 2), share = ofSize[size] * (middle ? 1 : 2);
            if (left * share < count * open * (1 - 1e-9))
            {
                break;
            }
            foreach (Coalition coalition in OfSize(n, size))
            {
                yield return (coalition, share / count);
                if (!middle)
                {
                    yield return (Coalition.Of(n, player => !coalition.Has(player)), share / count);
                }
            }
            (left, open) = (left - (int)count, open - share);
        }
        int pairs = 2 * size > n ? 0 : Math.Max(left / 2, 1);
        for (int i = 0; i < pairs; i++)
        {
            Coalition drawn = Draw(n, ofSize, size, n - size, open, random);
            yield return (drawn, open / (2 * pairs));
            yield return (Coalition.Of(n, player => !drawn.Has(player)), open / (2 * pairs));
        }
    }

    private static IEnumerable<(Coalition Coalition, double Weight)> CaptumRows(Game game, AttributionRequest request)
    {
        int n = game.Count;
        var random = new Random(request.Seed);
        double[] ofSize = [.. Enumerable.Range(0, n + 1).Select(s => s == 0 || s == n ? 0 : (n - 1.0) / (s * (n - s)))];
        yield return (game.Full, CaptumConstraint);
        yield return (game.Empty, CaptumConstraint);
        for (int i = 2; i < (request.Samples ?? CaptumSamples) && n > 1; i++)
        {
            yield return (Draw(n, ofSize, 1, n - 1, ofSize.Sum(), random), 1);
        }
    }

    /// <summary>A random coalition, its size between two bounds and drawn by weight.</summary>
    private static Coalition Draw(int n, double[] ofSize, int least, int most, double total, Random random)
    {
        double at = random.NextDouble() * total;
        int size = least;
        while (size < most && (at -= ofSize[size]) >= 0)
        {
            size++;
        }
        int[] order = [.. Enumerable.Range(0, n)];
        random.Shuffle(order);
        return order[..size].Aggregate(Coalition.None(n), (made, player) => made.With(player));
    }

    /// <summary>All coalitions of one size, in lexical order.</summary>
    private static IEnumerable<Coalition> OfSize(int n, int size)
    {
        int[] members = [.. Enumerable.Range(0, size)];
        while (true)
        {
            yield return members.Aggregate(Coalition.None(n), (made, player) => made.With(player));
            int i = size - 1;
            while (i >= 0 && members[i] == n - size + i)
            {
                i--;
            }
            if (i < 0)
            {
                yield break;
            }
            members[i]++;
            for (int next = i + 1; next < size; next++)
            {
                members[next] = members[next - 1] + 1;
            }
        }
    }

    private static double Choose(int n, int k)
    {
        BigInteger ways = 1;
        for (int i = 1; i <= k; i++)
        {
            ways = ways * (n - k + i) / i;
        }
        return (double)ways;
    }
}
