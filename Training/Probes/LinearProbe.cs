namespace Vitrine.Training;

/// <summary>
/// Ridge regression to +1 for the class and −1 for the others: W = (XᵀX + α·I)⁻¹XᵀY on centred columns, by Cholesky's factorisation. The
/// same as scikit-learn's <c>RidgeClassifier</c>.
/// </summary>
/// <param name="alpha">How much weights are penalised.</param>
internal sealed class LinearProbe(double alpha = 1) : Probe
{
    /// <inheritdoc/>
    public override string Name => "linear";

    /// <inheritdoc/>
    public override Classifier Learn(Features x, int[] y, int classes, CancellationToken cancellation)
    {
        double[] weights = Weights(x, y, classes, cancellation);
        return (example, scores) => Affine(weights, example, scores);
    }

    /// <summary>A row of coefficients per class, the intercept after them.</summary>
    public double[] Weights(Features x, int[] y, int classes, CancellationToken cancellation)
    {
        int d = x.Columns;
        double[] mean = x.Moments().Mean, lower = new double[d * d], weights = new double[classes * (d + 1)], centred = new double[d];
        for (int row = 0; row < x.Rows; row++)
        {
            cancellation.ThrowIfCancellationRequested();
            x[row].CopyTo(centred);
            Vectors.Add(centred, mean, -1);
            for (int i = 0; i < d; i++)
            {
                Vectors.Add(lower.AsSpan(i * d, i + 1), centred.AsSpan(0, i + 1), centred[i]);
            }
            for (int k = 0; k < classes; k++)
            {
                Vectors.Add(weights.AsSpan(k * (d + 1), d), centred, y[row] == k ? 1 : -1); // Xᵀ(Y − mean) = XᵀY: the columns are centred
            }
        }
        Factor(lower, d, alpha);
        for (int k = 0; k < classes; k++)
        {
            Span<double> w = weights.AsSpan(k * (d + 1), d);
            Solve(lower, w);
            weights[(k * (d + 1)) + d] = (2.0 * y.Count(label => label == k) / y.Length) - 1 - Vectors.Dot(w, mean);
        }
        return weights;
    }

    /// <summary>Replaces the lower half of A + α·I by its factor L.</summary>
    private static void Factor(double[] a, int d, double alpha)
    {
        for (int i = 0; i < d; i++)
        {
            for (int j = 0; j < i; j++)
            {
                a[(i * d) + j] = (a[(i * d) + j] - Vectors.Dot(a.AsSpan(i * d, j), a.AsSpan(j * d, j))) / a[(j * d) + j];
            }
            a[(i * d) + i] = Math.Sqrt(a[(i * d) + i] + alpha - Vectors.Dot(a.AsSpan(i * d, i), a.AsSpan(i * d, i)));
        }
    }

    /// <summary>Replaces b by the solution of L·Lᵀ·w = b.</summary>
    private static void Solve(double[] lower, Span<double> b)
    {
        int d = b.Length;
        for (int i = 0; i < d; i++)
        {
            b[i] = (b[i] - Vectors.Dot(lower.AsSpan(i * d, i), b[..i])) / lower[(i * d) + i];
        }
        for (int i = d - 1; i >= 0; i--)
        {
            b[i] /= lower[(i * d) + i];
            Vectors.Add(b[..i], lower.AsSpan(i * d, i), -b[i]);
        }
    }
}
