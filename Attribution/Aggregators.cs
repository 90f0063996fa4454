using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>A way to turn many scores into one, by name.</summary>
/// <param name="Name">Inseq's name of it.</param>
/// <param name="Of">The one score of many.</param>
public sealed record Aggregator(string Name, Func<ReadOnlySpan<float>, float> Of);

/// <summary>The named aggregators; names as in Inseq, and <c>l1</c> = Σ|x|.</summary>
public static class Aggregators
{
    /// <summary>Σ x: keeps the sign, and completeness.</summary>
    public static Aggregator Sum { get; } = new("sum", x => (float)Total(x));

    /// <summary>Σ x / n.</summary>
    public static Aggregator Mean { get; } = new("mean", x => (float)(Total(x) / x.Length));

    /// <summary>‖x‖₂ = √Σ x²: loses the sign.</summary>
    public static Aggregator VectorNorm { get; } = new("vnorm", x =>
    {
        double squares = 0;
        foreach (float value in x)
        {
            squares += (double)value * value;
        }
        return (float)Math.Sqrt(squares);
    });

    /// <summary>Every aggregator.</summary>
    public static IReadOnlyList<Aggregator> All { get; } =
    [
        Sum,
        Mean,
        new("max", x => Fold(x, MathF.Max)),
        new("min", x => Fold(x, MathF.Min)),
        new("prod", x => Fold(x, (a, b) => a * b)),
        new("absmax", x => Fold(x, (a, b) => MathF.Abs(b) > MathF.Abs(a) ? b : a)),
        VectorNorm,
        new("l1", x => Fold(x, (a, b) => a + MathF.Abs(b), 0)),
    ];

    /// <summary>The aggregator of a name.</summary>
    /// <exception cref="VitrineException">There is none of that name.</exception>
    public static Aggregator Get(string name) => Names.Find(All, a => a.Name, name, "aggregator");

    private static double Total(ReadOnlySpan<float> x)
    {
        double total = 0;
        foreach (float value in x)
        {
            total += value;
        }
        return total;
    }

    private static float Fold(ReadOnlySpan<float> x, Func<float, float, float> combine) => Fold(x[1..], combine, x[0]);

    private static float Fold(ReadOnlySpan<float> x, Func<float, float, float> combine, float start)
    {
        float result = start;
        foreach (float value in x)
        {
            result = combine(result, value);
        }
        return result;
    }
}
