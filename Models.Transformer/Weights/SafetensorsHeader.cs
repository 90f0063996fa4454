using System.Text.Json;
using System.Text.Unicode;

namespace Vitrine.Transformers;

/// <summary>
/// The JSON header of a safetensors file, parsed by hand and checked rule by rule: the file is never trusted.
/// Memory: the names, shapes and offsets, at most about three times the header's own length; no number in it sizes anything.
/// Format: https://github.com/huggingface/safetensors (README, "Format").
/// </summary>
internal ref struct SafetensorsHeader
{
    // The header object, one tensor's object, its shape: nothing in the format is deeper.
    private const int Depth = 3;

    // As numpy and torch; keeps a hostile shape of millions of axes from being built.
    private const int MostAxes = 64;

    // Bytes of "":{"dtype":"U8","shape":[],"data_offsets":[0,0]}, : bounds the number of tensors without counting them.
    private const int ShortestEntry = 50;

    // Hundreds are the most that files have; more small strings than this would outgrow the file they come from.
    private const int MostMetadata = 10_000;

    private static readonly WeightType[] s_types = Enum.GetValues<WeightType>();
    private static readonly string[] s_typeNames = Enum.GetNames<WeightType>();

    private readonly string _file;
    private readonly long _dataStart;
    private readonly long _dataLength;
    private readonly Dictionary<string, WeightEntry> _entries;
    private Dictionary<string, string>? _metadata;
    private Utf8JsonReader _json;
    private string? _tensor;

    private SafetensorsHeader(ReadOnlySpan<byte> json, string file, long dataStart, long dataLength)
    {
        _file = file;
        _dataStart = dataStart;
        _dataLength = dataLength;
        _entries = new(json.Length / ShortestEntry, StringComparer.Ordinal);
        _json = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Depth });
    }

    /// <summary>Parses and checks a header.</summary>
    /// <param name="json">The header's bytes, padding included.</param>
    /// <param name="file">Path for messages.</param>
    /// <param name="dataStart">Where the data begin in the file, bytes.</param>
    /// <param name="dataLength">How many bytes of data follow the header.</param>
    /// <param name="metadata">The strings under <c>__metadata__</c>; empty when there are none.</param>
    /// <returns>The tensors by name.</returns>
    /// <exception cref="WeightException">A rule of the format is broken.</exception>
    public static Dictionary<string, WeightEntry> Parse(
        ReadOnlySpan<byte> json, string file, long dataStart, long dataLength, out Dictionary<string, string> metadata)
    {
        SafetensorsHeader header = new(json, file, dataStart, dataLength);
        if (json[0] != (byte)'{')
        {
            throw header.Wrong("the header does not begin with a brace", $"byte 0x{json[0]:x2}", "'{'");
        }
        if (!Utf8.IsValid(json))
        {
            throw header.Wrong("the header is not UTF-8", "invalid bytes", "UTF-8 text");
        }
        try
        {
            header.ReadAll();
        }
        catch (JsonException e)
        {
            throw header.Wrong("the header is not the JSON of the format",
                $"a fault at byte {8 + header._json.TokenStartIndex}", "one object of tensors", e);
        }
        catch (InvalidOperationException e) // an escaped half of a surrogate pair, the only text UTF-8 cannot hold
        {
            throw header.Wrong("a name in the header is not text",
                $"half a surrogate pair at byte {8 + header._json.TokenStartIndex}", "Unicode text", e);
        }
        metadata = header._metadata ?? [];
        return header._entries;
    }

    private void ReadAll()
    {
        _ = _json.Read();
        while (NextKey())
        {
            if (_json.ValueTextEquals("__metadata__"u8))
            {
                ReadMetadata();
                continue;
            }
            string name = _json.GetString()!;
            _tensor = name;
            WeightEntry entry = ReadEntry(name);
            if (!_entries.TryAdd(name, entry))
            {
                throw Wrong("the tensor is listed twice", "a duplicate key", "each name once");
            }
            _tensor = null;
        }
        _ = _json.Read(); // only white space may follow; anything else throws
        CheckCoverage();
    }

    // Moves to the next key of the current object; false at its end.
    private bool NextKey() => _json.Read() && _json.TokenType == JsonTokenType.PropertyName;

    private void ReadMetadata()
    {
        if (_metadata is not null)
        {
            throw Wrong("__metadata__ is listed twice", "a duplicate key", "one __metadata__");
        }
        _metadata = new(StringComparer.Ordinal);
        Expect(JsonTokenType.StartObject, "__metadata__");
        while (NextKey())
        {
            string key = _json.GetString()!;
            Expect(JsonTokenType.String, "a __metadata__ value");
            if (!_metadata.TryAdd(key, _json.GetString()!))
            {
                throw Wrong("a __metadata__ key is listed twice", WeightException.Quote(key), "each key once");
            }
            if (_metadata.Count > MostMetadata)
            {
                throw Wrong("__metadata__ is too long", $"more than {MostMetadata} keys", $"at most {MostMetadata}");
            }
        }
    }

    private WeightEntry ReadEntry(string name)
    {
        WeightType? type = null;
        long[]? shape = null;
        (long Begin, long End)? range = null;
        Expect(JsonTokenType.StartObject, "a tensor's entry");
        while (NextKey())
        {
            if (type is null && _json.ValueTextEquals("dtype"u8))
            {
                type = ReadType();
            }
            else if (shape is null && _json.ValueTextEquals("shape"u8))
            {
                shape = ReadShape();
            }
            else if (range is null && _json.ValueTextEquals("data_offsets"u8))
            {
                range = ReadRange();
            }
            else
            {
                throw Wrong("an entry has a key too many", WeightException.Quote(_json.GetString()!),
                    "dtype, shape and data_offsets, each once");
            }
        }
        if (type is null || shape is null || range is null)
        {
            string absent = type is null ? "dtype" : shape is null ? "shape" : "data_offsets";
            throw Wrong("an entry is incomplete", $"no {absent}", "dtype, shape and data_offsets");
        }
        (long begin, long end) = range.Value;
        CheckRange(begin, end);
        CheckSize(type.Value, shape, end - begin);
        return new WeightEntry(name, type.Value, shape, _dataStart + begin, end - begin);
    }

    private WeightType ReadType()
    {
        Expect(JsonTokenType.String, "dtype");
        for (int i = 0; i < s_types.Length; i++)
        {
            if (_json.ValueTextEquals(s_typeNames[i]))
            {
                return s_types[i];
            }
        }
        throw Wrong("the dtype is not one this reader knows", WeightException.Quote(_json.GetString()!),
            string.Join(", ", s_typeNames), advice: "Convert the file to one of these.");
    }

    private long[] ReadShape()
    {
        Span<long> axes = stackalloc long[MostAxes];
        return axes[..ReadNumbers("shape", axes)].ToArray();
    }

    private (long Begin, long End) ReadRange()
    {
        Span<long> ends = stackalloc long[2];
        return ReadNumbers("data_offsets", ends) == 2
            ? (ends[0], ends[1])
            : throw Wrong("data_offsets is incomplete", "fewer than 2 numbers", "[begin, end]");
    }

    private int ReadNumbers(string what, scoped Span<long> numbers)
    {
        Expect(JsonTokenType.StartArray, what);
        int count = 0;
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            // Unsigned: refuses -0 as well, which the format's own reader does not take for a whole number either.
            if (_json.TokenType != JsonTokenType.Number || !_json.TryGetUInt64(out ulong number) || number > long.MaxValue)
            {
                throw Wrong($"a number in {what} is not one", "something else", "a whole number from 0 to 2^63 - 1");
            }
            if (count == numbers.Length)
            {
                throw Wrong($"{what} is too long", $"more than {numbers.Length} numbers", $"at most {numbers.Length}");
            }
            numbers[count++] = (long)number;
        }
        return count;
    }

    private readonly void CheckRange(long begin, long end)
    {
        if (begin > end)
        {
            throw Wrong("data_offsets run backwards", $"[{begin}, {end}]", "begin <= end");
        }
        if (end > _dataLength)
        {
            throw Wrong("the data end beyond the file", $"data_offsets [{begin}, {end}]",
                $"an end of at most {_dataLength}", advice: "The file is truncated: fetch it again.");
        }
    }

    private readonly void CheckSize(WeightType type, long[] shape, long bytes)
    {
        long expected = type.Size();
        foreach (long axis in shape)
        {
            if (Math.BigMul(expected, axis, out expected) != 0 || expected < 0)
            {
                throw Wrong("the shape has more bytes than 2^63", $"{type} {WeightException.Axes(shape)}", "a shape that fits the file");
            }
        }
        if (expected != bytes)
        {
            throw Wrong("shape and data disagree", $"{bytes} bytes for {type} {WeightException.Axes(shape)}", $"{expected} bytes");
        }
    }

    // Sorted by position, the tensors must cover the data from the first byte to the last, each byte once.
    private void CheckCoverage()
    {
        WeightEntry[] entries = [.. _entries.Values];
        Array.Sort(entries, static (a, b) => (a.Offset, a.Length).CompareTo((b.Offset, b.Length)));
        long covered = _dataStart;
        foreach (WeightEntry entry in entries)
        {
            if (entry.Offset != covered)
            {
                _tensor = entry.Name;
                throw Wrong(entry.Offset < covered ? "the tensor overlaps another" : "there is a hole before the tensor",
                    $"begin {entry.Offset - _dataStart}", $"begin {covered - _dataStart}, where the previous one ends");
            }
            covered += entry.Length;
        }
        if (covered != _dataStart + _dataLength)
        {
            throw Wrong("bytes at the end belong to no tensor", $"{_dataLength} bytes of data",
                $"{covered - _dataStart}, where the last tensor ends");
        }
    }

    // Reads the next token and insists on its kind.
    private void Expect(JsonTokenType token, string what)
    {
        _ = _json.Read();
        if (_json.TokenType != token)
        {
            throw Wrong($"{what} has the wrong kind of value", $"{_json.TokenType} at byte {8 + _json.TokenStartIndex}", $"{token}");
        }
    }

    private readonly WeightException Wrong(
        string what, string got, string expected, Exception? cause = null,
        string advice = "The file is damaged or not safetensors: fetch or write it again.")
    {
        string place = _tensor is null ? "" : $" (tensor {WeightException.Quote(_tensor)})";
        string message = $"safetensors: {what}; got {got}; expected {expected}. {advice} File: {_file}{place}";
        return cause is null ? new(message, _file, _tensor) : new(message, _file, _tensor, cause);
    }
}
