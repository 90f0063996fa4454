namespace Vitrine.Training;

/// <summary>
/// A teacher that only counts: naive Bayes over the set of tokens, their families and neighbouring token pairs of a text. On a few thousand
/// texts it is hard to beat (Wang and Manning 2012); a transformer fits such a set by heart. So the transformer learns from the teacher's
/// graded opinions, of which there are as many as one can make up texts.
/// </summary>
/// <remarks>
/// score(k) = Σ over features f of log((c_fk + α) / (C_k + α·F)), where c_fk counts the texts of class k that hold f, C_k is its sum over
/// all features, F the number of features. A feature never seen says nothing.
/// </remarks>
internal sealed class NaiveBayes
{
    private const double Alpha = 1; // as if every feature had been seen once in each class

    private readonly Dictionary<long, int[]> _counts = [];
    private readonly double[] _sums;
    private readonly IReadOnlyList<int> _families;

    /// <param name="texts">Token ids without the special tokens, with their labels.</param>
    /// <param name="labels">How many labels there are.</param>
    /// <param name="families">For every token the number of its family, which is a feature of its own; −1: it has none.</param>
    public NaiveBayes(IEnumerable<(int[] Ids, int Label)> texts, int labels, IReadOnlyList<int> families)
    {
        (_sums, _families) = (new double[labels], families);
        foreach ((int[] ids, int label) in texts)
        {
            foreach (long feature in Features(ids))
            {
                if (!_counts.TryGetValue(feature, out int[]? counts))
                {
                    _counts[feature] = counts = new int[labels];
                }
                counts[label]++;
                _sums[label]++;
            }
        }
        for (int k = 0; k < labels; k++)
        {
            _sums[k] += Alpha * _counts.Count;
        }
    }

    /// <summary>Log-likelihood of a text under each label, up to a common number.</summary>
    /// <param name="ids">Its tokens, without the special ones.</param>
    /// <param name="own">The label under which this very text was counted: its count is taken off, or the teacher would know the answer.
    /// −1: it was not.</param>
    public double[] Scores(int[] ids, int own = -1)
    {
        double[] scores = new double[_sums.Length];
        foreach (int[] counts in Features(ids).Select(feature => _counts.GetValueOrDefault(feature)).OfType<int[]>())
        {
            for (int k = 0; k < scores.Length; k++)
            {
                scores[k] += Math.Log((counts[k] - (k == own ? 1 : 0) + Alpha) / _sums[k]);
            }
        }
        return scores;
    }

    /// <summary>Single tokens as their id, families below 0, pairs as two ids in one number; ids are below 2³¹ − 1.</summary>
    private HashSet<long> Features(int[] ids)
    {
        var features = new HashSet<long>();
        for (int i = 0; i < ids.Length; i++)
        {
            features.Add(ids[i]);
            if (_families[ids[i]] >= 0)
            {
                features.Add(-1L - _families[ids[i]]);
            }
            if (i > 0)
            {
                features.Add(((ids[i - 1] + 1L) << 32) + ids[i]);
            }
        }
        return features;
    }
}
