namespace Vitrine.Training;

/// <summary>
/// Multinomial logistic regression: the W, b that minimise mean cross-entropy + ‖W‖² / (2·C·n), found by L-BFGS. C has scikit-learn's
/// meaning; intercepts are not penalised.
/// </summary>
/// <param name="c">How little weights are penalised.</param>
/// <param name="tolerance">Largest component of the gradient at the end.</param>
internal sealed class LogisticProbe(double c = 1, double tolerance = 1e-5) : Probe
{
    private const int Iterations = 2000;

    /// <inheritdoc/>
    public override string Name => "logistic";

    /// <inheritdoc/>
    public override Classifier Learn(Features x, int[] y, int classes, CancellationToken cancellation)
    {
        double[] weights = Weights(x, y, classes, cancellation);
        return (example, scores) => Affine(weights, example, scores);
    }

    /// <summary>A row of coefficients per class, the intercept after them.</summary>
    public double[] Weights(Features x, int[] y, int classes, CancellationToken cancellation)
    {
        // With two classes scikit-learn has one vector w, which is the difference of our two: ‖w₁‖² + ‖w₀‖² is half of ‖w‖² there.
        double penalty = (classes == 2 ? 2 : 1) / (c * x.Rows);
        int width = x.Columns + 1;
        return Lbfgs.Minimise(
            (weights, gradient) =>
            {
                gradient.Clear();
                Span<double> scores = stackalloc double[classes];
                double loss = 0;
                for (int row = 0; row < x.Rows; row++)
                {
                    ReadOnlySpan<double> example = x[row];
                    Affine(weights, example, scores);
                    loss += CrossEntropy(scores, y[row]) / x.Rows;
                    for (int k = 0; k < classes; k++)
                    {
                        double slope = scores[k] / x.Rows;
                        Vectors.Add(gradient.Slice(k * width, width - 1), example, slope);
                        gradient[(k * width) + width - 1] += slope;
                    }
                }
                for (int k = 0; k < classes; k++)
                {
                    ReadOnlySpan<double> w = weights.Slice(k * width, width - 1);
                    Vectors.Add(gradient.Slice(k * width, width - 1), w, penalty);
                    loss += penalty / 2 * Vectors.Dot(w, w);
                }
                return loss;
            },
            new double[classes * width], tolerance, Iterations, cancellation);
    }
}
