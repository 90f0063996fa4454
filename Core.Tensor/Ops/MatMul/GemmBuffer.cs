using System.Runtime.CompilerServices;

namespace Vitrine.Tensors;

/// <summary>Packing memory of one thread, grown when needed and kept for the next product: concurrent calls never share it.</summary>
internal unsafe struct GemmBuffer
{
    // Bytes of a cache line, which is also the widest vector: panels start on this boundary.
    private const int Alignment = 64;

    [ThreadStatic] private static GemmBuffer t_a;
    [ThreadStatic] private static GemmBuffer t_b;
    [ThreadStatic] private static GemmBuffer t_widened;

    private float[]? _memory; // pinned by allocation, so its address is stable and the collector frees it with the thread
    private float* _start;
    private long _length;

    /// <summary>Memory for packed A; what it held is lost.</summary>
    public static float* ForA(long length) => t_a.Get(length);

    /// <summary>Memory for packed B; what it held is lost.</summary>
    public static float* ForB(long length) => t_b.Get(length);

    /// <summary>Memory for a stripe of B that was stored in half precision; what it held is lost.</summary>
    public static float* ForWidened(long length) => t_widened.Get(length);

    private float* Get(long length)
    {
        if (length > _length) Grow(length);
        return _start;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(long length)
    {
        _memory = GC.AllocateUninitializedArray<float>(checked((int)(length + Alignment / sizeof(float))), pinned: true);
        nint address = (nint)Unsafe.AsPointer(ref _memory[0]);
        _start = (float*)((address + Alignment - 1) & -Alignment);
        _length = length;
    }
}
