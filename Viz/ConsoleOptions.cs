namespace Vitrine.Viz;

/// <summary>How many colours a terminal has.</summary>
public enum ConsoleColors
{
    /// <summary>None: everything is said with characters.</summary>
    None,

    /// <summary>The 256 colours of xterm.</summary>
    Palette,

    /// <summary>24 bits.</summary>
    True,
}

/// <summary>What a terminal can show, and how much of an explanation is wanted.</summary>
public sealed record ConsoleOptions
{
    /// <summary>Character cells per line; at least 40 are used.</summary>
    public int Width { get; init; } = 100;

    /// <summary>Colours.</summary>
    public ConsoleColors Colors { get; init; }

    /// <summary>
    /// How many tokens to list, the strongest first; null lists all of a short text in its order, and the 20 strongest of a long one.
    /// </summary>
    public int? Top { get; init; }

    /// <summary>
    /// What standard output of this process can show: plain text, 100 cells wide, where it goes to a file or pipe. Colour follows
    /// <see href="https://no-color.org"/>, and <c>CLICOLOR_FORCE</c>.
    /// </summary>
    public static ConsoleOptions OfProcess()
    {
        bool screen = !Console.IsOutputRedirected;
        bool forced = Environment.GetEnvironmentVariable("CLICOLOR_FORCE") is { Length: > 0 } and not "0";
        bool refused = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 }
            || Environment.GetEnvironmentVariable("TERM") == "dumb";
        return new()
        {
            Width = screen && Console.WindowWidth is > 20 and int width ? width : 100,
            Colors = !forced && (!screen || refused) ? ConsoleColors.None
                : Environment.GetEnvironmentVariable("COLORTERM") is "truecolor" or "24bit" ? ConsoleColors.True
                : ConsoleColors.Palette,
        };
    }
}
