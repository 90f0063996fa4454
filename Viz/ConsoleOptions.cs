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

    /// <summary>How many tokens to list, the strongest first; null lists all of a short text in its order, and the 20 strongest of a long one.</summary>
    public int? Top { get; init; }
}
