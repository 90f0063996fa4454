using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// Writes safetensors files: atomically (the target is replaced whole or stays as it was), with tensors sorted by element
/// size, largest first, then by name, after a header padded to 8 bytes, so that every tensor is aligned. The same tensors
/// give the same bytes.
/// </summary>
public static class SafetensorsWriter
{
    private const int ChunkElements = 1 << 16;

    /// <summary>Writes tensors to a file; memory beyond the tensors is one chunk of at most 512 KiB and the header.</summary>
    /// <param name="path">The file to make or replace.</param>
    /// <param name="tensors">What to write; order does not matter.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>, e.g. <c>format = pt</c>; none by default.</param>
    /// <param name="cancellation">Stops between chunks; the target then stays as it was.</param>
    /// <exception cref="WeightException">
    /// A name occurs twice or is <c>__metadata__</c>, a value does not fit its type (a finite one would become infinite, or
    /// is out of range), or the file cannot be written.
    /// </exception>
    /// <exception cref="ShapeException">A tensor is neither float32 nor int8 for I8.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was changed.</exception>
    public static void Save(
        string path,
        IEnumerable<WeightData> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(tensors);
        WeightData[] sorted = [.. tensors.OrderByDescending(t => t.Type.Size()).ThenBy(t => t.Name, StringComparer.Ordinal)];
        Check(path, sorted);
        byte[] header = Header(path, sorted, metadata);
        try
        {
            AtomicFile.Write(path, stream =>
            {
                stream.Write(header);
                foreach (WeightData tensor in sorted)
                {
                    WriteValues(path, stream, tensor, cancellation);
                }
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightException(
                $"safetensors: the file cannot be written; got: {e.Message.TrimEnd('.')}; expected a writable folder with room. "
                + $"The old file, if any, is unchanged. File: {path}",
                path, null, e);
        }
    }

    private static void Check(string path, WeightData[] tensors)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (WeightData tensor in tensors)
        {
            if (tensor.Name == "__metadata__" || !names.Add(tensor.Name))
            {
                throw Wrong(path, tensor.Name, "the name is taken", "it twice or __metadata__", "each name once", "Rename one.");
            }
        }
    }

    // 8 bytes of length, then JSON, then spaces up to a multiple of 8.
    private static byte[] Header(string path, WeightData[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        ArrayBufferWriter<byte> buffer = new();
        buffer.Write(stackalloc byte[sizeof(long)]);
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, value);
                }
                json.WriteEndObject();
            }
            long position = 0;
            foreach (WeightData tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Type.ToString());
                WriteNumbers(json, "shape", [.. tensor.Shape.Axes]);
                long end = position + ((long)tensor.Shape.Elements * tensor.Type.Size());
                WriteNumbers(json, "data_offsets", [position, end]);
                json.WriteEndObject();
                position = end;
            }
            json.WriteEndObject();
        }
        while (buffer.WrittenCount % sizeof(long) != 0)
        {
            buffer.Write(" "u8);
        }
        byte[] header = buffer.WrittenSpan.ToArray();
        long length = header.Length - sizeof(long);
        if (length > SafetensorsFile.LongestHeader)
        {
            throw Wrong(path, null, "the header is too long", $"{length} bytes", $"at most {SafetensorsFile.LongestHeader}",
                "Write several files.");
        }
        BinaryPrimitives.WriteInt64LittleEndian(header, length);
        return header;
    }

    private static void WriteNumbers(Utf8JsonWriter json, string key, ReadOnlySpan<long> numbers)
    {
        json.WriteStartArray(key);
        foreach (long number in numbers)
        {
            json.WriteNumberValue(number);
        }
        json.WriteEndArray();
    }

    private static void WriteValues(string path, Stream stream, WeightData tensor, CancellationToken cancellation)
    {
        Tensor source = tensor.Values;
        if (source.DType == DType.Int8 && tensor.Type == WeightType.I8)
        {
            stream.Write(MemoryMarshal.AsBytes<sbyte>(source.ToSByteArray()));
            return;
        }
        ReadOnlySpan<float> values = source.IsContiguous && source.Device == Device.Cpu ? source.Floats : source.ToArray();
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkElements * sizeof(double));
        try
        {
            for (int start = 0; start < values.Length; start += ChunkElements)
            {
                cancellation.ThrowIfCancellationRequested();
                ReadOnlySpan<float> part = values[start..Math.Min(values.Length, start + ChunkElements)];
                Span<byte> bytes = chunk.AsSpan(0, part.Length * tensor.Type.Size());
                int bad = WeightConversion.FromFloats(tensor.Type, part, bytes);
                if (bad >= 0)
                {
                    throw Wrong(path, tensor.Name, "a value does not fit its type", $"{part[bad]:R} at element {start + bad}",
                        $"a value {tensor.Type} can hold", "Choose a wider type.");
                }
                stream.Write(bytes);
            }
            GC.KeepAlive(source); // the span does not keep its memory
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private static WeightException Wrong(string path, string? tensor, string what, string got, string expected, string advice)
    {
        string place = tensor is null ? "" : $" (tensor {WeightException.Quote(tensor)})";
        return new($"safetensors: {what}; got {got}; expected {expected}. {advice} Nothing was written. File: {path}{place}", path, tensor);
    }
}
