using System.Collections.Concurrent;
using Spectre.Console;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary>Progress of long work on standard error: what it costs, and where that is a screen the share done and the time left.</summary>
/// <remarks>The display starts after half a second on a thread of its own, so that short work neither waits for it nor loads its
/// library.</remarks>
internal sealed class ProgressLine : IProgress<WorkProgress>, IProgress<AttributionProgress>, IProgress<double>, IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<string> _notices = new(); // for the display, which owns the screen
    private readonly CostNotice _cost;
    private readonly Thread? _display;
    private volatile string _what;
    private bool _isEnded;
    private long _progress; // done in the upper half, total in the lower: read and written at once

    private ProgressLine(string what, Terminal terminal)
    {
        _what = what;
        if (terminal.ErrorIsInteractive)
        {
            _display = new Thread(Show) { IsBackground = true, Name = "progress" };
            _display.Start();
        }
        _cost = new(notice =>
        {
            if (terminal.ErrorIsInteractive)
            {
                _notices.Enqueue(notice);
                return;
            }
            terminal.Error.WriteLine($"vitrine: {notice}");
            terminal.Error.Flush();
        });
    }

    /// <summary>Begins; disposing ends it and clears the line.</summary>
    public static ProgressLine Start(string what, Terminal terminal) => new(what, terminal);

    /// <inheritdoc/>
    public void Report(WorkProgress value)
    {
        _what = value.What;
        _cost.Look(value);
        Report(new AttributionProgress(value.Done, value.Total));
    }

    /// <inheritdoc/>
    public void Report(AttributionProgress value) => Volatile.Write(ref _progress, ((long)value.Done << 32) | (uint)value.Total);

    /// <summary>The part done, 0 to 1.</summary>
    void IProgress<double>.Report(double value) => Report(new AttributionProgress((int)(value * 1000), 1000));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isEnded)
        {
            return;
        }
        _isEnded = true;
        _end.Cancel();
        _display?.Join();
        _end.Dispose();
    }

    private void Show()
    {
        if (_end.Token.WaitHandle.WaitOne(s_patience))
        {
            return;
        }
        IAnsiConsole console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Error) });
        console.Progress().AutoClear(true).AutoRefresh(false).HideCompleted(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(_what));
                do
                {
                    while (_notices.TryDequeue(out string? notice))
                    {
                        console.WriteLine($"vitrine: {notice}");
                    }
                    long now = Volatile.Read(ref _progress);
                    task.Description = Markup.Escape(_what);
                    (task.MaxValue, task.Value) = (Math.Max(1, (uint)now), now >> 32);
                    context.Refresh();
                }
                while (!_end.Token.WaitHandle.WaitOne(100));
            });
    }
}
