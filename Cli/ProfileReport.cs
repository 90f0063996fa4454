using System.Globalization;
using Vitrine.Tensors;

namespace Vitrine.Cli;

/// <summary>What <c>--profile</c> prints: kernels by time, copies, waits.</summary>
/// <param name="Profile">What the device did during the command.</param>
/// <param name="Peaks">What it can do at best, measured right after.</param>
internal sealed record ProfileReport(DeviceProfile Profile, Peaks Peaks)
{
    private static readonly string[] s_head = ["kernel", ">calls", ">ms", ">slowest", ">share", ">GB/s", ">GFLOP/s", ">of peak", "binds"];

    /// <summary>Columns of text.</summary>
    public void WriteTo(TextWriter output)
    {
        DeviceProfile p = Profile;
        output.WriteLine();
        output.WriteLine($"profile of {p.Device}: {Ms(p.Seconds)} ms, kernels {Ms(p.KernelSeconds)} ms in {Invariant($"{p.Launches}")} "
            + "launches");
        output.WriteLine($"  {Copied("to", p.Uploads)}; {Copied("from", p.Downloads)}; {p.Waits.Count} waits, {Ms(p.Waits.Seconds)} ms"
            + (p.Builds.Count > 0 ? $"; {p.Builds.Count} kernels compiled or loaded, {Ms(p.Builds.Seconds)} ms" : ""));
        output.WriteLine(Invariant($"  peaks measured now: copy {Peaks.Copy:F1} GB/s, fused multiply–add {Peaks.Fma:F0} GFLOP/s"));
        output.WriteLine();
        Table.Write(output, s_head, p.Kernels.Select(Cells));
    }

    private string[] Cells(KernelProfile kernel)
    {
        (string binds, double limit) = Peaks.Limit(kernel.Bytes, kernel.Cost);
        return
        [
            kernel.Kernel, kernel.Calls.ToString(CultureInfo.InvariantCulture), Ms(kernel.Seconds), Ms(kernel.Slowest),
                Percent(kernel.Seconds / Profile.KernelSeconds),
            Invariant($"{kernel.GigabytesPerSecond:F1}"), kernel.Cost.Flops > 0 ? Invariant($"{kernel.GigaflopsPerSecond:F1}") : "",
            Percent(limit / 1e3 / kernel.Seconds), binds,
        ];
    }

    private static string Copied(string direction, Tally tally) =>
        Invariant($"{tally.Count} copies {direction} it, {Size(tally.Bytes)}, {Ms(tally.Seconds)} ms");

    private static string Size(long bytes) => bytes < 10_000 ? Invariant($"{bytes} bytes") : bytes < 10_000_000
        ? Invariant($"{bytes / 1e3:F1} kB") : Invariant($"{bytes / 1e6:F1} MB");

    private static string Ms(double seconds) => Invariant($"{seconds * 1e3:F3}");

    private static string Percent(double share) => Invariant($"{100 * share:F1} %");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
