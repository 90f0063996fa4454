using System.Diagnostics;
using System.Globalization;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary>Rows done, their rate and the time left, in one line on standard error when that is a screen.</summary>
internal sealed class RowProgress(string what, Terminal terminal) : IProgress<RowsProgress>
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly CostNotice _cost = new(notice =>
    {
        terminal.Error.WriteLine($"{(terminal.ErrorIsInteractive ? "\r\u001b[K" : "")}vitrine: {notice}");
        terminal.Error.Flush();
    });
    private TimeSpan _shown = TimeSpan.Zero;
    private double? _first;

    /// <inheritdoc/>
    public void Report(RowsProgress value)
    {
        _first ??= value.Share;
        _cost.Look(value.Row);
        if (terminal.ErrorIsInteractive && _clock.Elapsed - _shown > s_pause)
        {
            _shown = _clock.Elapsed;
            terminal.Error.Write($"\r\u001b[K{TextWidth.Cut(Line(value), Math.Max(1, terminal.Width - 1))}");
            terminal.Error.Flush();
        }
    }

    /// <summary>Clears the line, and says what there is to say at the end.</summary>
    /// <param name="done">How it went.</param>
    /// <param name="output">Where the rows went.</param>
    /// <param name="isShard">Whether the rows are a part of those in the file, which may be its bad ones.</param>
    /// <exception cref="CommandException">No row of a whole file could be used.</exception>
    public void End(RowsProgress done, string output, bool isShard)
    {
        if (terminal.ErrorIsInteractive)
        {
            terminal.Error.WriteLine($"\r\u001b[K{Line(done with { Share = null })}");
        }
        int rows = done.Kept + done.Done;
        if (done.Bad > 0 && done.Bad == rows && !isShard)
        {
            throw new CommandException(ExitCode.Input, string.Create(CultureInfo.InvariantCulture,
                $"{what}: none of {rows} rows could be used; each has its reason in {output}."));
        }
        if (done.Bad > 0)
        {
            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"vitrine: {what}: {done.Bad} of {rows} rows could not be used; each has its reason in {Markup.Visible(output)}."));
        }
    }

    private string Line(RowsProgress at)
    {
        double seconds = Math.Max(1e-3, _clock.Elapsed.TotalSeconds), rate = at.Done / seconds;
        // The share of earlier runs was read in no time: the time left goes by what this run has read since its first row.
        double? left = at.Share is { } now && _first is { } first && now > first ? (1 - now) * seconds / (now - first) : null;
        return string.Create(CultureInfo.InvariantCulture, $"{what}: {at.Kept + at.Done} rows · {rate:0.0} a second")
            + (at.Row is { } row ? $" · {row}" : "")
            + (at.Share is { } read ? string.Create(CultureInfo.InvariantCulture, $" · {read * 100:0} %") : "")
            + (left is { } wait ? string.Create(CultureInfo.InvariantCulture,
                $" · {TimeSpan.FromSeconds(Math.Min(wait, 8e6)):d\\.hh\\:mm\\:ss} left") : "");
    }
}
