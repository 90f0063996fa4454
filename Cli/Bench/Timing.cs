using System.Diagnostics;

namespace Vitrine.Bench;

/// <summary>Milliseconds of one piece of work: the median of many runs, and how far they spread.</summary>
/// <param name="Median">Half of the runs were faster.</param>
/// <param name="Spread">Ninth decile minus first decile.</param>
internal readonly record struct Timing(double Median, double Spread)
{
    /// <summary>Warms up, then runs at least 20 times and about <paramref name="seconds"/> long.</summary>
    public static Timing Of(Action work, double seconds = 0.15)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 5 || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds / 2; i++)
        {
            work();
        }
        var runs = new List<double>();
        start = Stopwatch.GetTimestamp();
        while (runs.Count < 20 || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            long begin = Stopwatch.GetTimestamp();
            work();
            runs.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }
        runs.Sort();
        return new(runs[runs.Count / 2], runs[runs.Count * 9 / 10] - runs[runs.Count / 10]);
    }
}
