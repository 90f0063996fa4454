using System.Globalization;

namespace Vitrine.Viz;

/// <summary>Colours of a terminal as escape sequences; plain text where there are none.</summary>
internal readonly struct ConsoleInk(ConsoleColors colors)
{
    private const string Escape = "\u001b[";

    /// <summary>Whether colours can be seen.</summary>
    public bool HasColor => colors != ConsoleColors.None;

    /// <summary>Headings.</summary>
    public string Bold(string text) => HasColor ? $"{Escape}1m{text}{Escape}0m" : text;

    /// <summary>What matters less.</summary>
    public string Faint(string text) => HasColor ? $"{Escape}2m{text}{Escape}0m" : text;

    /// <summary>A text on the colour of its score: black itself, for what themes call black may be grey.</summary>
    public string OnScore(string text, double score, ColorScale scale) =>
        HasColor && scale.Terminal(score) is { } back ? $"{Escape}38;{Code((0, 0, 0))};48;{Code(back)}m{text}{Escape}0m" : text;

    /// <summary>A bar in the full colour of its sign.</summary>
    public string Bar(string bar, double score) => HasColor
        ? $"{Escape}38;{Code(score < 0 ? ((byte)52, (byte)134, (byte)220) : ((byte)232, (byte)96, (byte)28))}m{bar}{Escape}0m"
        : bar;

    private string Code((byte Red, byte Green, byte Blue) c) => colors == ConsoleColors.True
        ? string.Create(CultureInfo.InvariantCulture, $"2;{c.Red};{c.Green};{c.Blue}")
        : string.Create(CultureInfo.InvariantCulture, $"5;{16 + (36 * Sixth(c.Red)) + (6 * Sixth(c.Green)) + Sixth(c.Blue)}");

    // xterm's cube has the levels 0, 95, 135, 175, 215, 255.
    private static int Sixth(byte level) => level < 48 ? 0 : level < 115 ? 1 : (level - 35) / 40;
}
