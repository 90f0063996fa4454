namespace Vitrine.Tensors;

/// <summary>
/// Keeps freed device buffers for the next tensor of their size: drivers take up to a millisecond for a new one. Buffers come back when the
/// garbage collector finds that no tensor uses them; it cannot see device memory, so the pool asks for a collection when enough is out.
/// </summary>
/// <param name="device">Name of the device, for messages.</param>
/// <param name="allocate">Makes a buffer; 0 when there is no memory.</param>
/// <param name="free">Frees one.</param>
/// <param name="total">Bytes of the device.</param>
internal sealed class BufferPool(string device, Func<long, nint> allocate, Action<nint> free, long total)
{
    private const long LeastBudget = 64L << 20; // bytes; below that collections are all cost and no gain

    private readonly Lock _lock = new();
    private readonly Dictionary<long, Stack<nint>> _free = [];
    private long _takenSinceCollection;

    /// <summary>Bytes of all buffers, in use or waiting.</summary>
    public long Held { get; private set; }

    /// <summary>Bytes of the buffers that tensors use.</summary>
    public long InUse { get; private set; }

    /// <summary>A buffer of at least <paramref name="bytes"/> bytes; <paramref name="size"/> is what must be given back.</summary>
    /// <exception cref="DeviceException">The device's memory is full.</exception>
    public nint Take(long bytes, out long size)
    {
        size = SizeClass(bytes);
        nint buffer = Reuse(size);
        if (buffer != 0)
        {
            return buffer;
        }
        if (_takenSinceCollection + size > Math.Max(LeastBudget, InUse / 4)) // a quarter of what is out may be garbage
        {
            Collect();
            buffer = Reuse(size);
        }
        return buffer != 0 ? buffer : Make(size) is var made and not 0 ? made : AfterCleaning(bytes, size);
    }

    /// <summary>A tensor no longer uses a buffer. May be called by any thread.</summary>
    public void Return(nint buffer, long size)
    {
        lock (_lock)
        {
            if (!_free.TryGetValue(size, out Stack<nint>? stack))
            {
                _free[size] = stack = new();
            }
            stack.Push(buffer);
            InUse -= size;
        }
    }

    /// <summary>Gives the waiting buffers back to the driver.</summary>
    public void Trim()
    {
        lock (_lock)
        {
            foreach ((long size, Stack<nint> stack) in _free)
            {
                while (stack.TryPop(out nint buffer))
                {
                    free(buffer);
                    Held -= size;
                }
            }
        }
    }

    /// <summary>Sizes are rounded up to eighths of a power of two, so that lengths that differ a little share buffers.</summary>
    private static long SizeClass(long bytes)
    {
        long step = Math.Max(256, (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Max(1, bytes)) / 16);
        return Math.Max(1, (bytes + step - 1) / step) * step;
    }

    private nint Reuse(long size)
    {
        lock (_lock)
        {
            if (_free.TryGetValue(size, out Stack<nint>? stack) && stack.TryPop(out nint buffer))
            {
                (InUse, _takenSinceCollection) = (InUse + size, _takenSinceCollection + size);
                return buffer;
            }
            return 0;
        }
    }

    private nint Make(long size)
    {
        lock (_lock)
        {
            nint buffer = allocate(size);
            if (buffer != 0)
            {
                (Held, InUse, _takenSinceCollection) = (Held + size, InUse + size, _takenSinceCollection + size);
            }
            return buffer;
        }
    }

    private nint AfterCleaning(long bytes, long size)
    {
        Collect();
        Trim();
        return Make(size) is var buffer and not 0 ? buffer : throw new DeviceException(
            $"{device}: out of device memory; asked for {Megabytes(bytes)}, tensors hold {Megabytes(InUse)} of {Megabytes(total)}, "
            + $"free {Megabytes(Math.Max(0, total - InUse))} at most; "
            + "expected it to fit. Use a shorter text, fewer steps or a smaller batch.");
    }

    // Not under the lock: the finalizers that this waits for want it.
    private void Collect()
    {
        _takenSinceCollection = 0;
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: false);
        GC.WaitForPendingFinalizers();
    }

    private static string Megabytes(long bytes) => FormattableString.Invariant($"{bytes / 1048576.0:0.#} MB");
}
