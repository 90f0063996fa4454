namespace Vitrine.Tensors;

/// <summary>Memory of a GPU; goes back to the pool when no tensor uses it any more.</summary>
internal sealed class GpuStorage : Storage
{
    private readonly BufferPool _pool;
    private readonly nint _buffer;
    private readonly long _size; // of the buffer, which may be larger

    /// <summary>Memory for <paramref name="bytes"/> bytes.</summary>
    public GpuStorage(BufferPool pool, long bytes)
    {
        (_pool, Bytes) = (pool, bytes);
        _buffer = pool.Take(bytes, out _size);
    }

    ~GpuStorage()
    {
        if (_buffer != 0)
        {
            _pool.Return(_buffer, _size);
        }
    }

    public override long Bytes { get; }

    /// <summary>The driver's handle or address.</summary>
    public nint Buffer => _buffer;

    /// <summary>
    /// The same bytes on the host when they came from there and are few (ids, masks): reading them back then costs no wait. Tensors never
    /// change.
    /// </summary>
    internal override CpuStorage? OnHost => Host;

    internal override void Changed() => Host = null;

    /// <summary>Set by the copy that filled it.</summary>
    public CpuStorage? Host { get; set; }
}
