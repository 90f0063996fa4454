using System.Globalization;
using ScottPlot;
using SkiaSharp;
using Vitrine.Viz;

namespace Vitrine.Drawing;

/// <summary>One panel of a chart, drawn by ScottPlot.</summary>
internal static class PanelPlot
{
    private const string Font = "DejaVu Sans";
    private const float Letter = 5.2f; // width of a letter of a tick's name
    private const double Turn = 40;

    static PanelPlot()
    {
        // The typeface of this assembly, by its name: where no font is installed the default one draws nothing, and says nothing.
        Fonts.FontResolvers.Insert(0, new OwnFont());
        Fonts.Default = Fonts.Sans = Font;
    }

    /// <summary>How much higher a panel of a width is for the names below it: they are turned where they do not fit.</summary>
    public static float NamesHeight(ChartPanel panel, float width) =>
        IsTurned(panel, width) ? (panel.Ticks!.Max(tick => tick.Name.Length) * Letter * (float)Math.Sin(Turn * Math.PI / 180)) + 8 : 0;

    /// <summary>Draws it.</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="canvas">Where.</param>
    /// <param name="place">The rectangle it fills, labels included.</param>
    /// <param name="ink">Colours.</param>
    public static void Draw(ChartPanel panel, SKCanvas canvas, SKRect place, ChartInk ink)
    {
        using var plot = new Plot();
        Style(plot, panel, place.Width, ink);
        foreach (ChartCurve curve in panel.Curves)
        {
            Add(plot, curve);
        }
        if (panel.Level is { } level)
        {
            plot.Add.HorizontalLine(level, 1, Of(ink.Soft), LinePattern.Dashed);
        }
        (double left, double right) = (panel.Curves.Min(c => c.Points[0].X), panel.Curves.Max(c => c.Points[^1].X));
        double pad = panel.Ticks is { } ticks ? Math.Max(0.5, right - left) / (2 * Math.Max(1, ticks.Count - 1))
            : left == right ? 0.5 : (right - left) * 0.03;
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsX(left - pad, right + pad);
        if (panel.IsShare)
        {
            plot.Axes.SetLimitsY(-0.02, 1.02);
        }
        canvas.Save();
        canvas.ClipRect(place); // Render clears all it can reach
        plot.Render(canvas, new PixelRect(place.Left, place.Right, place.Bottom, place.Top));
        canvas.Restore();
    }

    private static void Add(Plot plot, ChartCurve curve)
    {
        ChartPoint[] points = [.. curve.Points.Where(point => !double.IsNaN(point.Y))];
        if (points.Length == 0)
        {
            return;
        }
        double[] xs = [.. points.Select(p => p.X)], ys = [.. points.Select(p => p.Y)];
        Color color = Of(ChartInk.Of(curve.Color));
        bool hasBand = points.Any(p => p.High > p.Low);
        if (hasBand && !curve.IsScatter)
        {
            ScottPlot.Plottables.FillY band = plot.Add.FillY(xs, [.. points.Select(p => p.Low)], [.. points.Select(p => p.High)]);
            (band.FillColor, band.LineWidth, band.MarkerStyle) = (color.WithAlpha(0.18), 0, MarkerStyle.None);
        }
        ScottPlot.Plottables.Scatter line = plot.Add.Scatter(xs, ys, color);
        line.LineWidth = curve.IsScatter ? 0 : curve.IsThin ? 1 : 2;
        line.MarkerSize = curve.IsScatter ? 7 : hasBand ? 5 : points.Length == 1 ? 5 : 0;
        if (hasBand && curve.IsScatter)
        {
            double[] still = new double[xs.Length];
            plot.Add.Plottable(new ScottPlot.Plottables.ErrorBar(xs, ys, still, still, [.. points.Select(p => p.Y - p.Low)],
                [.. points.Select(p => p.High - p.Y)])
            { Color = color, LineWidth = 1.5f, CapSize = 3 });
        }
    }

    private static void Style(Plot plot, ChartPanel panel, float width, ChartInk ink)
    {
        (plot.FigureBackground.Color, plot.DataBackground.Color) = (Of(ink.Paper), Of(ink.Paper));
        plot.Grid.MajorLineColor = Of(ink.Grid);
        plot.Axes.Color(Of(ink.Soft));
        plot.Axes.Right.FrameLineStyle.Width = plot.Axes.Top.FrameLineStyle.Width = 0;
        plot.Legend.IsVisible = false;
        plot.Axes.Title.Label.Text = panel.Title;
        (plot.Axes.Title.Label.FontSize, plot.Axes.Title.Label.Bold) = (12, false);
        plot.Axes.Title.Label.ForeColor = Of(ink.Ink);
        plot.Axes.Title.IsVisible = panel.Title.Length > 0;
        plot.XLabel(panel.XLabel);
        plot.YLabel(panel.YLabel);
        foreach (IAxis axis in (IAxis[])[plot.Axes.Bottom, plot.Axes.Left])
        {
            (axis.Label.FontSize, axis.Label.Bold, axis.TickLabelStyle.FontSize) = (11, false, 10);
            axis.MinorTickStyle.Length = 0;
        }
        plot.Axes.Right.MinimumSize = 12; // the last name of a tick reaches past the frame
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic
        {
            LabelFormatter = value => panel.IsShare ? (100 * value).ToString("0", CultureInfo.InvariantCulture) + " %"
                : value.ToString("G5", CultureInfo.InvariantCulture),
        };
        if (panel.Ticks is { } ticks)
        {
            plot.Axes.Bottom.TickGenerator =
                new ScottPlot.TickGenerators.NumericManual([.. ticks.Select(t => t.X)], [.. ticks.Select(t => t.Name)]);
            if (IsTurned(panel, width))
            {
                plot.Axes.Bottom.TickLabelStyle.Rotation = -(float)Turn;
                plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.MiddleRight;
                plot.Axes.Bottom.MinimumSize = NamesHeight(panel, width) + 12;
                plot.Axes.Left.MinimumSize = ticks[0].Name.Length * Letter * (float)Math.Cos(Turn * Math.PI / 180) * 0.8f;
            }
        }
        else
        {
            plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic
            {
                LabelFormatter = value => value.ToString("G7", CultureInfo.InvariantCulture),
            };
        }
        plot.Font.Set(Font);
    }

    private static bool IsTurned(ChartPanel panel, float width) =>
        panel.Ticks is { } ticks && ticks.Sum(tick => (tick.Name.Length + 2) * Letter) > width - 60;

    private static Color Of(SKColor color) => new(color.Red, color.Green, color.Blue);

    // Whatever family is asked for: letters that are drawn are better than a name that is kept.
    private sealed class OwnFont : IFontResolver
    {
        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
            FontLibrary.OfMachine.Standard;

        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => FontLibrary.OfMachine.Standard;

    }
}
