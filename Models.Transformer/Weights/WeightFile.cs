using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>One file of weights, mapped into memory and checked completely before the first tensor is handed out.</summary>
/// <remarks>
/// Opening allocates for names and shapes only, whatever numbers the file claims; data pages are loaded when touched. Reads are safe from
/// several threads. A file that another process shortens while it is open is out of scope: the system then kills the reader (SIGBUS).
/// Replace files by renaming; an open file then keeps its old contents.
/// </remarks>
public abstract unsafe class WeightFile : IDisposable
{
    private readonly Dictionary<string, WeightEntry> _entries;
    private MappedFile? _mapping;
    private volatile bool _lent;

    private protected WeightFile(string path, MappedFile mapping, Dictionary<string, WeightEntry> entries) =>
        (FilePath, _mapping, _entries) = (path, mapping, entries);

    /// <summary>Path the file was opened by.</summary>
    public string FilePath { get; }

    /// <summary>Names of all tensors, in the order of the file.</summary>
    public IReadOnlyCollection<string> Names => _entries.Keys;

    /// <summary>Opens and checks a file: <c>.bin</c>, <c>.pt</c> and <c>.pth</c> as torch writes them, any other as safetensors.</summary>
    /// <param name="path">Path of one file.</param>
    /// <exception cref="WeightException">The file is missing, unreadable, or breaks a rule of its format.</exception>
    public static WeightFile Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Path.GetExtension(path) is ".bin" or ".pt" or ".pth" ? TorchFile.Open(path) : SafetensorsFile.Open(path);
    }

    /// <summary>Maps a file and has its contents listed.</summary>
    private protected static T Map<T>(string path, string format, Func<MappedFile, T> read)
        where T : WeightFile
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException($"{format}: reading needs a little-endian machine.");
        }
        MappedFile? mapping = null;
        try
        {
            mapping = MappedFile.Open(path);
            T file = read(mapping);
            mapping = null;
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new WeightException(
                $"{format}: the file cannot be opened; got: {e.Message.TrimEnd('.')}; expected a readable, non-empty file. "
                + $"Check the path and its permissions. File: {path}",
                path, null, e);
        }
        finally
        {
            mapping?.Dispose();
        }
    }

    /// <summary>Whether the file has a tensor of this name.</summary>
    /// <param name="name">Name as the file spells it; case matters.</param>
    public bool Contains(string name) => _entries.ContainsKey(name);

    /// <summary>Type, shape and place of a tensor.</summary>
    /// <param name="name">Name as the file spells it; case matters.</param>
    /// <exception cref="WeightException">There is no such tensor; the nearest names are listed.</exception>
    public WeightEntry Entry(string name) => _entries.TryGetValue(name, out WeightEntry? entry)
        ? entry
        : throw WeightException.Unknown(name, Names, FilePath);

    /// <summary>The tensor's first byte. The address holds until <see cref="Dispose"/>, and only while this object is referenced.</summary>
    /// <param name="name">Name as the file spells it.</param>
    /// <returns>Address of <see cref="WeightEntry.Length"/> bytes, possibly unaligned.</returns>
    /// <exception cref="WeightException">There is no such tensor.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public byte* Address(string name) => MappingOf(Entry(name)).Start + Entry(name).Offset;

    /// <summary>
    /// The tensor's bytes, not copied. The span holds until <see cref="Dispose"/>, and only while this object is referenced.
    /// </summary>
    /// <param name="name">Name as the file spells it.</param>
    /// <exception cref="WeightException">There is no such tensor, or it is larger than a span can be (2 GiB): use
    /// <see cref="Address"/>.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        WeightEntry entry = Entry(name);
        return entry.Length <= int.MaxValue
            ? new(MappingOf(entry).Start + entry.Offset, (int)entry.Length)
            : throw TooLarge(entry, "bytes in one span");
    }

    /// <summary>
    /// The tensor's elements as float32, row-major. F32 keeps its bits; F16, BF16, I16, I8, U8 and BOOL (0 or 1) are exact;
    /// F64, I64 and I32 round to nearest even, and F64 beyond the range of float32 becomes ±infinity.
    /// </summary>
    /// <param name="name">Name as the file spells it.</param>
    /// <exception cref="WeightException">There is no such tensor, or it has more elements than an array can hold.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public float[] ReadFloats(string name)
    {
        WeightEntry entry = Entry(name);
        if (entry.Count > Array.MaxLength)
        {
            throw TooLarge(entry, "elements in one array");
        }
        MappedFile mapping = MappingOf(entry);
        float[] values = GC.AllocateUninitializedArray<float>((int)entry.Count);
        WeightConversion.ToFloats(entry.Type, mapping.Start + entry.Offset, values);
        GC.KeepAlive(mapping);
        return values;
    }

    /// <summary>
    /// The tensor as float32 weight. Aligned F32 is a view of the mapped file: nothing is copied, pages are loaded when
    /// first used, and the mapping lives as long as the tensor, whatever happens to this object. Other types are
    /// converted as by <see cref="ReadFloats"/>.
    /// </summary>
    /// <param name="name">Name as the file spells it.</param>
    /// <exception cref="WeightException">There is no such tensor, or it has more than 2^31 - 1 elements.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public Tensor Read(string name)
    {
        WeightEntry entry = Entry(name);
        Shape shape = ShapeOf(entry);
        MappedFile mapping = MappingOf(entry);
        byte* start = mapping.Start + entry.Offset;
        if (entry.Type == WeightType.F32 && (nuint)start % sizeof(float) == 0)
        {
            _lent = true;
            return Tensor.Over(mapping, start, shape, DType.Float32, isWeight: true);
        }
        Tensor tensor = Tensor.Empty(shape, Device.Cpu);
        WeightConversion.ToFloats(entry.Type, start, tensor.Floats);
        GC.KeepAlive(mapping);
        return tensor.AsWeight();
    }

    /// <summary>
    /// The integers of an I8 tensor: a view of the mapped file, as <see cref="Read"/> makes of aligned F32.
    /// </summary>
    /// <param name="name">Name as the file spells it.</param>
    /// <exception cref="WeightException">There is no such tensor, it is not I8, or it has more than 2^31 - 1 elements.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public Tensor ReadInt8(string name)
    {
        WeightEntry entry = Entry(name);
        if (entry.Type != WeightType.I8)
        {
            throw new WeightException(
                $"weights: not a tensor of 8-bit integers; got {entry}; expected I8. "
                + $"File: {FilePath} (tensor {WeightException.Quote(name)})", FilePath, name);
        }
        MappedFile mapping = MappingOf(entry);
        _lent = true;
        return Tensor.Over(mapping, mapping.Start + entry.Offset, ShapeOf(entry), DType.Int8, isWeight: true);
    }

    /// <summary>
    /// The tensor in half precision. Aligned F16 is a view of the mapped file, as <see cref="Read"/> makes of aligned F32; other types are
    /// rounded to nearest even.
    /// </summary>
    /// <param name="name">Name as the file spells it.</param>
    /// <exception cref="WeightException">There is no such tensor, half precision does not hold it, or it has more than 2^31 - 1
    /// elements.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public Tensor ReadHalf(string name)
    {
        WeightEntry entry = Entry(name);
        MappedFile mapping = MappingOf(entry);
        byte* start = mapping.Start + entry.Offset;
        if (entry.Type == WeightType.F16 && (nuint)start % 2 == 0)
        {
            _lent = true;
            return Tensor.Over(mapping, start, ShapeOf(entry), DType.Float16, isWeight: true);
        }
        try
        {
            return HalfPrecision.Round(Copy(name));
        }
        catch (VitrineException e) when (e is not WeightException)
        {
            throw new WeightException($"{e.Message} File: {FilePath} (tensor {WeightException.Quote(name)})", FilePath, name, e);
        }
    }

    /// <summary>
    /// The tensor as float32 weight in memory of its own, as <see cref="Read"/> converts it but read through the file: pages of the
    /// mapping are not touched, so that a model can be converted tensor by tensor without ever being in memory as a whole.
    /// </summary>
    /// <param name="name">Name as the file spells it.</param>
    /// <exception cref="WeightException">There is no such tensor, it has more than 2^31 - 1 elements, or the file has changed.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public Tensor Copy(string name)
    {
        const int ChunkBytes = 1 << 20;
        WeightEntry entry = Entry(name);
        Tensor tensor = Tensor.Empty(ShapeOf(entry), Device.Cpu);
        MappedFile mapping = MappingOf(entry);
        byte[] chunk = GC.AllocateUninitializedArray<byte>((int)Math.Min(ChunkBytes, entry.Length));
        int perChunk = ChunkBytes / entry.Type.Size();
        try
        {
            fixed (byte* start = chunk)
            {
                for (int done = 0; done < tensor.Shape.Elements; done += perChunk)
                {
                    int count = Math.Min(perChunk, tensor.Shape.Elements - done);
                    mapping.Read(entry.Offset + ((long)done * entry.Type.Size()), chunk.AsSpan(0, count * entry.Type.Size()));
                    WeightConversion.ToFloats(entry.Type, start, tensor.Floats.Slice(done, count));
                }
            }
        }
        catch (IOException e)
        {
            throw new WeightException($"weights: the file cannot be read; "
                + $"got: {e.Message.TrimEnd('.')}; expected {entry}. File: {FilePath} (tensor {WeightException.Quote(name)})", FilePath,
                name, e);
        }
        return tensor.AsWeight();
    }

    /// <summary>
    /// Closes the file: nothing can be read any more, and pointers and spans into it are no longer valid. Tensors that
    /// view it stay valid; the collector unmaps the file after the last of them.
    /// </summary>
    public void Dispose()
    {
        if (!_lent)
        {
            _mapping?.Dispose();
            foreach (WeightEntry entry in _entries.Values)
            {
                entry.Memory?.Dispose();
            }
        }
        _mapping = null;
        GC.SuppressFinalize(this);
    }

    /// <summary>The file, or the memory of an entry that does not lie in the file as it is to be read.</summary>
    private MappedFile MappingOf(WeightEntry entry) => _mapping is null ? throw new ObjectDisposedException(GetType().Name) : entry.Memory
        ?? _mapping;

    private Shape ShapeOf(WeightEntry entry)
    {
        try
        {
            return Shape.Create([.. entry.Shape.Select(axis => checked((int)axis))]);
        }
        catch (Exception e) when (e is OverflowException or ShapeException)
        {
            throw TooLarge(entry, "elements");
        }
    }

    private WeightException TooLarge(WeightEntry entry, string limit) => new(
        $"weights: the tensor is too large; got {entry}; expected at most 2^31 {limit}. Split it. "
        + $"File: {FilePath} (tensor {WeightException.Quote(entry.Name)})",
        FilePath, entry.Name);
}
