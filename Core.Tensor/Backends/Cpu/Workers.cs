// The thread pool under every CPU kernel: a parallel for over item ranges.
//
// Kernels of a transformer last 10 µs to 10 ms and follow each other closely, so a worker that finds nothing lingers for a short
// while before it sleeps: waking a sleeping thread costs as much as a kernel.
// The caller always works too, and waits for *items done*, never for workers awake: on a busy machine a worker may not get a
// core at all, and the call must not be slower than doing everything itself.

using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Vitrine.Tensors;

/// <summary>Runs loops over item ranges on a fixed number of threads, the calling thread among them.</summary>
internal static class Workers
{
    [ThreadStatic] private static bool t_inside;

    private static volatile Pool s_pool = new(DefaultCount());

    /// <summary>Threads that share a loop, the caller included. Default: all processors, or the variable <c>VITRINE_THREADS</c>.</summary>
    public static int Count => s_pool.Count;

    /// <summary>True on a thread that is executing the body of a loop: a loop started there runs inline.</summary>
    public static bool IsInside => t_inside;

    /// <summary>Sets the number of threads. Loops already running finish as they started.</summary>
    /// <param name="count">Threads, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">When <paramref name="count"/> is below 1.</exception>
    public static void SetCount(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Pool old = s_pool;
        if (old.Count == count) return;
        s_pool = new Pool(count);
        old.Retire();
    }

    /// <summary>
    /// Calls <paramref name="body"/>(from, to) on disjoint ranges that cover [0, items) exactly once and returns when all are done.
    /// Which thread runs which range is not defined, so a body must write only what belongs to its items.
    /// </summary>
    /// <param name="items">Number of items; 0 does nothing.</param>
    /// <param name="body">Work on items from (inclusive) to (exclusive).</param>
    /// <param name="grain">Least items in a range (the last one excepted): below it, splitting costs more than it gains.</param>
    /// <remarks>
    /// Called from inside a body it runs inline. Called from several threads at once, each caller is served.
    /// The first exception of a body is rethrown here after the ranges in flight have ended; ranges not yet begun are dropped.
    /// </remarks>
    public static void For(int items, Action<int, int> body, int grain = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(items);
        ArgumentOutOfRangeException.ThrowIfLessThan(grain, 1);
        if (items == 0) return;
        Pool pool = s_pool;
        if (t_inside || pool.Count == 1 || items <= grain)
        {
            RunInline(items, body);
            return;
        }
        pool.Run(new Loop(items, grain, pool.Count, body));
    }

    private static void RunInline(int items, Action<int, int> body)
    {
        bool outer = t_inside;
        t_inside = true;
        try { body(0, items); }
        finally { t_inside = outer; }
    }

    // Waits a moment, awake; false when it is time to sleep. The gap between two kernels is mostly below 20 µs, so that much is spun;
    // then the core is offered to any thread that wants it, yet not given up, because waking costs 10 µs at best, and on a virtual machine
    // whose host is busy milliseconds (measured: 5 ms on average, 69 ms at worst).
    private static bool Linger(long since)
    {
        double waited = Stopwatch.GetElapsedTime(since).TotalMicroseconds;
        if (waited < 20) Thread.SpinWait(10);
        else if (waited < 2000) Thread.Yield();
        else return false;
        return true;
    }

    private static int DefaultCount() =>
        int.TryParse(Environment.GetEnvironmentVariable("VITRINE_THREADS"), out int n) && n >= 1 ? n : Environment.ProcessorCount;

    /// <summary>One call of <see cref="For"/>: a counter of claimed items and a counter of items not yet finished.</summary>
    private sealed class Loop
    {
        private readonly int _items;
        private readonly int _grain;
        private readonly int _threads;
        private readonly Action<int, int> _body;
        private int _claimed;
        private int _unfinished;
        private volatile ExceptionDispatchInfo? _failure;

        public Loop(int items, int grain, int threads, Action<int, int> body)
        {
            (_items, _grain, _threads, _body) = (items, grain, threads, body);
            _unfinished = items;
        }

        /// <summary>Threads in addition to the caller that can find something to do.</summary>
        public int Helpers => Math.Min(_threads, (_items - 1) / _grain + 1) - 1;

        public bool HasWork => Volatile.Read(ref _claimed) < _items;

        /// <summary>Claims and runs ranges until none is left.</summary>
        public void Work()
        {
            t_inside = true;
            while (Claim(out int from, out int to))
            {
                try
                {
                    if (_failure is null) _body(from, to);
                }
                catch (Exception e)
                {
                    _failure ??= ExceptionDispatchInfo.Capture(e);
                }
                if (Interlocked.Add(ref _unfinished, from - to) == 0)
                {
                    lock (this) Monitor.PulseAll(this);
                }
            }
            t_inside = false;
        }

        // Each claim takes half of a fair share of what is left: long ranges first (few claims, neighbours in memory), short ones at
        // the end, so that a thread slowed by another process delays the loop by one short range at most.
        private bool Claim(out int from, out int to)
        {
            while (true)
            {
                from = Volatile.Read(ref _claimed);
                int left = _items - from;
                to = from + Math.Min(left, Math.Max(_grain, left / (2 * _threads)));
                if (left <= 0) return false;
                if (Interlocked.CompareExchange(ref _claimed, to, from) == from) return true;
            }
        }

        /// <summary>Returns when every item is finished; rethrows the first failure.</summary>
        public void Wait()
        {
            long start = Stopwatch.GetTimestamp();
            while (Volatile.Read(ref _unfinished) > 0)
            {
                if (Linger(start)) continue;
                lock (this)
                {
                    while (Volatile.Read(ref _unfinished) > 0) Monitor.Wait(this);
                }
            }
            _failure?.Throw();
        }
    }

    /// <summary>The sleeping or spinning threads, and a few places where callers post their loops.</summary>
    private sealed class Pool
    {
        // As many callers as places get help; a further one runs its loop alone, which is right when so many threads are busy.
        private readonly Loop?[] _posted = new Loop?[8];

        private readonly Signal[] _signals; // one per thread
        private readonly int[] _asleep; // 1 from the announcement of a sleep until the one that wakes the thread takes it back
        private int _started;
        private volatile bool _retired;

        public Pool(int count)
        {
            Count = count;
            _signals = [.. Enumerable.Range(0, count - 1).Select(_ => new Signal())];
            _asleep = new int[count - 1];
        }

        public int Count { get; }

        public void Run(Loop loop)
        {
            if (Interlocked.Exchange(ref _started, 1) == 0) Start();
            int place = Post(loop);
            if (place >= 0) Wake(loop.Helpers);
            loop.Work();
            if (place >= 0) Volatile.Write(ref _posted[place], null);
            loop.Wait();
        }

        public void Retire()
        {
            _retired = true;
            Interlocked.MemoryBarrier();
            Wake(Count);
        }

        // Those who are awake will find the loop themselves, so every sleeper woken is one of the helpers at most.
        private void Wake(int helpers)
        {
            for (int i = 0; i < _asleep.Length && helpers > 0; i++)
            {
                if (Volatile.Read(ref _asleep[i]) == 0 || Interlocked.Exchange(ref _asleep[i], 0) == 0) continue;
                _signals[i].Set();
                helpers--;
            }
        }

        private void Start()
        {
            for (int i = 0; i < _signals.Length; i++)
            {
                int worker = i;
                new Thread(() => Serve(worker)) { IsBackground = true, Name = $"Vitrine worker {worker + 1}" }.Start();
            }
        }

        private int Post(Loop loop)
        {
            for (int i = 0; i < _posted.Length; i++)
            {
                if (Interlocked.CompareExchange(ref _posted[i], loop, null) is null) return i;
            }
            return -1;
        }

        private Loop? Find()
        {
            for (int i = 0; i < _posted.Length; i++)
            {
                if (Volatile.Read(ref _posted[i]) is { HasWork: true } loop) return loop;
            }
            return null;
        }

        // Announce the sleep, then look once more: a caller either sees the announcement or we see its loop. Who takes the announcement
        // back also sets the signal, so it must be waited for then.
        private void Sleep(int worker)
        {
            Interlocked.Exchange(ref _asleep[worker], 1);
            bool stay = Find() is not null || _retired;
            if (!stay || Interlocked.Exchange(ref _asleep[worker], 0) == 0) _signals[worker].Wait();
        }

        private void Serve(int worker)
        {
            long idleSince = Stopwatch.GetTimestamp();
            while (!_retired)
            {
                if (Find() is { } loop)
                {
                    loop.Work();
                    idleSince = Stopwatch.GetTimestamp();
                }
                else if (!Linger(idleSince))
                {
                    Sleep(worker);
                    idleSince = Stopwatch.GetTimestamp();
                }
            }
        }
    }
}
