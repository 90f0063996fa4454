namespace Vitrine.Attributions;

/// <summary>How like a person's reasons an explanation is: the tokens somebody marked against those that score highest.</summary>
/// <remarks>A plausible explanation need not be faithful, nor a faithful one plausible. NaN where no token is marked.</remarks>
public sealed class Plausibility : IMetric
{
    private readonly Func<double[], bool[], int, double> _of;

    private Plausibility(string name, string formula, Func<double[], bool[], int, double> of) => (Name, Formula, _of) = (name, formula, of);

    /// <summary>Average precision: the area under the precision–recall curve.</summary>
    public static Plausibility Auprc { get; } = new("plausibility_auprc", "Σ (recallₙ − recallₙ₋₁) · precisionₙ over all thresholds of s", (scores, marked, _) => AveragePrecision(scores, marked));

    /// <summary>F1 of the k tokens that score highest.</summary>
    public static Plausibility TokenF1 { get; } = new("plausibility_token_f1", "2 |top k ∩ marked| / (k + |marked|)", (scores, marked, k) =>
        2.0 * Hits(scores, marked, k) / (Math.Min(k, scores.Length) + marked.Count(m => m)));

    /// <summary>Intersection over union of the k tokens that score highest.</summary>
    public static Plausibility TokenIou { get; } = new("plausibility_token_iou", "|top k ∩ marked| / |top k ∪ marked|", (scores, marked, k) =>
        Hits(scores, marked, k) is var hits ? hits / (double)(Math.Min(k, scores.Length) + marked.Count(m => m) - hits) : 0);

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
        double[] scores = trial.Scores(result, t);
        int[] players = trial.Reached(t);
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
        return asked.Contains(true) ? _of([.. players.Select(p => scores[p])], asked, trial.Options.Top) : double.NaN;
    })];

    /// <summary>scikit-learn's <c>average_precision_score</c>: equal scores are one threshold.</summary>
    internal static double AveragePrecision(double[] scores, bool[] marked)
    {
        int[] order = [.. Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i])];
        int all = marked.Count(m => m), hits = 0;
        double area = 0, recall = 0;
        for (int i = 0; i < order.Length; i++)
        {
            hits += marked[order[i]] ? 1 : 0;
            if (i == order.Length - 1 || scores[order[i + 1]] != scores[order[i]])
            {
                double reached = (double)hits / all;
                area += (reached - recall) * hits / (i + 1);
                recall = reached;
            }
        }
        return area;
    }

    private static int Hits(double[] scores, bool[] marked, int k) =>
        Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]).Take(k).Count(i => marked[i]);
}
