using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// Points and weights that turn an integral over [0, 1] into a sum: ∫ g(α) dα ≈ Σ wᵢ · g(αᵢ). The five that Captum has, under its names.
/// </summary>
public sealed class Quadrature
{
    /// <summary>Points of Gauss–Legendre that are computed as one rule: it takes time with their square.</summary>
    private const int MostLegendre = 1000;

    private readonly Func<int, (double[] Nodes, double[] Weights)> _rule;

    private Quadrature(string name, Func<int, (double[] Nodes, double[] Weights)> rule) => (Name, _rule) = (name, rule);

    /// <summary>
    /// Exact for polynomials up to degree 2n − 1; the default. More than 1,000 points are laid out in equal parts of [0, 1], each with a
    /// rule of its own, exact up to twice its points less 1.
    /// </summary>
    public static Quadrature GaussLegendre { get; } = new("gausslegendre", Legendre);

    /// <summary>α = i/n for i = 0 … n − 1.</summary>
    public static Quadrature RiemannLeft { get; } = new("riemann_left", n => Even(n, i => (double)i / n));

    /// <summary>α = i/n for i = 1 … n.</summary>
    public static Quadrature RiemannRight { get; } = new("riemann_right", n => Even(n, i => (i + 1.0) / n));

    /// <summary>α = (i + ½)/n for i = 0 … n − 1.</summary>
    public static Quadrature RiemannMiddle { get; } = new("riemann_middle", n => Even(n, i => (i + 0.5) / n));

    /// <summary>n points from 0 to 1, the ends counting half. One point falls back to the middle.</summary>
    public static Quadrature RiemannTrapezoid { get; } = new("riemann_trapezoid", Trapezoid);

    /// <summary>Every rule.</summary>
    public static IReadOnlyList<Quadrature> All { get; } = [GaussLegendre, RiemannLeft, RiemannRight, RiemannMiddle, RiemannTrapezoid];

    /// <summary>Captum's name of the rule.</summary>
    public string Name { get; }

    /// <summary>The rule of a name.</summary>
    /// <exception cref="VitrineException">There is none of that name.</exception>
    public static Quadrature Get(string name) => Names.Find(All, q => q.Name, name, "quadrature");

    /// <summary>The points and weights of the rule.</summary>
    /// <param name="n">How many points, at least 1.</param>
    /// <param name="compat">
    /// With <see cref="Compat.Captum"/> or <see cref="Compat.Inseq"/> the trapezoid's weights are Captum's 1/n with halved
    /// ends: they sum to (n − 1)/n, so that its attributions are short by that factor. By default they sum to 1.
    /// </param>
    public (double[] Nodes, double[] Weights) Points(int n, Compat compat = Compat.None)
    {
        (double[] nodes, double[] weights) = _rule(n);
        if (!compat.RunsCaptum() || this != RiemannTrapezoid || n == 1)
        {
            return (nodes, weights);
        }
        return (nodes, [.. weights.Select(w => w * (n - 1) / n)]);
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    private static (double[] Nodes, double[] Weights) Even(int n, Func<int, double> node)
    {
        double[] weights = new double[n];
        Array.Fill(weights, 1.0 / n);
        return ([.. Enumerable.Range(0, n).Select(node)], weights);
    }

    private static (double[] Nodes, double[] Weights) Trapezoid(int n)
    {
        if (n == 1)
        {
            return ([0.5], [1]);
        }
        (double[] nodes, double[] weights) = Even(n, i => i / (n - 1.0));
        Array.Fill(weights, 1 / (n - 1.0));
        weights[0] = weights[^1] = 0.5 / (n - 1);
        return (nodes, weights);
    }

    private static (double[] Nodes, double[] Weights) Legendre(int n)
    {
        int parts = ((n - 1) / MostLegendre) + 1, longer = n % parts; // so many parts have a point more
        (double[] Nodes, double[] Weights) less = LegendreRoots(n / parts), more = longer == 0 ? less : LegendreRoots((n / parts) + 1);
        IEnumerable<(int Part, (double[] Nodes, double[] Weights) Rule)> all =
            Enumerable.Range(0, parts).Select(part => (part, part < longer ? more : less));
        return parts == 1 ? less : ([.. all.SelectMany(a => a.Rule.Nodes.Select(node => (a.Part + node) / parts))],
            [.. all.SelectMany(a => a.Rule.Weights.Select(weight => weight / parts))]);
    }

    /// <summary>Newton's iteration on the Legendre polynomial Pₙ, from the asymptotic guess cos(π(i + ¾)/(n + ½)).</summary>
    private static (double[] Nodes, double[] Weights) LegendreRoots(int n)
    {
        double[] nodes = new double[n], weights = new double[n];
        for (int i = 0; i < n; i++)
        {
            double x = Math.Cos(Math.PI * (i + 0.75) / (n + 0.5)), slope = 1;
            for (int iteration = 0; iteration < 100; iteration++)
            {
                (double p, slope) = Polynomial(n, x);
                double step = p / slope;
                x -= step;
                if (Math.Abs(step) < 1e-16)
                {
                    break;
                }
            }
            nodes[n - 1 - i] = (1 + x) / 2;
            weights[n - 1 - i] = 1 / ((1 - (x * x)) * slope * slope);
        }
        return (nodes, weights);
    }

    /// <summary>Pₙ(x) and its derivative, by the three-term recurrence.</summary>
    private static (double Value, double Slope) Polynomial(int n, double x)
    {
        double before = 1, value = x;
        for (int k = 2; k <= n; k++)
        {
            (before, value) = (value, ((((2 * k) - 1) * x * value) - ((k - 1) * before)) / k);
        }
        return (value, n * ((x * value) - before) / ((x * x) - 1));
    }
}
