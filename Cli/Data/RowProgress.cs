using System.Diagnostics;
using System.Globalization;

namespace Vitrine.Cli;

/// <summary>Rows done, their rate and the time left, in one line on standard error when that is a screen.</summary>
internal sealed class RowProgress(string what, Terminal terminal)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _shown = TimeSpan.Zero;
    private double? _first;

    /// <summary>Rows done in this run.</summary>
    public int Done { get; private set; }

    /// <summary>Those of them that could not be used.</summary>
    public int Bad { get; private set; }

    /// <summary>Rows that an earlier run had done.</summary>
    public int Kept { get; set; }

    /// <summary>Counts a row.</summary>
    /// <param name="isBad">Whether it could not be used.</param>
    /// <param name="share">How much of the input has been read, 0–1; null where nobody knows.</param>
    public void Count(bool isBad, double? share)
    {
        _first ??= share;
        (Done, Bad) = (Done + 1, Bad + (isBad ? 1 : 0));
        if (terminal.ErrorIsInteractive && _clock.Elapsed - _shown > s_pause)
        {
            _shown = _clock.Elapsed;
            terminal.Error.Write($"\r\u001b[K{Line(share)}");
            terminal.Error.Flush();
        }
    }

    /// <summary>Clears the line, and says what there is to say at the end.</summary>
    /// <param name="output">Where the rows went.</param>
    public void End(string output)
    {
        if (terminal.ErrorIsInteractive)
        {
            terminal.Error.WriteLine($"\r\u001b[K{Line(null)}");
        }
        if (Bad > 0)
        {
            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"vitrine: {what}: {Bad} of {Done} rows could not be used; each has its reason in {output}."));
        }
    }

    private string Line(double? share)
    {
        double seconds = Math.Max(1e-3, _clock.Elapsed.TotalSeconds), rate = Done / seconds;
        // The share of earlier runs was read in no time: the time left goes by what this run has read since its first row.
        double? left = share is { } now && _first is { } first && now > first ? (1 - now) * seconds / (now - first) : null;
        return string.Create(CultureInfo.InvariantCulture, $"{what}: {Kept + Done} rows · {rate:0.0} a second")
            + (share is { } read ? string.Create(CultureInfo.InvariantCulture, $" · {read * 100:0} %") : "")
            + (left is { } wait ? string.Create(CultureInfo.InvariantCulture, $" · {TimeSpan.FromSeconds(Math.Min(wait, 8e6)):d\\.hh\\:mm\\:ss} left") : "");
    }
}
