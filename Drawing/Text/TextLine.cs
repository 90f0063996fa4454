using System.Globalization;
using System.Text;
using HarfBuzzSharp;
using SkiaSharp;
using SkiaSharp.HarfBuzz;

namespace Vitrine.Drawing;

/// <summary>A line of text that is shaped: runs of one typeface and direction, each with its place and width.</summary>
internal sealed class TextLine : IDisposable
{
    private readonly List<(SKTextBlob? Glyphs, string Missing, float X)> _runs = [];
    private readonly SortedSet<string> _missing = new(StringComparer.Ordinal);
    private readonly float _size;
    private readonly FontLibrary _fonts;

    /// <summary>Shapes.</summary>
    /// <param name="text">Any text; the order of its parts on the page is found here.</param>
    /// <param name="size">Height of the font.</param>
    /// <param name="isBold">Whether strokes are thicker.</param>
    /// <param name="fonts">Where typefaces come from.</param>
    public TextLine(string text, float size, bool isBold, FontLibrary fonts)
    {
        (_size, _fonts) = (size, fonts);
        foreach ((string part, bool fromRight) in BidiRuns.Of(text))
        {
            IEnumerable<(string Text, SKTypeface? Face)> runs = Runs(part, fonts);
            foreach ((string run, SKTypeface? face) in fromRight ? runs.Reverse() : runs)
            {
                Width += face is null ? Refuse(run) : Shape(run, face, fromRight, isBold);
            }
        }
    }

    /// <summary>How long the line is.</summary>
    public float Width { get; private set; }

    /// <summary>Characters that no typeface has.</summary>
    public IReadOnlyCollection<string> Missing => _missing;

    /// <summary>Draws the line; a character without a glyph becomes a frame with its number in it.</summary>
    /// <param name="canvas">Where.</param>
    /// <param name="x">Left end.</param>
    /// <param name="y">Baseline.</param>
    /// <param name="paint">Its colour.</param>
    public void Draw(SKCanvas canvas, float x, float y, SKPaint paint)
    {
        foreach ((SKTextBlob? glyphs, string missing, float at) in _runs)
        {
            if (glyphs is not null)
            {
                canvas.DrawText(glyphs, x + at, y, paint);
            }
            else
            {
                DrawNumber(canvas, missing, x + at, y, paint);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((SKTextBlob? glyphs, _, _) in _runs)
        {
            glyphs?.Dispose();
        }
    }

    // Neighbouring clusters with one typeface shape together; what only joins stays with what is before it.
    private static List<(string Text, SKTypeface? Face)> Runs(string part, FontLibrary fonts)
    {
        List<(string Text, SKTypeface? Face)> runs = [];
        foreach (string cluster in BidiRuns.Clusters(part))
        {
            SKTypeface? face = fonts.For(cluster);
            if (runs.Count > 0 && face is not null && runs[^1].Face == face)
            {
                runs[^1] = (runs[^1].Text + cluster, face);
                continue;
            }
            runs.Add((cluster, face));
        }
        return runs;
    }

    private float Shape(string run, SKTypeface face, bool fromRight, bool isBold)
    {
        using var buffer = new HarfBuzzSharp.Buffer();
        buffer.AddUtf16(run);
        buffer.GuessSegmentProperties();
        buffer.Direction = fromRight ? Direction.RightToLeft : Direction.LeftToRight;
        using var font = new SKFont(face, _size) { Embolden = isBold, Subpixel = true, Edging = SKFontEdging.Antialias };
        using var shaper = new SKShaper(face);
        SKShaper.Result shaped = shaper.Shape(buffer, 0, 0, font);
        using var builder = new SKTextBlobBuilder();
        SKPositionedTextBlob(builder, font, shaped);
        if (builder.Build() is { } blob)
        {
            _runs.Add((blob, "", Width));
        }
        return shaped.Width;
    }

    private static void SKPositionedTextBlob(SKTextBlobBuilder builder, SKFont font, SKShaper.Result shaped)
    {
        if (shaped.Codepoints.Length == 0)
        {
            return;
        }
        SKPositionedRunBuffer run = builder.AllocatePositionedRun(font, shaped.Codepoints.Length);
        for (int i = 0; i < shaped.Codepoints.Length; i++)
        {
            run.Glyphs[i] = (ushort)shaped.Codepoints[i];
            run.Positions[i] = shaped.Points[i];
        }
    }

    private float Refuse(string cluster)
    {
        _missing.Add(cluster);
        string number = Rune.GetRuneAt(cluster, 0).Value.ToString("X4", CultureInfo.InvariantCulture);
        _runs.Add((null, number, Width));
        return _size * (number.Length > 4 ? 1.2f : 0.9f);
    }

    private void DrawNumber(SKCanvas canvas, string number, float x, float y, SKPaint paint)
    {
        int half = (number.Length + 1) / 2;
        float width = _size * ((number.Length > 4 ? 1.2f : 0.9f) - 0.1f);
        using SKPaint frame = new() { Color = paint.Color, IsAntialias = true, IsStroke = true, StrokeWidth = 0.6f };
        using var font = new SKFont(_fonts.Standard, _size * 0.45f);
        canvas.DrawRect(x + (_size * 0.05f), y - (_size * 0.85f), width, _size * 0.98f, frame);
        canvas.DrawText(number[..half], x + (_size * 0.05f) + (width / 2), y - (_size * 0.44f), SKTextAlign.Center, font, paint);
        canvas.DrawText(number[half..], x + (_size * 0.05f) + (width / 2), y + (_size * 0.02f), SKTextAlign.Center, font, paint);
    }
}
