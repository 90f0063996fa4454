namespace Vitrine.Transformers;

/// <summary>
/// A checkpoint as <c>torch.save</c> writes it (<c>pytorch_model.bin</c>): a zip archive with a pickle that describes the tensors and a
/// file for each storage, or, before torch 1.6, pickles and storages one after the other.
/// </summary>
/// <remarks>
/// The pickle is read, not run (<see cref="TorchPickle"/>). Storages stay in the mapped file; a tensor whose elements are stored in another
/// order than its axes say is copied when the file is opened. Source: torch/serialization.py.
/// </remarks>
public sealed unsafe class TorchFile : WeightFile
{
    private const string MagicNumber = "119547037146038801333356"; // 0x1950a86a20f9469cfc6c
    private const int MostAxes = 64;

    private TorchFile(string path, MappedFile mapping, Dictionary<string, WeightEntry> entries)
        : base(path, mapping, entries) { }

    /// <summary>Opens and checks a file.</summary>
    /// <param name="path">Path of one file.</param>
    /// <exception cref="WeightException">The file is missing or damaged, or holds more than tensors.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine is big-endian.</exception>
    public static new TorchFile Open(string path) => Map(path, "torch", mapping => new TorchFile(path, mapping, Read(mapping, path)));

    private static Dictionary<string, WeightEntry> Read(MappedFile mapping, string path)
    {
        (object? root, Func<TorchStorage, TorchZip.Place?> find) = TorchZip.IsZip(mapping)
            ? ReadZip(mapping, path) : ReadLegacy(mapping, path);
        if (root is not Dictionary<string, object?> tensors)
        {
            throw Wrong(path, null, "the checkpoint is not a state dict", root is null ? "None" : root.GetType().Name, "tensors by name");
        }
        Dictionary<string, WeightEntry> entries = new(StringComparer.Ordinal);
        long room = 2 * mapping.Length; // what copies may take in all: views that overlap could ask for any size
        foreach ((string name, object? value) in tensors)
        {
            TorchTensor tensor = value as TorchTensor ?? throw Wrong(path, name, "an entry is no tensor",
                value is Dictionary<string, object?> ? "a dictionary" : $"{value ?? "None"}",
                "tensors by name", "Save the model's state_dict alone.");
            TorchZip.Place place = find(tensor.Storage)
                ?? throw Wrong(path, name, "the storage of a tensor is missing", $"no '{tensor.Storage.Key}'", "each storage in the file");
            WeightEntry entry = Entry(mapping, path, name, tensor, place, room);
            room -= entry.Memory?.Length ?? 0;
            entries.Add(name, entry);
        }
        return entries;
    }

    private static (object? Root, Func<TorchStorage, TorchZip.Place?> Find) ReadZip(MappedFile mapping, string path)
    {
        Dictionary<string, TorchZip.Place> files = TorchZip.Read(mapping, path);
        string pickle = files.Keys.FirstOrDefault(name => name == "data.pkl" || name.EndsWith("/data.pkl", StringComparison.Ordinal))
            ?? throw Wrong(path, null, "the archive has no data.pkl", $"{files.Count} other files", "a checkpoint of torch");
        string folder = pickle[..^"data.pkl".Length];
        if (files.TryGetValue($"{folder}byteorder", out TorchZip.Place order)
            && !new ReadOnlySpan<byte>(mapping.Start + order.Offset, (int)Math.Min(6, order.Length)).SequenceEqual("little"u8))
        {
            throw Wrong(path, null, "the checkpoint was written by a big-endian machine", "another byte order", "little-endian numbers");
        }
        TorchZip.Place at = files[pickle];
        if (at.Length > int.MaxValue)
        {
            throw Wrong(path, null, "the description of the tensors is too long", $"{at.Length} bytes", "at most 2^31");
        }
        object? root = TorchPickle.Read(new(mapping.Start + at.Offset, (int)at.Length), path, out _);
        return (root, storage => files.TryGetValue($"{folder}data/{storage.Key}", out TorchZip.Place place) ? place : null);
    }

    /// <summary>
    /// The form before torch 1.6: pickles of a magic number, a version, the machine, the tensors and the storages' keys; then each storage,
    /// after its length.
    /// </summary>
    private static (object? Root, Func<TorchStorage, TorchZip.Place?> Find) ReadLegacy(MappedFile mapping, string path)
    {
        long at = 0;
        if (mapping.Length > 262 && new ReadOnlySpan<byte>(mapping.Start + 257, 5).SequenceEqual("ustar"u8))
        {
            throw Wrong(path, null, "the checkpoint is in the tar form of torch before 0.4", "a tar archive", "the later forms",
                "Load and save it with a newer torch.");
        }
        if (*mapping.Start != 0x80 || Next() as string != MagicNumber)
        {
            throw Wrong(path, null, "the file is not a checkpoint of torch", "another beginning", "a zip archive or torch's magic number");
        }
        if (Next() is not 1001L)
        {
            throw Wrong(path, null, "the checkpoint is of an unknown version", "another one", "1001");
        }
        if (Next() is Dictionary<string, object?> machine && machine.GetValueOrDefault("little_endian") is false)
        {
            throw Wrong(path, null, "the checkpoint was written by a big-endian machine", "another byte order", "little-endian numbers");
        }
        object? root = Next();
        List<object?> keys = Next() as List<object?>
            ?? throw Wrong(path, null, "the checkpoint does not list its storages", "something else", "a list");
        Dictionary<string, WeightType> types = new(StringComparer.Ordinal);
        foreach (TorchTensor tensor in (root as Dictionary<string, object?>)?.Values.OfType<TorchTensor>() ?? [])
        {
            types[tensor.Storage.Key] = tensor.Storage.Type;
        }
        Dictionary<string, TorchZip.Place> places = new(StringComparer.Ordinal);
        foreach (object? key in keys)
        {
            long count = at <= mapping.Length - 8 ? *(long*)(mapping.Start + at) : -1;
            int size = key is string name && types.TryGetValue(name, out WeightType type)
                ? type.Size() : throw Wrong(path, null, "a storage belongs to no tensor", $"{key}", "storages of tensors");
            if (count < 0 || count > (mapping.Length - at - 8) / size)
            {
                throw Wrong(path, null, "a storage ends beyond the file", $"{count} elements at byte {at}",
                    $"at most {mapping.Length - at} bytes", "The file is truncated: fetch it again.");
            }
            places[name] = new(at + 8, count * size);
            at += 8 + (count * size);
        }
        return (root, storage => places.TryGetValue(storage.Key, out TorchZip.Place place) ? place : null);

        object? Next()
        {
            object? value = TorchPickle.Read(new(mapping.Start + at, (int)Math.Min(int.MaxValue, mapping.Length - at)), path, out int used);
            at += used;
            return value;
        }
    }

    private static WeightEntry Entry(MappedFile mapping, string path, string name, TorchTensor tensor, TorchZip.Place place, long room)
    {
        int size = tensor.Storage.Type.Size();
        if (tensor.Shape.Length != tensor.Strides.Length || tensor.Shape.Length > MostAxes)
        {
            throw Wrong(path, name, "a tensor has not a stride for each axis",
                $"{tensor.Shape.Length} axes, {tensor.Strides.Length} strides", $"as many, at most {MostAxes}");
        }
        UInt128 count = 1, last = (UInt128)Math.Max(0, tensor.Offset);
        bool rowMajor = true;
        for (int axis = tensor.Shape.Length - 1; axis >= 0; axis--)
        {
            rowMajor &= tensor.Shape[axis] <= 1 || (UInt128)tensor.Strides[axis] == count;
            last += (UInt128)Math.Max(0, tensor.Shape[axis] - 1) * (UInt128)tensor.Strides[axis];
            count *= (UInt128)tensor.Shape[axis];
            if (count > long.MaxValue / 8 || last > long.MaxValue)
            {
                throw Beyond();
            }
        }
        if (tensor.Offset < 0 || tensor.Storage.Count > place.Length / size || (count > 0 && last >= (UInt128)tensor.Storage.Count))
        {
            throw Beyond();
        }
        long bytes = (long)count * size;
        long start = place.Offset + (tensor.Offset * size);
        if (rowMajor || count == 0)
        {
            return new WeightEntry(name, tensor.Storage.Type, tensor.Shape, count == 0 ? place.Offset : start, bytes);
        }
        if (bytes > room)
        {
            throw Wrong(path, name, "a tensor repeats its elements", WeightException.Axes(tensor.Shape), "each element stored once");
        }
        MappedFile memory = MappedFile.Anonymous(bytes);
        Gather(mapping.Start + start, memory.Start, tensor.Shape, tensor.Strides, size);
        return new WeightEntry(name, tensor.Storage.Type, tensor.Shape, 0, bytes) { Memory = memory };

        WeightException Beyond() => Wrong(path, name, "a tensor reaches beyond its storage",
            $"{WeightException.Axes(tensor.Shape)} from element {tensor.Offset} of {tensor.Storage.Count}, stored in {place.Length} bytes",
            "a view of the storage");
    }

    /// <summary>Copies a strided view in the order of its axes.</summary>
    private static void Gather(byte* source, byte* target, long[] shape, long[] strides, int size)
    {
        long[] index = new long[shape.Length];
        int inner = shape.Length - 1;
        while (true)
        {
            long from = 0;
            for (int axis = 0; axis < inner; axis++)
            {
                from += index[axis] * strides[axis];
            }
            for (long i = 0; i < shape[inner]; i++)
            {
                Buffer.MemoryCopy(source + ((from + (i * strides[inner])) * size), target, size, size);
                target += size;
            }
            int next = inner - 1;
            while (next >= 0 && ++index[next] == shape[next])
            {
                index[next--] = 0;
            }
            if (next < 0)
            {
                return;
            }
        }
    }

    private static WeightException Wrong(string path, string? tensor, string what, string got, string expected,
        string advice = "Fetch or save it again.")
    {
        string place = tensor is null ? "" : $" (tensor {WeightException.Quote(tensor)})";
        return new($"torch: {what}; got {got}; expected {expected}. {advice} File: {path}{place}", path, tensor);
    }
}
