namespace Vitrine.Training;

/// <summary>From an example to a score per class, the highest of which is the prediction.</summary>
/// <param name="example">One row of activations.</param>
/// <param name="scores">One per class.</param>
internal delegate void Classifier(ReadOnlySpan<double> example, Span<double> scores);

/// <summary>A way to learn a classifier from activations.</summary>
internal abstract class Probe
{
    /// <summary>All probes, the default first.</summary>
    public static IReadOnlyList<Probe> All { get; } = [new LogisticProbe(), new LinearProbe(), new CentroidProbe(), new MlpProbe()];

    /// <summary>Its name.</summary>
    public abstract string Name { get; }

    /// <summary>Learns.</summary>
    /// <param name="x">Examples, one a row.</param>
    /// <param name="y">Their classes, 0 to <paramref name="classes"/> − 1; a class may be absent.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="cancellation">Checked at every iteration.</param>
    public abstract Classifier Learn(Features x, int[] y, int classes, CancellationToken cancellation);

    /// <summary>The probe of a name.</summary>
    /// <exception cref="TrainingException">There is none.</exception>
    public static Probe Get(string name) => All.FirstOrDefault(probe => probe.Name == name)
        ?? throw new TrainingException($"probe: unknown kind; got '{name}'; "
            + $"expected one of {string.Join(", ", All.Select(probe => probe.Name))}.");

    /// <summary>The predictions for all rows.</summary>
    public static int[] Predict(Classifier classifier, Features x, int classes)
    {
        double[] scores = new double[classes];
        int[] predicted = new int[x.Rows];
        for (int row = 0; row < x.Rows; row++)
        {
            classifier(x[row], scores);
            predicted[row] = Array.IndexOf(scores, scores.Max());
        }
        return predicted;
    }

    /// <summary>scores = W·x + b; W has a row per class, with b after it.</summary>
    private protected static void Affine(ReadOnlySpan<double> weights, ReadOnlySpan<double> x, Span<double> scores)
    {
        for (int k = 0; k < scores.Length; k++)
        {
            ReadOnlySpan<double> row = weights.Slice(k * (x.Length + 1), x.Length + 1);
            scores[k] = Vectors.Dot(row[..^1], x) + row[^1];
        }
    }

    /// <summary>
    /// Turns scores into softmax probabilities less the one-hot target, the gradient of cross-entropy; returns the cross-entropy.
    /// </summary>
    private protected static double CrossEntropy(Span<double> scores, int target)
    {
        double highest = double.NegativeInfinity, sum = 0, score = scores[target];
        foreach (double s in scores)
        {
            highest = Math.Max(highest, s);
        }
        for (int k = 0; k < scores.Length; k++)
        {
            sum += scores[k] = Math.Exp(scores[k] - highest);
        }
        for (int k = 0; k < scores.Length; k++)
        {
            scores[k] /= sum;
        }
        scores[target] -= 1;
        return Math.Log(sum) + highest - score;
    }
}
