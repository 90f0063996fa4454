namespace Vitrine.Attributions;

/// <summary>How like a person's reasons an explanation is: the tokens that a person marked against those that score highest.</summary>
/// <remarks>A plausible explanation need not be faithful, nor a faithful one plausible. NaN where no token is marked.
/// <c>--compat ferret</c> takes negative scores for 0 and no token with 0 or less among the top.</remarks>
public sealed class Plausibility : IMetric
{
    private readonly Func<double[], bool[], int, double> _of;

    private Plausibility(string name, string formula, Func<double[], bool[], int, double> of) => (Name, Formula, _of) = (name, formula, of);

    /// <summary>The area under the precision–recall curve by trapezoids, as ERASER and ferret publish it.</summary>
    public static Plausibility Auprc { get; } = new("plausibility_auprc",
        "Σ (recallₙ − recallₙ₋₁) · ½(precisionₙ + precisionₙ₋₁) over all thresholds of s, from recall 0, precision 1",
        (scores, marked, _) =>
        Area(scores, marked, (before, here) => (before + here) / 2));

    /// <summary>Average precision: the same area by steps, which trapezoids exceed where a threshold brings many tokens.</summary>
    public static Plausibility AveragePrecision { get; } = new("plausibility_average_precision",
        "Σ (recallₙ − recallₙ₋₁) · precisionₙ over all thresholds of s", (scores, marked, _) =>
        Area(scores, marked, (_, here) => here));

    /// <summary>F1 of the k tokens that score highest.</summary>
    public static Plausibility TokenF1 { get; } = new("plausibility_token_f1", "2 |top k ∩ marked| / (k + |marked|)", (scores, marked, k) =>
        2.0 * Hits(scores, marked, k) / (k + marked.Count(m => m)));

    /// <summary>Intersection over union of the k tokens that score highest.</summary>
    public static Plausibility TokenIou { get; } = new("plausibility_token_iou", "|top k ∩ marked| / |top k ∪ marked|",
        (scores, marked, k) =>
        Hits(scores, marked, k) is var hits ? hits / (double)(k + marked.Count(m => m) - hits) : 0);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Citation => "DeYoung et al. 2020, ERASER: a benchmark to evaluate rationalized NLP models";

    /// <inheritdoc/>
    public string Formula { get; }

    /// <inheritdoc/>
    public string Range => "0 to 1";

    /// <inheritdoc/>
    public bool HigherIsBetter => true;

    /// <inheritdoc/>
    public double[] Measure(Trial trial, AttributionResult result, IAttributionMethod method) => [.. trial.Function.Targets.Select((_, t) =>
    {
        bool ferret = trial.Request.Compat == Compat.Ferret;
        double[] scores = Array.ConvertAll(trial.Scores(result, t), score => ferret ? Math.Max(0, score) : score);
        int[] players = trial.Reached(t);
        int top = Math.Min(trial.Options.Top, ferret ? players.Count(p => scores[p] > 0) : players.Length);
        bool[] marked = new bool[trial.Game.Count];
        for (int s = 0; s < (trial.Rationale?.Count ?? 0); s++)
        {
            for (int p = 0; p < trial.Rationale![s].Length; p++)
            {
                if (trial.Rationale[s][p] && trial.Game.PlayerAt(s, p) is >= 0 and int player)
                {
                    marked[player] = true;
                }
            }
        }
        bool[] asked = [.. players.Select(p => marked[p])];
        return asked.Contains(true) ? _of([.. players.Select(p => scores[p])], asked, top) : double.NaN;
    })];

    /// <summary>The area under scikit-learn's <c>precision_recall_curve</c>; equal scores are one threshold.</summary>
    /// <param name="scores">One per token.</param>
    /// <param name="marked">Which tokens are right.</param>
    /// <param name="height">The height over a stretch of recall, from the precision before and after it.</param>
    internal static double Area(double[] scores, bool[] marked, Func<double, double, double> height)
    {
        int[] order = [.. Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i])];
        int all = marked.Count(m => m), hits = 0;
        double area = 0, recall = 0, precision = 1;
        for (int i = 0; i < order.Length; i++)
        {
            hits += marked[order[i]] ? 1 : 0;
            if (i == order.Length - 1 || scores[order[i + 1]] != scores[order[i]])
            {
                (double reached, double here) = ((double)hits / all, hits / (i + 1.0));
                area += (reached - recall) * height(precision, here);
                (recall, precision) = (reached, here);
            }
        }
        return area;
    }

    /// <summary>How many of the k highest scores are marked; of equal ones the earlier counts.</summary>
    private static int Hits(double[] scores, bool[] marked, int k) =>
        Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]).Take(k).Count(i => marked[i]);
}
