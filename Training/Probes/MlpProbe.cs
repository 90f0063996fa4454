namespace Vitrine.Training;

/// <summary>
/// One hidden layer, softmax(V·tanh(W·x + a) + b), that minimises mean cross-entropy + λ/2·‖W, a, V, b‖² by L-BFGS. It finds what is there
/// but not linear, and learns by heart more easily: look at its selectivity.
/// </summary>
/// <param name="hidden">Width of the hidden layer.</param>
/// <param name="decay">λ.</param>
/// <param name="seed">Of the first weights.</param>
internal sealed class MlpProbe(int hidden = 32, double decay = 1e-3, int seed = 1) : Probe
{
    private const int Iterations = 300;
    private const double Tolerance = 1e-5;

    /// <inheritdoc/>
    public override string Name => "mlp";

    /// <inheritdoc/>
    public override Classifier Learn(Features x, int[] y, int classes, CancellationToken cancellation)
    {
        int first = hidden * (x.Columns + 1);
        double[] start = new double[first + (classes * (hidden + 1))];
        var random = new Random(seed);
        for (int i = 0; i < start.Length; i++)
        {
            start[i] = ((2 * random.NextDouble()) - 1) / Math.Sqrt(i < first ? x.Columns : hidden);
        }
        double[] weights = Lbfgs.Minimise((w, gradient) => Loss(w, gradient, x, y, classes), start, Tolerance, Iterations, cancellation);
        return (example, scores) =>
        {
            Span<double> inner = stackalloc double[hidden];
            Run(weights, example, inner, scores);
        };
    }

    /// <summary>The objective and its gradient.</summary>
    internal double Loss(ReadOnlySpan<double> weights, Span<double> gradient, Features x, int[] y, int classes)
    {
        int width = x.Columns + 1, first = hidden * width;
        Span<double> inner = stackalloc double[hidden], scores = stackalloc double[classes], back = stackalloc double[hidden];
        double loss = decay / 2 * Vectors.Dot(weights, weights);
        gradient.Clear();
        Vectors.Add(gradient, weights, decay);
        for (int row = 0; row < x.Rows; row++)
        {
            ReadOnlySpan<double> example = x[row];
            Run(weights, example, inner, scores);
            loss += CrossEntropy(scores, y[row]) / x.Rows;
            back.Clear();
            for (int k = 0; k < classes; k++)
            {
                int at = first + (k * (hidden + 1));
                double slope = scores[k] / x.Rows;
                Vectors.Add(gradient.Slice(at, hidden), inner, slope);
                gradient[at + hidden] += slope;
                Vectors.Add(back, weights.Slice(at, hidden), slope);
            }
            for (int h = 0; h < hidden; h++)
            {
                double slope = back[h] * (1 - (inner[h] * inner[h]));
                Vectors.Add(gradient.Slice(h * width, width - 1), example, slope);
                gradient[(h * width) + width - 1] += slope;
            }
        }
        return loss;
    }

    private void Run(ReadOnlySpan<double> weights, ReadOnlySpan<double> example, Span<double> inner, Span<double> scores)
    {
        int first = hidden * (example.Length + 1);
        Affine(weights[..first], example, inner);
        for (int h = 0; h < hidden; h++)
        {
            inner[h] = Math.Tanh(inner[h]);
        }
        Affine(weights[first..], inner, scores);
    }
}
