using System.Globalization;

namespace Vitrine.Viz;

/// <summary>
/// One way to write numbers in every picture: invariant culture, a sign where signs are possible, as many digits as the scale deserves.
/// </summary>
public static class Numbers
{
    /// <summary>Writes scores that are shown side by side: three digits of the largest, so that columns align.</summary>
    /// <param name="scale">The largest magnitude among them.</param>
    /// <param name="signed">Whether a positive score gets a +.</param>
    public static Func<double, string> Scores(double scale, bool signed)
    {
        string digits = scale switch
        {
            0 => "0",
            < 1e-3 or >= 1e5 => "0.00e+00",
            >= 100 => "0",
            >= 10 => "0.0",
            >= 1 => "0.00",
            >= 0.1 => "0.000",
            >= 0.01 => "0.0000",
            _ => "0.00000",
        };
        string format = signed ? $"+{digits};-{digits};{digits}" : digits;
        return value => double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "n/a";
    }

    /// <summary>A number by itself: six significant digits.</summary>
    public static string Exact(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    /// <summary>A probability as per cent: <c>97.3 %</c>.</summary>
    public static string Percent(double probability) => double.IsNaN(probability)
        ? "n/a"
        : (probability * 100).ToString(probability is >= 0.001 or 0 ? "0.0" : probability >= 1e-5
            ? "0.000" : "0.0e+0", CultureInfo.InvariantCulture) + " %";

    /// <summary>A length or an opacity in a picture: at most two decimals.</summary>
    public static string Length(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);
}
