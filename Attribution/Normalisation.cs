namespace Vitrine.Attributions;

/// <summary>What scores are divided by, so that results can be compared.</summary>
public enum Scaling
{
    /// <summary>Nothing: they stay in the unit of the explained number.</summary>
    None,

    /// <summary>Σ|score| of each target, over both sides: <see cref="Normalisation.Normalise"/>.</summary>
    L1,

    /// <summary>The largest magnitude of all: <see cref="Normalisation.Rescale"/>.</summary>
    Max,
}

/// <summary>Makes results of different methods and targets comparable; names as in Inseq.</summary>
public static class Normalisation
{
    /// <summary>
    /// Divides the scores of each target by Σ|score| over both sides: magnitudes then sum to 1 per target, signs stay. Targets whose
    /// scores are all 0 stay as they are.
    /// </summary>
    public static AttributionResult Normalise(this AttributionResult result)
    {
        double[] totals = new double[result.Targets.Count];
        for (int t = 0; t < totals.Length; t++)
        {
            totals[t] = result.Sides.Sum(side => side.Scores[t].Sum(score => (double)Math.Abs(score)));
        }
        return result.Divide(totals, "l1", "1 in magnitude");
    }

    /// <summary>Divides all scores by the largest magnitude among them: they then lie in [−1, 1].</summary>
    public static AttributionResult Rescale(this AttributionResult result)
    {
        double largest = result.Sides.Max(side => side.Scores.Max(row => row.Length == 0 ? 0 : row.Max(score => (double)Math.Abs(score))));
        return result.Divide([.. result.Targets.Select(_ => largest)], "max", null);
    }

    /// <summary>Scales a result in a way that is chosen at run time.</summary>
    public static AttributionResult Scale(this AttributionResult result, Scaling scaling) => scaling switch
    {
        Scaling.L1 => result.Normalise(),
        Scaling.Max => result.Rescale(),
        _ => result,
    };

    private static AttributionResult Divide(this AttributionResult result, double[] by, string name, string? sumsTo) => result with
    {
        Sides = [.. result.Sides.Select(side => side with
        {
            Scores = [.. side.Scores.Select((row, t) => by[t] == 0 ? row : Array.ConvertAll(row, score => (float)(score / by[t])))],
        })],
        Parameters = new Dictionary<string, string>(result.Parameters) { ["normalised"] = name },
        SumsTo = sumsTo,
    };
}
