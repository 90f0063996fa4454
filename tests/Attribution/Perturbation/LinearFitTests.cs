using Vitrine.Attributions;
using Xunit;

namespace Vitrine.Tests.Attributions;

public class LinearFitTests
{
    [Fact]
    public void LeastSquares_ExactPlane_IsFound()
    {
        (double[][] x, double[] w) = Data(40, 3);
        double[] y = [.. x.Select(row => 2 - row[0] + (3 * row[1]) + (0.5 * row[2]))];

        (double[] b, double c) = Surrogate.LeastSquares.Fit(x, y, w);

        Assert.Equal([-1, 3, 0.5, 2], [.. b.Append(c).Select(value => Math.Round(value, 9))]);
    }

    [Fact]
    public void LeastSquares_ColumnTwice_CountsOnce()
    {
        (double[][] x, double[] w) = Data(40, 2);
        double[][] doubled = [.. x.Select(row => new[] { row[0], row[0], row[1] })];

        (double[] b, _) = Surrogate.LeastSquares.Fit(doubled, [.. x.Select(row => row[0] - row[1])], w);

        Assert.Equal([1, 0, -1], Array.ConvertAll(b, value => Math.Round(value, 9)));
    }

    [Fact]
    public void Ridge_Solution_HasNoSlope()
    {
        (double[][] x, double[] w) = Data(30, 4);
        double[] y = [.. x.Select((row, i) => row[0] - row[2] + Math.Sin(i))];
        (double[] b, double c) = Surrogate.Ridge(0.7).Fit(x, y, w);

        double[] rest = [.. y.Select((value, i) => w[i] * (value - c - LinearFit.Dot(b, x[i])))];

        Assert.Equal(0, rest.Sum(), 1e-10);
        Assert.All(Enumerable.Range(0, 4), j => Assert.Equal(0.7 * b[j], LinearFit.Dot(rest, [.. x.Select(row => row[j])]), 1e-10));
    }

    [Fact]
    public void Lasso_Solution_FulfilsItsOptimalityConditions()
    {
        (double[][] x, double[] w) = Data(60, 6);
        double[] y = [.. x.Select((row, i) => (2 * row[0]) - row[3] + (0.01 * Math.Sin(i)))];
        const double alpha = 0.05;
        (double[] b, double c) = Surrogate.Lasso(alpha).Fit(x, y, w);

        double[] rest = [.. y.Select((value, i) => w[i] * (value - c - LinearFit.Dot(b, x[i])) / w.Sum())];

        Assert.Equal(0, rest.Sum(), 1e-10);
        Assert.Contains(0, b);
        for (int j = 0; j < 6; j++)
        {
            double pull = LinearFit.Dot(rest, [.. x.Select(row => row[j])]);
            Assert.Equal(b[j] == 0 ? Math.Clamp(pull, -alpha, alpha) : alpha * Math.Sign(b[j]), pull, 1e-4);
        }
    }

    private static (double[][] X, double[] W) Data(int rows, int columns)
    {
        var random = new Random(4);
        double[][] x = [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, columns).Select(_ => random.NextDouble()).ToArray())];
        return (x, [.. Enumerable.Range(0, rows).Select(_ => 0.1 + random.NextDouble())]);
    }
}
