using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Vitrine.Tensors;

/// <summary>The CPU device: managed memory, and kernels that are C# methods found by name.</summary>
internal sealed class CpuBackend : IBackend
{
    private Profiler? _profiler;

    public Storage Allocate(long bytes) => new CpuStorage(bytes);

    public unsafe void CopyIn(ReadOnlySpan<byte> source, Storage target, long byteOffset)
    {
        long start = Now();
        source.CopyTo(new Span<byte>(((CpuStorage)target).Pointer + byteOffset, source.Length));
        _profiler?.Uploaded(source.Length, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    public unsafe void CopyOut(Storage source, long byteOffset, Span<byte> target)
    {
        long start = Now();
        new ReadOnlySpan<byte>(((CpuStorage)source).Pointer + byteOffset, target.Length).CopyTo(target);
        _profiler?.Downloaded(target.Length, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    public void Launch(KernelCall call)
    {
        if (!KernelTable.Cpu.TryGetValue(call.Kernel, out CpuKernel? kernel))
        {
            throw new DeviceException($"cpu: no kernel of that name; got '{call.Kernel}'; expected a row in KernelTable.Cpu.");
        }
        if (_profiler is { } profiler)
        {
            long start = Stopwatch.GetTimestamp();
            kernel(call);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            profiler.Launched(call.Kernel, KernelCost.Bytes(call), KernelCost.Arithmetic(call), seconds);
        }
        else
        {
            kernel(call);
        }
        // Kernels work on raw addresses: the arrays that they point into must outlive the call.
        GC.KeepAlive(call.Tensors);
    }

    public void Synchronize() { }

    public void Time(Profiler? profiler)
    {
        if (profiler is not null && _profiler is not null)
        {
            throw new DeviceException("cpu: already profiled; got a second profiler; expected one at a time. Stop the first.");
        }
        _profiler = profiler;
    }

    private long Now() => _profiler is null ? 0 : Stopwatch.GetTimestamp();

    public static string Describe() =>
        $"{Workers.Count} threads, {CpuVectors.Width}-bit "
            + $"vectors, {RuntimeInformation.ProcessArchitecture}";
}

/// <summary>Memory on the CPU: our own array, or foreign memory (a mapped file) kept alive by its owner.</summary>
internal sealed unsafe class CpuStorage : Storage
{
    private const int Alignment = 64; // one cache line, one 512-bit vector
    private readonly object _owner;

    /// <summary>Fresh memory. The array is pinned, so its address holds; the garbage collector frees it with the last tensor.</summary>
    public CpuStorage(long bytes)
    {
        GarbagePacer.Allocating(bytes);
        byte[] array = GC.AllocateUninitializedArray<byte>(checked((int)Math.Min(bytes + Alignment, Array.MaxLength)), pinned: true);
        if (array.LongLength < bytes + Alignment)
        {
            throw new ShapeException($"cpu: buffer too large; got {bytes} bytes; "
                + $"expected at most {Array.MaxLength - Alignment}. Work in smaller batches.");
        }
        nuint address = (nuint)Marshal.UnsafeAddrOfPinnedArrayElement(array, 0);
        _owner = array;
        Bytes = bytes;
        Pointer = (byte*)((address + Alignment - 1) & ~(nuint)(Alignment - 1));
    }

    /// <summary>Memory that belongs to <paramref name="owner"/>, which stays alive as long as this.</summary>
    public CpuStorage(object owner, byte* pointer, long bytes)
    {
        _owner = owner;
        Pointer = pointer;
        Bytes = bytes;
    }

    public override long Bytes { get; }

    public byte* Pointer { get; }

    /// <summary>What keeps the memory valid.</summary>
    public object Owner => _owner;
}
