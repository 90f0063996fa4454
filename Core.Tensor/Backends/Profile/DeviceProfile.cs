namespace Vitrine.Tensors;

/// <summary>What a device did while a <see cref="Profiler"/> watched.</summary>
/// <param name="Device">The device's name.</param>
/// <param name="Seconds">From start to stop, by the clock on the wall.</param>
/// <param name="Kernels">The kernels that ran, the most expensive first.</param>
/// <param name="Uploads">Copies into the device's memory; on the CPU, of arrays into tensors.</param>
/// <param name="Downloads">Copies back to arrays.</param>
/// <param name="Waits">How often the host waited for the device, and how long; never on the CPU, whose launches return when they are
/// done.</param>
/// <param name="Builds">Kernels that the driver compiled or looked up, on their first launch in the process.</param>
public sealed record DeviceProfile(string Device, double Seconds, IReadOnlyList<KernelProfile> Kernels, Tally Uploads, Tally Downloads,
    Tally Waits, Tally Builds)
{
    /// <summary>Seconds in all kernels together.</summary>
    public double KernelSeconds => Kernels.Sum(kernel => kernel.Seconds);

    /// <summary>Launches of all kernels together.</summary>
    public long Launches => Kernels.Sum(kernel => kernel.Calls);
}

/// <summary>All launches of one kernel.</summary>
/// <param name="Kernel">Its name in the kernel table.</param>
/// <param name="Calls">How often it ran.</param>
/// <param name="Seconds">How long, all calls together.</param>
/// <param name="Slowest">The slowest call, in seconds: often the first, in which the CPU's kernel is still being compiled.</param>
/// <param name="Bytes">What it must have moved at least: every operand read once, every result written once.</param>
/// <param name="Cost">Its arithmetic; nothing where the op table counts none, because memory binds.</param>
public sealed record KernelProfile(string Kernel, long Calls, double Seconds, double Slowest, double Bytes, OpCost Cost)
{
    /// <summary>Bytes per second, in 10⁹.</summary>
    public double GigabytesPerSecond => Seconds > 0 ? Bytes / Seconds / 1e9 : 0;

    /// <summary>Floating-point operations per second, in 10⁹.</summary>
    public double GigaflopsPerSecond => Seconds > 0 ? Cost.Flops / Seconds / 1e9 : 0;
}

/// <summary>How often something happened, how long it took and how many bytes it moved.</summary>
/// <param name="Count">How often.</param>
/// <param name="Seconds">How long, altogether.</param>
/// <param name="Bytes">How much; 0 for what moves nothing.</param>
public readonly record struct Tally(long Count, double Seconds, long Bytes)
{
    internal Tally With(double seconds, long bytes = 0) => new(Count + 1, Seconds + seconds, Bytes + bytes);
}
