using System.Diagnostics;

namespace Vitrine.Tensors;

/// <summary>
/// What OpenCL and CUDA have in common: launches are queued in order and the host does not wait for them until bytes come back to the host.
/// A driver adds the verbs: allocate, copy, compile, start, wait, time.
/// </summary>
internal abstract unsafe class GpuBackend : IBackend
{
    private const int SmallCopy = 1 << 20;        // bytes; uploads up to here go through a copy of our own, and the host does not wait
    private const long MostInFlight = 64L << 20;  // bytes of such copies that may wait for the device
    private const int LeastForTensorCores = 80;   // the compute capability, 8.0, that reads TF32
    private const int MostTimers = 4096;          // that may wait to be read: a driver has not endless many

    private readonly Lock _lock = new();
    private readonly List<CpuStorage> _inFlight = [];
    private readonly Dictionary<string, nint> _functions = new(StringComparer.Ordinal);
    private readonly List<(GpuTimer Timer, Timed What)> _timers = [];
    private long _inFlightBytes;
    private Profiler? _profiler;
    private string? _lost; // what there is to say about a device that is gone

    protected GpuBackend(string device, long memory, int capability = 0) =>
        (Name, Pool, HasTensorCores) = (device, new BufferPool(device, AllocateBuffer, FreeBuffer, memory),
            capability >= LeastForTensorCores);

    /// <summary>Name of the device, for messages.</summary>
    public string Name { get; }

    /// <summary>Its buffers.</summary>
    public BufferPool Pool { get; }

    /// <summary>Whether products run on tensor cores.</summary>
    public bool HasTensorCores { get; }

    /// <summary>What was moved and launched so far.</summary>
    public DeviceTraffic Traffic { get; private set; }

    public Storage Allocate(long bytes) => new GpuStorage(Pool, bytes);

    public void CopyIn(ReadOnlySpan<byte> source, Storage target, long byteOffset)
    {
        if (source.IsEmpty)
        {
            return;
        }
        var storage = (GpuStorage)target;
        lock (_lock)
        {
            ThrowIfLost();
            Traffic = Traffic with { Uploads = Traffic.Uploads + 1, UploadedBytes = Traffic.UploadedBytes + source.Length };
            if (source.Length > SmallCopy)
            {
                fixed (byte* p = source)
                {
                    Upload(storage.Buffer, byteOffset, p, source.Length, wait: true);
                }
                return;
            }
            var copy = new CpuStorage(source.Length);
            source.CopyTo(new Span<byte>(copy.Pointer, source.Length));
            Upload(storage.Buffer, byteOffset, copy.Pointer, source.Length, wait: false);
            storage.Host = byteOffset == 0 && source.Length == storage.Bytes ? copy : null;
            _inFlight.Add(copy); // must outlive the copying
            _inFlightBytes += source.Length;
        }
        GC.KeepAlive(storage);
        if (_inFlightBytes > MostInFlight)
        {
            Synchronize();
        }
    }

    public void CopyOut(Storage source, long byteOffset, Span<byte> target)
    {
        if (target.IsEmpty)
        {
            return;
        }
        lock (_lock)
        {
            ThrowIfLost();
            Traffic = Traffic with { Downloads = Traffic.Downloads + 1, DownloadedBytes = Traffic.DownloadedBytes + target.Length };
            long start = Stopwatch.GetTimestamp();
            fixed (byte* p = target)
            {
                nint before = Before();
                Read(((GpuStorage)source).Buffer, byteOffset, p, target.Length);
                After(before, new(null, false, target.Length, default));
            }
            _profiler?.Waited(Stopwatch.GetElapsedTime(start).TotalSeconds);
            Arrived();
        }
        GC.KeepAlive(source);
    }

    public void Launch(KernelCall call)
    {
        if (!KernelTable.Gpu.TryGetValue(call.Kernel, out GpuKernel? kernel))
        {
            throw new DeviceException($"{Name}: no kernel of that name; got '{call.Kernel}'; expected a row in KernelTable.Gpu. "
                + $"Copy the operands with To(Device.Cpu).");
        }
        if (call.Work.X == 0 || call.Work.Y == 0 || call.Work.Z == 0)
        {
            return;
        }
        if (kernel.Parts is { } parts)
        {
            parts(call);
            return;
        }
        string chosen = Chosen(call, kernel);
        Launch(call with { Kernel = chosen }, KernelTable.Gpu[chosen], 0);
    }

    /// <summary>The kernel that does a call: the one it names, or one that does it better on this device.</summary>
    public string Chosen(KernelCall call) => Chosen(call, KernelTable.Gpu[call.Kernel]);

    private string Chosen(KernelCall call, GpuKernel kernel) =>
        kernel.Instead?.Invoke(call) ?? (HasTensorCores ? kernel.OnTensorCores : null) ?? call.Kernel;

    /// <summary>Launches a kernel that need not be in the table.</summary>
    /// <param name="call">Its tensors and numbers.</param>
    /// <param name="kernel">How its work is cut.</param>
    /// <param name="function">The driver's handle; 0 for that of the kernel's name in its source, compiled when first needed.</param>
    public void Launch(KernelCall call, GpuKernel kernel, nint function)
    {
        GpuCall numbers = GpuCall.Of(call);
        nint* buffers = stackalloc nint[call.Tensors.Length];
        nint some = Buffer(Array.Find(call.Tensors, t => t is not null));
        for (int i = 0; i < call.Tensors.Length; i++)
        {
            buffers[i] = call.Tensors[i] is { } tensor ? Buffer(tensor) : some; // a kernel asks HAS(i) before it looks
        }
        lock (_lock)
        {
            ThrowIfLost();
            Traffic = Traffic with { Launches = Traffic.Launches + 1 };
            function = function != 0 ? function : Function(call.Kernel, kernel.Source);
            nint before = Before();
            Start(call.Kernel, function, kernel, call.Work, new(buffers, call.Tensors.Length), numbers);
            if (_profiler is not null)
            {
                After(before, new(call.Kernel, false, KernelCost.Bytes(call), KernelCost.Arithmetic(call)));
            }
        }
        GC.KeepAlive(call.Tensors);
    }

    public void Synchronize()
    {
        lock (_lock)
        {
            ThrowIfLost();
            long start = Stopwatch.GetTimestamp();
            Finish();
            _profiler?.Waited(Stopwatch.GetElapsedTime(start).TotalSeconds);
            Arrived();
        }
    }

    public void Time(Profiler? profiler)
    {
        lock (_lock)
        {
            if (profiler is not null && _profiler is not null)
            {
                throw new DeviceException($"{Name}: already profiled; got a second profiler; expected one at a time. Stop the first.");
            }
            if (_lost is null)
            {
                Finish();
                Arrived();
                UseTimers(profiler is not null);
            }
            _timers.Clear();
            _profiler = profiler;
        }
    }

    /// <summary>
    /// What to throw when the driver refuses. A device that is lost stays lost: every later verb says so, and touches the driver no more.
    /// </summary>
    /// <param name="what">What was asked of it.</param>
    /// <param name="status">The driver's word for what happened.</param>
    /// <param name="failure">What that means.</param>
    protected DeviceException Refused(string what, string status, GpuFailure failure)
    {
        string message = failure switch
        {
            GpuFailure.OutOfMemory => $"{Name}: out of device memory or resources; "
                + $"got {status} from '{what}' while buffers hold {Pool.Held >> 20} MB; expected it to fit. "
                + $"Use a shorter text, fewer steps or a smaller batch.",
            GpuFailure.Lost => $"{Name}: the device is lost; got {status} from '{what}', or from a kernel before it; expected it to go on. "
            + $"What was on it is gone: start the program again, and on the CPU if it happens again.",
            _ => $"{Name}: the driver refuses; got {status} from '{what}'; expected success.",
        };
        _lost = failure == GpuFailure.Lost ? message : _lost;
        return new(message);
    }

    /// <summary>A buffer, or 0 when there is no memory for it.</summary>
    protected abstract nint AllocateBuffer(long bytes);

    protected abstract void FreeBuffer(nint buffer);

    /// <summary>Host to device, after all launches so far.</summary>
    protected abstract void Write(nint buffer, long offset, byte* source, long bytes, bool wait);

    /// <summary>Device to host, after all launches so far; returns when done.</summary>
    protected abstract void Read(nint buffer, long offset, byte* target, long bytes);

    /// <summary>The function of that name in that source.</summary>
    protected abstract nint Compile(string kernel, string source);

    protected abstract void Start(string name, nint function, GpuKernel kernel, WorkSize work, ReadOnlySpan<nint> buffers,
        in GpuCall numbers);

    /// <summary>Returns when every launch so far is done.</summary>
    protected abstract void Finish();

    /// <summary>Called when the device is idle: commands leave timers from now on, or no longer.</summary>
    protected abstract void UseTimers(bool on);

    /// <summary>Called before a command that is timed.</summary>
    protected virtual nint TimerBefore() => 0;

    /// <summary>Called after it.</summary>
    protected abstract nint TimerAfter();

    /// <summary>The seconds a finished command took; its timer is gone afterwards.</summary>
    protected abstract double Elapsed(GpuTimer timer);

    private nint Function(string kernel, string source)
    {
        if (!_functions.TryGetValue(kernel, out nint function))
        {
            long start = Stopwatch.GetTimestamp();
            _functions[kernel] = function = Compile(kernel, source);
            _profiler?.Built(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return function;
    }

    private void Upload(nint buffer, long offset, byte* source, long bytes, bool wait)
    {
        nint before = Before();
        Write(buffer, offset, source, bytes, wait);
        After(before, new(null, true, bytes, default));
    }

    private nint Before() => _profiler is null ? 0 : TimerBefore();

    private void After(nint before, Timed what)
    {
        if (_profiler is null)
        {
            return;
        }
        _timers.Add((new(before, TimerAfter()), what));
        if (_timers.Count == MostTimers)
        {
            Finish();
            Arrived();
        }
    }

    private void ThrowIfLost()
    {
        if (_lost is not null)
        {
            throw new DeviceException(_lost);
        }
    }

    private void Arrived()
    {
        _inFlight.Clear();
        _inFlightBytes = 0;
        foreach ((GpuTimer timer, Timed what) in _timers)
        {
            what.Tell(_profiler!, Elapsed(timer));
        }
        _timers.Clear();
    }

    /// <summary>A command whose timer is not read yet: a kernel, or a copy. It holds no tensor.</summary>
    private readonly record struct Timed(string? Kernel, bool IsUpload, double Bytes, OpCost Cost)
    {
        public void Tell(Profiler profiler, double seconds)
        {
            if (Kernel is { } kernel)
            {
                profiler.Launched(kernel, Bytes, Cost, seconds);
            }
            else if (IsUpload)
            {
                profiler.Uploaded((long)Bytes, seconds);
            }
            else
            {
                profiler.Downloaded((long)Bytes, seconds);
            }
        }
    }

    private nint Buffer(Tensor? tensor) => tensor?.Storage is GpuStorage storage
        ? storage.Buffer
        : throw new DeviceException($"{Name}: an operand is on another device; "
            + $"got {tensor?.Device.Name ?? "nothing"}; expected {Name}. Move it with To(device).");
}

/// <summary>What a driver's refusal means.</summary>
internal enum GpuFailure
{
    /// <summary>Something is wrong with the call.</summary>
    Refused,

    /// <summary>There is no memory for it.</summary>
    OutOfMemory,

    /// <summary>The device was reset, fell off the bus, or a kernel crashed: its memory is gone.</summary>
    Lost,
}

/// <summary>What a driver needs to say how long a command took.</summary>
/// <param name="Before">Handle from before it; 0 where the driver needs none.</param>
/// <param name="After">Handle from after it.</param>
internal readonly record struct GpuTimer(nint Before, nint After);

/// <summary>What moved between the host and a device since the start of the process.</summary>
/// <param name="Launches">Kernels started.</param>
/// <param name="Uploads">Copies to the device.</param>
/// <param name="UploadedBytes">Their bytes.</param>
/// <param name="Downloads">Copies back, each of which waits for the device.</param>
/// <param name="DownloadedBytes">Their bytes.</param>
public readonly record struct DeviceTraffic(long Launches, long Uploads, long UploadedBytes, long Downloads, long DownloadedBytes);
