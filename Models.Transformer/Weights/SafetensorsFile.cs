using System.Collections.ObjectModel;

namespace Vitrine.Transformers;

/// <summary>
/// A safetensors file, mapped into memory and checked completely before the first tensor is handed out.
/// Layout: 8 bytes little-endian length n, n bytes of JSON header, then the tensors' bytes without gaps.
/// </summary>
/// <remarks>
/// Opening allocates for names and shapes only (at most about three times the header's length), whatever numbers the file claims.
/// Source: huggingface/safetensors, README "Format", and the checks of its reference reader.
/// </remarks>
public sealed unsafe class SafetensorsFile : WeightFile
{
    /// <summary>Longest header the format allows, bytes.</summary>
    public const long LongestHeader = 100_000_000;

    private const int LengthBytes = 8;

    private SafetensorsFile(string path, MappedFile mapping, Dictionary<string, WeightEntry> entries, Dictionary<string, string> metadata)
        : base(path, mapping, entries) => Metadata = metadata.AsReadOnly();

    /// <summary>The strings under <c>__metadata__</c>; empty when the file has none.</summary>
    public ReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens and checks a file.</summary>
    /// <param name="path">Path of one <c>.safetensors</c> file.</param>
    /// <exception cref="WeightException">The file is missing, unreadable, or breaks a rule of the format.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine is big-endian.</exception>
    public static new SafetensorsFile Open(string path) => Map(path, "safetensors", mapping =>
    {
        Dictionary<string, WeightEntry> entries = ReadHeader(path, mapping, out Dictionary<string, string> metadata);
        return new SafetensorsFile(path, mapping, entries, metadata);
    });

    private static Dictionary<string, WeightEntry> ReadHeader(string path, MappedFile mapping, out Dictionary<string, string> metadata)
    {
        if (mapping.Length <= LengthBytes)
        {
            throw Bad($"{mapping.Length} bytes", $"more than {LengthBytes}");
        }
        ulong length = *(ulong*)mapping.Start;
        if (length is 0 or > LongestHeader)
        {
            throw Bad($"a header length of {length}", $"1 to {LongestHeader}");
        }
        long rest = mapping.Length - LengthBytes - (long)length;
        if (rest < 0)
        {
            throw Bad($"a header of {length} bytes in a file of {mapping.Length}", $"at most {mapping.Length - LengthBytes}");
        }
        return SafetensorsHeader.Parse(
            new(mapping.Start + LengthBytes, (int)length), path, LengthBytes + (long)length, rest, out metadata);

        WeightException Bad(string got, string expected) => new(
            $"safetensors: the file does not begin with the length of its header; "
            + $"got {got}; expected {expected}. The file is truncated or not safetensors: fetch or write it again. File: {path}",
            path);
    }
}
