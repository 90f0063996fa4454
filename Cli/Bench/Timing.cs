using System.Diagnostics;

namespace Vitrine.Cli;

/// <summary>Milliseconds of one short piece of work: the median of many runs, and how far they spread.</summary>
/// <param name="Median">Half of the runs were faster.</param>
/// <param name="Spread">Ninth decile minus first decile.</param>
internal readonly record struct Timing(double Median, double Spread)
{
    // The runtime compiles a method well only 0.1 s after its first calls: until then nothing is timed.
    private const double WarmUp = 0.25, Seconds = 0.1;

    /// <summary>Warms up, then runs at least <paramref name="reps"/> times and 0.1 s long.</summary>
    public static Timing Of(Action work, int reps, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 3 || Stopwatch.GetElapsedTime(start).TotalSeconds < WarmUp; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            work();
        }
        var runs = new List<double>();
        start = Stopwatch.GetTimestamp();
        while (runs.Count < reps || Stopwatch.GetElapsedTime(start).TotalSeconds < Seconds)
        {
            cancellation.ThrowIfCancellationRequested();
            long begin = Stopwatch.GetTimestamp();
            work();
            runs.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }
        runs.Sort();
        return new(runs[runs.Count / 2], runs[runs.Count * 9 / 10] - runs[runs.Count / 10]);
    }
}
