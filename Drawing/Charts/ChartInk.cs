using SkiaSharp;

namespace Vitrine.Drawing;

/// <summary>The colours of a chart and its letters.</summary>
/// <param name="isDark">On dark paper.</param>
internal sealed class ChartInk(bool isDark)
{
    // Distinct in hue and lightness, and visible on both papers.
    private static readonly SKColor[] s_curves =
    [
        new(0x34, 0x86, 0xdc), new(0xe8, 0x60, 0x1c), new(0x2f, 0x9e, 0x62), new(0x9b, 0x5f, 0xc0), new(0xb0, 0x89, 0x2a),
        new(0x7b, 0x82, 0x8c), new(0xc9, 0x4f, 0x7c), new(0x1f, 0x9c, 0xa8),
    ];

    /// <summary>For an SVG on light paper: what becomes of its colours for a reader who prefers dark.</summary>
    public const string DarkStyle = """

        <style>@media (prefers-color-scheme:dark){[fill="#FDFDFD"]{fill:#14161a}[fill="#191B1F"]{fill:#eceef1}[stroke="#191B1F"]{stroke:#eceef1}[fill="#5D636B"]{fill:#a2a8b0}[stroke="#5D636B"]{stroke:#a2a8b0}[stroke="#DDE0E4"]{stroke:#2c3138}}</style>
        """;

    /// <summary>The background. Light is not pure white, which an SVG would call by its name.</summary>
    public SKColor Paper { get; } = isDark ? new(0x14, 0x16, 0x1a) : new(0xfd, 0xfd, 0xfd);

    /// <summary>Letters.</summary>
    public SKColor Ink { get; } = isDark ? new(0xec, 0xee, 0xf1) : new(0x19, 0x1b, 0x1f);

    /// <summary>Letters that matter less, and axes.</summary>
    public SKColor Soft { get; } = isDark ? new(0xa2, 0xa8, 0xb0) : new(0x5d, 0x63, 0x6b);

    /// <summary>The lines of the grid.</summary>
    public SKColor Grid { get; } = isDark ? new(0x2c, 0x31, 0x38) : new(0xdd, 0xe0, 0xe4);

    /// <summary>The colour of a number.</summary>
    public static SKColor Of(int color) => s_curves[color % s_curves.Length];

    /// <summary>Draws a line of text, or only measures it where there is no canvas.</summary>
    /// <returns>Its length.</returns>
    public static float Text(SKCanvas? canvas, string text, float x, float y, float size, SKColor color, bool isBold = false)
    {
        using var line = new TextLine(text, size, isBold, FontLibrary.OfMachine);
        if (canvas is not null)
        {
            using SKPaint paint = new() { Color = color, IsAntialias = true };
            line.Draw(canvas, x, y, paint);
        }
        return line.Width;
    }
}
