using System.Runtime.InteropServices;

namespace Vitrine.Cli;

/// <summary>Turns Ctrl-C into a cancelled token; work that does not end in time is ended all the same.</summary>
/// <remarks>Ending a process is safe at any moment: result files are written aside and renamed.</remarks>
/// <param name="patience">How long work may take to notice.</param>
/// <param name="error">Where the end of a process that did not notice is told.</param>
internal sealed class Interrupt(TimeSpan patience, TextWriter error) : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private Timer? _deadline;

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>The first signal asks, the second ends the process.</summary>
    public void Signalled(PosixSignalContext context)
    {
        context.Cancel = !_source.IsCancellationRequested;
        if (context.Cancel)
        {
            _source.Cancel();
            _deadline = new Timer(_ => End(), null, patience, Timeout.InfiniteTimeSpan);
        }
    }

    private void End()
    {
        error.WriteLine("vitrine: cancelled.");
        Environment.Exit((int)ExitCode.Cancelled);
    }

    public void Dispose()
    {
        _deadline?.Dispose();
        _source.Dispose();
    }
}
