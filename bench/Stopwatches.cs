using System.Diagnostics;
using System.Globalization;

namespace Vitrine.Bench;

/// <summary>Repeated timings of one piece of work.</summary>
internal static class Stopwatches
{
    /// <summary>Runs the work and returns the wall-clock time of every run, ms, sorted.</summary>
    public static double[] Time(int runs, Action work, CancellationToken cancellation)
    {
        double[] times = new double[runs];
        for (int i = 0; i < runs; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            long start = Stopwatch.GetTimestamp();
            work();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        Array.Sort(times);
        return times;
    }

    /// <summary>The middle one; of an even number the mean of the two.</summary>
    public static double Median(double[] sorted) => (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;

    /// <summary>The most memory this process ever held, MB of 2²⁰ bytes; 0 where the system does not say.</summary>
    public static long PeakMegabytes()
    {
        const string Key = "VmHWM:"; // Process.PeakWorkingSet64 is 0 on Linux
        if (!File.Exists("/proc/self/status"))
        {
            using var self = Process.GetCurrentProcess();
            return self.PeakWorkingSet64 >> 20;
        }
        string line = File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal), Key + " 0 kB");
        return long.Parse(line.AsSpan(Key.Length).Trim().TrimEnd("kB ").Trim(), CultureInfo.InvariantCulture) >> 10;
    }
}
