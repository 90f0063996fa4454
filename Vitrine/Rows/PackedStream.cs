using System.IO.Compression;

namespace Vitrine;

/// <summary>Data files that are compressed: what to read them through.</summary>
internal static class PackedStream
{
    private static readonly string[] s_endings = [".gz", ".zst"];

    /// <summary>The name without the ending of a compression: <c>reviews.csv</c> of <c>reviews.csv.gz</c>.</summary>
    public static string Bare(string path) => s_endings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase)
        ? path[..^Path.GetExtension(path).Length] : path;

    /// <summary>What a file holds, decompressed as its name says.</summary>
    public static Stream Open(Stream stream, string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".gz" => new GZipStream(stream, CompressionMode.Decompress),
        ".zst" => ColumnFiles.Zstandard(stream),
        _ => stream,
    };
}
