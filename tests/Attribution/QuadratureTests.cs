using Vitrine.Attributions;
using Xunit;

namespace Vitrine.Tests.Attributions;

public class QuadratureTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(20)]
    [InlineData(51)]
    [InlineData(300)]
    public void GaussLegendre_PolynomialOfDegree2nMinus1_IsExact(int n)
    {
        (double[] nodes, double[] weights) = Quadrature.GaussLegendre.Points(n);

        int degree = (2 * n) - 1;
        double integral = nodes.Zip(weights, (x, w) => w * Math.Pow(x, degree)).Sum();

        Assert.Equal(1.0 / (degree + 1), integral, 1e-13);
        Assert.Equal(1, weights.Sum(), 1e-13);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1001)]
    [InlineData(3333)]
    [InlineData(1_000_000)]
    public void GaussLegendre_ManyPoints_AreAscendingAndExactOnEachPart(int n)
    {
        (double[] nodes, double[] weights) = Quadrature.GaussLegendre.Points(n);

        Assert.Equal(n, nodes.Length);
        Assert.True(nodes[0] > 0 && nodes[^1] < 1 && nodes.Zip(nodes.Skip(1)).All(pair => pair.First < pair.Second));
        Assert.All([1, 2, 7, 500], degree =>
            Assert.Equal(1.0 / (degree + 1), nodes.Zip(weights, (x, w) => w * Math.Pow(x, degree)).Sum(), 1e-12));
        Assert.Equal(Math.E - 1, nodes.Zip(weights, (x, w) => w * Math.Exp(x)).Sum(), 1e-12);
    }

    [Theory]
    [InlineData("riemann_left", 0, 0.75)]
    [InlineData("riemann_right", 0.25, 1)]
    [InlineData("riemann_middle", 0.125, 0.875)]
    [InlineData("riemann_trapezoid", 0, 1)]
    public void Riemann_FourPoints_StandWhereTheNameSays(string name, double first, double last)
    {
        (double[] nodes, double[] weights) = Quadrature.Get(name).Points(4);

        Assert.Equal([first, last], [nodes[0], nodes[^1]]);
        Assert.Equal(1, weights.Sum(), 1e-15);
    }

    [Fact]
    public void Trapezoid_InCaptumsWay_IsShortByOneNth()
    {
        (_, double[] weights) = Quadrature.RiemannTrapezoid.Points(20, Compat.Captum);

        Assert.Equal(19.0 / 20, weights.Sum(), 1e-15);
        Assert.Equal([1.0 / 40, 1.0 / 20, 1.0 / 40], [weights[0], weights[1], weights[^1]]);
    }
}
