using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>The numbers of a finding: one bar per method, and a line where the warning begins.</summary>
public static class FindingFigure
{
    private const double Margin = 16, RowHeight = 20, Length = 300;

    /// <summary>The picture.</summary>
    /// <param name="finding">What was tested.</param>
    /// <param name="isTitled">Whether the question stands above it.</param>
    public static string Svg(Finding finding, bool isTitled = true)
    {
        string[] names = [.. finding.Rows.Select(row => TextWidth.Cut(row.Label, 48))];
        double name = Math.Max(60, names.Select(n => SvgCanvas.TextLength(n)).DefaultIfEmpty(0).Max()) + 10;
        double low = Math.Min(0, Math.Min(finding.Threshold, finding.Rows.Min(row => row.Value))),
            high = Math.Max(Math.Max(0, finding.Threshold), finding.Rows.Max(row => row.Value));
        (low, high) = high - low > 1e-9 ? (low, high) : (low, low + 1);
        double At(double value) => Margin + name + ((value - low) / (high - low) * Length);
        var canvas = new SvgCanvas();
        double top = isTitled ? Margin + 30 : Margin;
        if (isTitled)
        {
            canvas.Text(finding.Question, Margin, Margin + 14, kind: "title");
        }
        double y = top;
        for (int i = 0; i < finding.Rows.Count; i++, y += RowHeight)
        {
            FindingRow row = finding.Rows[i];
            (double zero, double at) = (At(0), At(row.Value));
            canvas.Text(names[i], Margin + name - 8, y + 14, "end");
            canvas.Rect("card", At(low), y + 2, Length, RowHeight - 4);
            canvas.Rect(row.IsOver ? "for" : "against", Math.Min(zero, at), y + 2, Math.Max(1, Math.Abs(at - zero)), RowHeight - 4,
                tip: $"{row.Label} {Numbers.Exact(row.Value)}");
            canvas.Text(row.Shown, At(high) + 60, y + 14, "end");
        }
        canvas.Line(At(finding.Threshold), top - 2, At(finding.Threshold), y + 2);
        canvas.Text(string.Create(CultureInfo.InvariantCulture, $"line: {finding.Threshold:0.00}, where the warning begins"), Margin,
            y + 18, kind: "soft small");
        return canvas.Close(Math.Max(Margin + name + Length + 64, isTitled
            ? SvgCanvas.TextLength(finding.Question, 15) + Margin : 0) + Margin, y + 18 + Margin, finding.Question);
    }

    /// <summary>The same as a table.</summary>
    internal static Grid Table(Finding finding) => new()
    {
        Head = ["", ">value", "warning"],
        Rows = [.. finding.Rows.Select(row => (string[])[row.Label, row.Shown, row.IsOver ? "yes" : ""])],
    };
}
