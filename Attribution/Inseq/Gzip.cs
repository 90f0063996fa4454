using System.IO.Compression;

namespace Vitrine.Attributions;

/// <summary>gzip with a limit: a few bytes can unpack to more than any machine holds.</summary>
internal static class Gzip
{
    private const long Floor = 64L << 20, Most = 1L << 30, Ratio = 100;

    /// <summary>Packs bytes as small as it can.</summary>
    public static byte[] Pack(ReadOnlySpan<byte> bytes)
    {
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            zip.Write(bytes);
        }
        return packed.ToArray();
    }

    /// <summary>Unpacks bytes.</summary>
    /// <param name="zipped">The file.</param>
    /// <param name="limit">How many bytes may come out; null: a hundred times as many as went in, at least 64 MiB, at most 1 GiB.</param>
    /// <exception cref="InvalidDataException">It is damaged, or holds more.</exception>
    public static byte[] Unpack(byte[] zipped, long? limit = null)
    {
        long most = limit ?? Math.Clamp(zipped.Length * Ratio, Floor, Most);
        using var zip = new GZipStream(new MemoryStream(zipped), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        for (int read = zip.Read(buffer); read > 0; read = zip.Read(buffer))
        {
            if (bytes.Length + read > most)
            {
                throw new InvalidDataException($"gzip that unpacks to more than {most} bytes");
            }
            bytes.Write(buffer, 0, read);
        }
        return bytes.ToArray();
    }
}
