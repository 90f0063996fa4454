using System.Diagnostics;

namespace Vitrine.Tensors;

/// <summary>Milliseconds of one short piece of work: the median of many runs, and how far they spread.</summary>
/// <param name="Median">Half of the runs were faster.</param>
/// <param name="Spread">Ninth decile minus first decile.</param>
internal readonly record struct Timing(double Median, double Spread)
{
    /// <summary>Seconds of warm-up: the runtime compiles a method well only 0.1 s after its first calls; until then nothing is
    /// timed.</summary>
    public const double WarmUp = 0.25;

    /// <summary>Seconds that a measurement lasts at least.</summary>
    public const double Least = 0.1;

    /// <summary>Warms up, then runs at least <paramref name="reps"/> times and 0.1 s long.</summary>
    public static Timing Of(Action work, int reps, CancellationToken cancellation)
    {
        Warm(work, cancellation);
        var runs = new List<double>();
        long start = Stopwatch.GetTimestamp();
        while (runs.Count < reps || Stopwatch.GetElapsedTime(start).TotalSeconds < Least)
        {
            cancellation.ThrowIfCancellationRequested();
            runs.Add(Once(work));
        }
        return Of(runs);
    }

    /// <summary>Of runs already timed, in ms.</summary>
    public static Timing Of(List<double> runs)
    {
        runs.Sort();
        return new(runs[runs.Count / 2], runs[runs.Count * 9 / 10] - runs[runs.Count / 10]);
    }

    /// <summary>Runs until the code is compiled well.</summary>
    public static void Warm(Action work, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 3 || Stopwatch.GetElapsedTime(start).TotalSeconds < WarmUp; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            work();
        }
    }

    /// <summary>
    /// What runs take, ms, for a short while: long enough that caches and pages no longer hold what ran before, and short enough that what
    /// another slice measures
    /// next finds the machine's other users doing the same. The first half is dropped.
    /// </summary>
    public static double[] Slice(Action work, double milliseconds = 16)
    {
        List<double> runs = [];
        long start = Stopwatch.GetTimestamp();
        while (runs.Count < 4 || Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds)
        {
            runs.Add(Once(work));
        }
        return [.. runs.Skip(runs.Count / 2)];
    }

    /// <summary>One run, ms.</summary>
    public static double Once(Action work)
    {
        long begin = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
    }

    /// <summary>The median of some numbers.</summary>
    public static double Middle(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
