using System.Globalization;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>The linear model that is fitted to a score's answers: which penalty keeps its coefficients small.</summary>
/// <param name="Name"><c>least_squares</c>, <c>ridge</c> or <c>lasso</c>.</param>
/// <param name="Alpha">Weight of the penalty, as scikit-learn counts it; at least 0.</param>
public sealed record Surrogate(string Name, double Alpha)
{
    /// <summary>min Σ w (y − Xb − c)².</summary>
    public static Surrogate LeastSquares { get; } = new("least_squares", 0);

    /// <summary>min Σ w (y − Xb − c)² + α‖b‖₂².</summary>
    public static Surrogate Ridge(double alpha) => new("ridge", Checked(alpha));

    /// <summary>min 1/(2Σw) · Σ w (y − Xb − c)² + α‖b‖₁: most coefficients become 0.</summary>
    public static Surrogate Lasso(double alpha) => new("lasso", Checked(alpha));

    /// <summary>Reads <c>least_squares</c>, <c>ridge:ALPHA</c> or <c>lasso:ALPHA</c>.</summary>
    /// <exception cref="VitrineException">It is none of these.</exception>
    public static Surrogate Parse(string text)
    {
        string[] parts = text.Split(':');
        return parts switch
        {
            ["least_squares"] => LeastSquares,
            ["ridge", var alpha] when double.TryParse(alpha, CultureInfo.InvariantCulture, out double value) => Ridge(value),
            ["lasso", var alpha] when double.TryParse(alpha, CultureInfo.InvariantCulture, out double value) => Lasso(value),
            _ => throw new VitrineException($"surrogate: not known; got '{text}'; expected least_squares, ridge:ALPHA or lasso:ALPHA."),
        };
    }

    /// <summary>The form that <see cref="Parse"/> reads.</summary>
    public override string ToString() => this == LeastSquares ? Name : string.Create(CultureInfo.InvariantCulture, $"{Name}:{Alpha}");

    /// <summary>Fits coefficients b and intercept c in float64.</summary>
    /// <param name="x">Rows of features. <c>[sample][feature]</c></param>
    /// <param name="y">What to approach. <c>[sample]</c></param>
    /// <param name="w">Weights of the rows, not all 0. <c>[sample]</c></param>
    internal (double[] Coefficients, double Intercept) Fit(double[][] x, double[] y, double[] w)
    {
        // The intercept is not penalised: subtracting weighted means takes it out of the problem.
        double total = w.Sum();
        double meanY = LinearFit.Dot(w, y) / total;
        double[] meanX = new double[x[0].Length];
        for (int i = 0; i < x.Length; i++)
        {
            for (int j = 0; j < meanX.Length; j++)
            {
                meanX[j] += w[i] * x[i][j] / total;
            }
        }
        double[][] centred = [.. x.Select(row => row.Select((value, j) => value - meanX[j]).ToArray())];
        double[] rest = Array.ConvertAll(y, value => value - meanY);
        double[] b = Name == "lasso"
            ? LinearFit.Lasso(centred, rest, Array.ConvertAll(w, weight => weight * w.Length / total), Alpha)
            : LinearFit.Ridge(centred, rest, w, Alpha);
        return (b, meanY - LinearFit.Dot(b, meanX));
    }

    private static double Checked(double alpha) =>
        alpha >= 0 ? alpha : throw new VitrineException($"surrogate: alpha is out of range; got {alpha}; expected at least 0.");
}
