namespace Vitrine.Tensors;

/// <summary>What a kind of device can do: allocate, copy, launch a kernel by name, wait. A backend knows no op.</summary>
internal interface IBackend
{
    /// <summary>Memory for <paramref name="bytes"/> bytes, its contents undefined.</summary>
    Storage Allocate(long bytes);

    /// <summary>Copies host bytes into a storage.</summary>
    void CopyIn(ReadOnlySpan<byte> source, Storage target, long byteOffset);

    /// <summary>Copies bytes of a storage to the host, after all launches before it are done.</summary>
    void CopyOut(Storage source, long byteOffset, Span<byte> target);

    /// <summary>Runs the kernel of that name.</summary>
    void Launch(KernelCall call);

    /// <summary>Returns when every launch so far is done.</summary>
    void Synchronize();

    /// <summary>
    /// From now on tells a profiler of every launch, copy and wait with its time; null: no longer, after telling of all that is under way.
    /// </summary>
    /// <exception cref="DeviceException">Another profiler is at work.</exception>
    void Time(Profiler? profiler);
}

/// <summary>A piece of device memory; lives as long as some tensor uses it.</summary>
public abstract class Storage
{
    /// <summary>Its size in bytes.</summary>
    public abstract long Bytes { get; }

    /// <summary>A copy of the contents on the host, when there is one; reading it waits for no device.</summary>
    internal virtual CpuStorage? OnHost => null;

    /// <summary>
    /// Told by a kernel that has written into it again (see <see cref="OptimizerKernels"/>): what the host remembers of it is no longer
    /// true.
    /// </summary>
    internal virtual void Changed() { }
}
