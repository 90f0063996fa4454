namespace Vitrine.Serve;

/// <summary>
/// Work that several callers may ask for by the same key: it runs once, ends when the last caller has left, and its newest results are
/// kept, so that saving a result gives the numbers that were seen.
/// </summary>
/// <param name="kept">How many results are kept.</param>
internal sealed class Shared<T>(int kept)
{
    private readonly Dictionary<string, Entry> _entries = [];
    private readonly Lock _lock = new();
    private long _clock;

    /// <summary>The result for a key.</summary>
    /// <param name="key">What is asked.</param>
    /// <param name="make">Computes it.</param>
    /// <param name="progress">Told how far it is, also where another caller began it; null: no report.</param>
    /// <param name="cancellation">This caller has left.</param>
    public async Task<T> Get(
        string key, Func<IProgress<WorkProgress>, CancellationToken, Task<T>> make, IProgress<WorkProgress>? progress,
        CancellationToken cancellation)
    {
        Entry entry;
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out entry!))
            {
                entry = new();
                _entries[key] = entry;
                entry.Work = Task.Run(() => make(entry, entry.Abandoned.Token), CancellationToken.None);
            }
            entry.LastUse = ++_clock;
            entry.Callers++;
            entry.Listen(progress);
        }
        try
        {
            return await entry.Work.WaitAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            Leave(key, entry, progress);
        }
    }

    private void Leave(string key, Entry entry, IProgress<WorkProgress>? progress)
    {
        lock (_lock)
        {
            entry.Forget(progress);
            if (--entry.Callers == 0 && !entry.Work.IsCompletedSuccessfully && _entries.GetValueOrDefault(key) == entry)
            {
                _entries.Remove(key);
                entry.Abandoned.Cancel();
            }
            foreach (string old in _entries.Where(pair => pair.Value.Callers == 0).OrderByDescending(pair => pair.Value.LastUse).Skip(kept)
                .Select(pair => pair.Key).ToArray())
            {
                _entries.Remove(old);
            }
        }
    }

    private sealed class Entry : IProgress<WorkProgress>
    {
        private readonly List<IProgress<WorkProgress>?> _listeners = [];

        public Task<T> Work { get; set; } = null!;

        public CancellationTokenSource Abandoned { get; } = new();

        public int Callers { get; set; }

        public long LastUse { get; set; }

        public void Listen(IProgress<WorkProgress>? listener)
        {
            lock (_listeners)
            {
                _listeners.Add(listener);
            }
        }

        public void Forget(IProgress<WorkProgress>? listener)
        {
            lock (_listeners)
            {
                _listeners.Remove(listener);
            }
        }

        public void Report(WorkProgress value)
        {
            lock (_listeners)
            {
                _listeners.ForEach(listener => listener?.Report(value));
            }
        }
    }
}
