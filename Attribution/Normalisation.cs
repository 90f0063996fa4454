namespace Vitrine.Attributions;

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
        return result.Divide(totals);
    }

    /// <summary>Divides all scores by the largest magnitude among them: they then lie in [−1, 1].</summary>
    public static AttributionResult Rescale(this AttributionResult result)
    {
        double largest = result.Sides.Max(side => side.Scores.Max(row => row.Max(score => (double)Math.Abs(score))));
        return result.Divide([.. result.Targets.Select(_ => largest)]);
    }

    private static AttributionResult Divide(this AttributionResult result, double[] by) => result with
    {
        Sides = [.. result.Sides.Select(side => side with
        {
            Scores = [.. side.Scores.Select((row, t) => by[t] == 0 ? row : Array.ConvertAll(row, score => (float)(score / by[t])))],
        })],
    };
}
