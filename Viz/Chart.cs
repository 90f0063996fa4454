namespace Vitrine.Viz;

/// <summary>A statistic to be drawn: panels of curves with a title and one legend. <c>Vitrine.Drawing</c> makes PNG, SVG or PDF of
/// it.</summary>
public sealed record Chart
{
    /// <summary>What is shown.</summary>
    public required string Title { get; init; }

    /// <summary>What should be known to read it, in small letters; empty: nothing.</summary>
    public string Note { get; init; } = "";

    /// <summary>The panels, in rows from the left.</summary>
    public required IReadOnlyList<ChartPanel> Panels { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Title}: {Panels.Count} panels, {Panels.Sum(panel => panel.Curves.Count)} curves";
}

/// <summary>One pair of axes.</summary>
public sealed record ChartPanel
{
    /// <summary>What the panel shows where there are several; empty: no heading.</summary>
    public string Title { get; init; } = "";

    /// <summary>What is to the right.</summary>
    public string XLabel { get; init; } = "";

    /// <summary>What is upwards, with its unit.</summary>
    public string YLabel { get; init; } = "";

    /// <summary>The curves.</summary>
    public required IReadOnlyList<ChartCurve> Curves { get; init; }

    /// <summary>Marks of the lower axis with their names, turned where they are long; null: numbers.</summary>
    public IReadOnlyList<(double X, string Name)>? Ticks { get; init; }

    /// <summary>Where a line is drawn across, such as chance; null: nowhere.</summary>
    public double? Level { get; init; }

    /// <summary>Whether values are parts of 1, shown as per cent from 0 to 100.</summary>
    public bool IsShare { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Title}{(Title.Length > 0 ? ": " : "")}{Curves.Count} curves of {YLabel} by {XLabel}";
}

/// <summary>A curve, or points with intervals.</summary>
/// <param name="Name">For the legend; curves of one name share their entry.</param>
/// <param name="Points">From left to right; NaN where there is no value, equal ends where there is no interval.</param>
/// <param name="Color">Number of its colour; curves that belong together share one.</param>
public sealed record ChartCurve(string Name, IReadOnlyList<ChartPoint> Points, int Color)
{
    /// <summary>Drawn thin: something to compare with.</summary>
    public bool IsThin { get; init; }

    /// <summary>Points that no line joins, with whiskers instead of a band.</summary>
    public bool IsScatter { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Points.Count} points";
}

/// <summary>A value with the ends of its interval.</summary>
/// <param name="X">Where.</param>
/// <param name="Y">The value.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct ChartPoint(double X, double Y, double Low, double High)
{
    /// <summary>A value without an interval.</summary>
    public static ChartPoint Of(double x, double y) => new(x, y, y, y);
}
