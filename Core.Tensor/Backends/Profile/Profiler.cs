using System.Diagnostics;

namespace Vitrine.Tensors;

/// <summary>
/// Counts and times everything a device does, whatever thread asks for it: kernels, copies, waits. The clocks are the device's own where it
/// has some (OpenCL events, CUDA events), a stopwatch around the kernel on the CPU.
/// </summary>
/// <remarks>
/// <code>
/// using Profiler profiler = Device.Current.Profile();
/// model.Forward(input).ToArray();
/// DeviceProfile profile = profiler.Stop();
/// </code>
/// While nothing is profiled, a launch costs one comparison with null.
/// </remarks>
public sealed class Profiler : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Device _device;
    private readonly Dictionary<string, KernelProfile> _kernels = new(StringComparer.Ordinal);
    private readonly long _start;
    private Tally _uploads, _downloads, _waits, _builds;
    private DeviceProfile? _result;

    internal Profiler(Device device)
    {
        _device = device;
        device.Backend.Time(this);
        _start = Stopwatch.GetTimestamp();
    }

    /// <summary>Waits for what is under way and says what was done; asked again, it says the same.</summary>
    public DeviceProfile Stop()
    {
        if (_result is null)
        {
            _device.Backend.Time(null);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(_start);
            lock (_lock)
            {
                _result = new(_device.Name, elapsed.TotalSeconds, [.. _kernels.Values.OrderByDescending(kernel => kernel.Seconds)],
                    _uploads, _downloads, _waits, _builds);
            }
        }
        return _result;
    }

    /// <summary>Stops.</summary>
    public void Dispose() => Stop();

    internal void Launched(string kernel, double bytes, OpCost cost, double seconds)
    {
        lock (_lock)
        {
            KernelProfile sofar = _kernels.GetValueOrDefault(kernel) ?? new(kernel, 0, 0, 0, 0, default);
            _kernels[kernel] = new(kernel, sofar.Calls + 1, sofar.Seconds + seconds, Math.Max(sofar.Slowest, seconds), sofar.Bytes + bytes,
                sofar.Cost + cost);
        }
    }

    internal void Uploaded(long bytes, double seconds)
    {
        lock (_lock)
        {
            _uploads = _uploads.With(seconds, bytes);
        }
    }

    internal void Downloaded(long bytes, double seconds)
    {
        lock (_lock)
        {
            _downloads = _downloads.With(seconds, bytes);
        }
    }

    internal void Waited(double seconds)
    {
        lock (_lock)
        {
            _waits = _waits.With(seconds);
        }
    }

    internal void Built(double seconds)
    {
        lock (_lock)
        {
            _builds = _builds.With(seconds);
        }
    }
}
