namespace Vitrine.Samples;

/// <summary>
/// The teacher: a naive Bayes classifier over the set of tokens and neighbouring token pairs of a sentence. On a few thousand sentences it is
/// hard to beat (Wang and Manning 2012), because it counts instead of fitting; a transformer fits, and learns such a set by heart.
/// So the transformer learns from the teacher's graded opinions, of which there are as many as one can make up sentences.
/// </summary>
/// <remarks>
/// score = Σ over features f of log((p_f + α)/(n_f + α)) + log(N/P), where p_f and n_f count the positive and negative sentences that hold f,
/// and P and N are their sums over all features, smoothed likewise.
/// </remarks>
internal sealed class NaiveBayes
{
    private readonly Dictionary<long, (int Negative, int Positive)> _counts = [];
    private readonly double _smoothing;
    private readonly double _prior;

    /// <param name="sentences">Token ids without the special tokens, with their labels.</param>
    /// <param name="smoothing">α: as if every feature had been seen so often in each class.</param>
    public NaiveBayes(IEnumerable<(int[] Ids, bool Positive)> sentences, double smoothing)
    {
        _smoothing = smoothing;
        double negative = 0, positive = 0;
        foreach ((int[] ids, bool isPositive) in sentences)
        {
            foreach (long feature in Features(ids))
            {
                (int n, int p) = _counts.GetValueOrDefault(feature);
                _counts[feature] = isPositive ? (n, p + 1) : (n + 1, p);
                _ = isPositive ? positive++ : negative++;
            }
        }

        _prior = Math.Log((negative + (smoothing * _counts.Count)) / (positive + (smoothing * _counts.Count)));
    }

    /// <summary>The log-odds that one token alone adds; 0 when it was never seen.</summary>
    public double Evidence(int id) => Evidence(_counts.GetValueOrDefault(id));

    /// <summary>The log-odds that a sentence is positive; 0 when it knows none of the features.</summary>
    public double Score(int[] ids) => Features(ids).Sum(feature => Evidence(_counts.GetValueOrDefault(feature)));

    /// <summary>The log-odds of a training sentence as if it had not been counted: without this the teacher would know the answer.</summary>
    public double ScoreWithout(int[] ids, bool positive) => Features(ids).Sum(feature =>
    {
        (int n, int p) = _counts[feature];
        return Evidence(positive ? (n, p - 1) : (n - 1, p));
    });

    private double Evidence((int Negative, int Positive) count) => count == default
        ? 0
        : Math.Log((count.Positive + _smoothing) / (count.Negative + _smoothing)) + _prior;

    /// <summary>Single tokens as their id, pairs as two ids in one number; ids are below 2³¹ − 1.</summary>
    private static HashSet<long> Features(int[] ids)
    {
        var features = new HashSet<long>();
        for (int i = 0; i < ids.Length; i++)
        {
            features.Add(ids[i]);
            if (i > 0)
            {
                features.Add(((ids[i - 1] + 1L) << 32) + ids[i]);
            }
        }

        return features;
    }
}
