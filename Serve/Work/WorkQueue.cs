using Vitrine.Tensors;

namespace Vitrine.Serve;

/// <summary>Requests that wait for their turn to compute, first come, first served; beyond a number they are turned away.</summary>
/// <param name="parallel">How many compute at a time.</param>
/// <param name="most">How many wait at most.</param>
internal sealed class WorkQueue(int parallel, int most) : IDisposable
{
    private readonly SemaphoreSlim _turns = new(parallel);
    private int _inside;

    /// <summary>How many compute at a time.</summary>
    public int Parallel => parallel;

    /// <summary>How many wait.</summary>
    public int Waiting => Math.Max(0, Volatile.Read(ref _inside) - parallel);

    /// <summary>How many compute.</summary>
    public int Running => Math.Min(parallel, Volatile.Read(ref _inside));

    /// <summary>Waits for a turn; disposing it ends the turn.</summary>
    /// <exception cref="BusyException">Too many wait already.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<IDisposable> Enter(CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _inside) > parallel + most)
        {
            Interlocked.Decrement(ref _inside);
            throw new BusyException($"service: busy; got {most} requests that wait; expected fewer. Try again in a second.");
        }
        try
        {
            await _turns.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch
        {
            Interlocked.Decrement(ref _inside);
            throw;
        }
        return new Turn(this);
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();

    private sealed class Turn(WorkQueue queue) : IDisposable
    {
        public void Dispose()
        {
            Interlocked.Decrement(ref queue._inside);
            queue._turns.Release();
        }
    }
}

/// <summary>More requests than may wait: 429.</summary>
/// <param name="message">How many, in one line.</param>
internal sealed class BusyException(string message) : VitrineException(message);
