using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Estimates of query and key nodes that compute the softmax of attention instead of linearising it: AtP*'s QK fix.</summary>
internal static class QueryKeyFix
{
    /// <summary>Query and key nodes of one block: first order, then with the softmax computed. Each <c>[position, head]</c>.</summary>
    /// <param name="scores"><c>[3, head, query, key]</c>: base, other queries, other keys.</param>
    /// <param name="dScores">∂m/∂scores.</param>
    /// <param name="dPattern">∂m/∂pattern.</param>
    /// <param name="shape">Of the scores.</param>
    public static double[][] Of(float[] scores, float[] dScores, float[] dPattern, Shape shape)
    {
        (int heads, int queries, int keys) = (shape[1], shape[2], shape[3]);
        int size = heads * queries * keys;
        double[] q = new double[queries * heads], k = new double[keys * heads], qFix = new double[queries * heads],
            kFix = new double[keys * heads], a = new double[keys], b = new double[keys];
        for (int head = 0; head < heads; head++)
        {
            for (int query = 0; query < queries; query++)
            {
                int row = ((head * queries) + query) * keys;
                double z = Softmax(scores.AsSpan(row, keys), a, out double max);
                Softmax(scores.AsSpan(size + row, keys), b, out _);
                double mean = 0; // Σ_k A·G of this row
                for (int key = 0; key < keys; key++)
                {
                    mean += a[key] * dPattern[row + key];
                    qFix[(query * heads) + head] += (b[key] - a[key]) * dPattern[row + key];
                    double own = scores[row + key];
                    if (double.IsFinite(own))
                    {
                        q[(query * heads) + head] += dScores[row + key] * (scores[size + row + key] - own);
                        k[(key * heads) + head] += dScores[row + key] * (scores[(2 * size) + row + key] - own);
                    }
                }
                for (int key = 0; key < keys; key++)
                {
                    if (!float.IsFinite(scores[row + key]))
                    {
                        continue;
                    }
                    // Only key's own score changes: the row's sum z loses one term and gains another.
                    double now = Math.Exp(scores[(2 * size) + row + key] - max), sum = z - (a[key] * z) + now;
                    double share = z / sum, g = dPattern[row + key];
                    kFix[(key * heads) + head] += ((share - 1) * (mean - (a[key] * g))) + (((now / sum) - a[key]) * g);
                }
            }
        }
        return [q, k, qFix, kFix];
    }

    // Probabilities of a row of scores, the sum of e^(score − max) and the max.
    private static double Softmax(ReadOnlySpan<float> scores, double[] probabilities, out double max)
    {
        max = double.NegativeInfinity;
        foreach (float s in scores)
        {
            max = Math.Max(max, s);
        }
        double sum = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            sum += probabilities[i] = Math.Exp(scores[i] - max);
        }
        for (int i = 0; i < scores.Length; i++)
        {
            probabilities[i] /= sum;
        }
        return sum;
    }
}
