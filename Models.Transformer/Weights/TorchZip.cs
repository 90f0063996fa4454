using System.Buffers.Binary;

namespace Vitrine.Transformers;

/// <summary>The directory of a zip archive: where the bytes of each stored file lie. Files of torch are stored, not compressed.</summary>
/// <remarks>
/// Source: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14–16 (ends, zip64), 4.5.3 (zip64 sizes).
/// </remarks>
internal static unsafe class TorchZip
{
    private const uint Local = 0x04034b50, Central = 0x02014b50, End = 0x06054b50, End64 = 0x06064b50, Locator64 = 0x07064b50;
    private const int LocalBytes = 30, CentralBytes = 46, EndBytes = 22, LocatorBytes = 20, End64Bytes = 56;

    /// <summary>Where a file lies in the archive, in bytes.</summary>
    public readonly record struct Place(long Offset, long Length);

    /// <summary>Whether a file begins as a zip archive does.</summary>
    public static bool IsZip(MappedFile file) => file.Length > EndBytes && Number32(file, 0) == Local;

    /// <summary>The files of the archive by name.</summary>
    /// <exception cref="WeightException">The archive is damaged, or a file in it is compressed.</exception>
    public static Dictionary<string, Place> Read(MappedFile file, string path)
    {
        (long at, long count) = Directory(file, path);
        Dictionary<string, Place> places = new(StringComparer.Ordinal);
        for (long i = 0; i < count; i++)
        {
            Check(file, at, CentralBytes, path);
            ReadOnlySpan<byte> head = Bytes(file, at, CentralBytes);
            int name = BinaryPrimitives.ReadUInt16LittleEndian(head[28..]), extra = BinaryPrimitives.ReadUInt16LittleEndian(head[30..]);
            int comment = BinaryPrimitives.ReadUInt16LittleEndian(head[32..]);
            Check(file, at, CentralBytes + name + extra + comment, path);
            if (BinaryPrimitives.ReadUInt32LittleEndian(head) != Central)
            {
                throw Damaged(path, $"no directory entry at byte {at}");
            }
            string entry = System.Text.Encoding.UTF8.GetString(Bytes(file, at + CentralBytes, name));
            if (BinaryPrimitives.ReadUInt16LittleEndian(head[10..]) != 0)
            {
                throw new WeightException($"torch: a file in the archive is compressed; "
                    + $"got {WeightException.Quote(entry)}; expected stored files, as torch.save writes them. Save the checkpoint again. "
                    + $"File: {path}", path);
            }
            (long length, long stored, long local) = Sizes(head, Bytes(file, at + CentralBytes + name, extra), path);
            Check(file, local, LocalBytes, path);
            long data = local + LocalBytes + Number16(file, local + 26) + Number16(file, local + 28);
            if (Number32(file, local) != Local || length != stored || !places.TryAdd(entry, new Place(data, length)))
            {
                throw Damaged(path, $"the entry {WeightException.Quote(entry)}");
            }
            Check(file, data, length, path);
            at += CentralBytes + name + extra + comment;
        }
        return places;
    }

    /// <summary>Where the central directory begins, and how many entries it has.</summary>
    private static (long At, long Count) Directory(MappedFile file, string path)
    {
        for (long end = file.Length - EndBytes; end >= Math.Max(0, file.Length - EndBytes - ushort.MaxValue); end--)
        {
            if (Number32(file, end) != End)
            {
                continue;
            }
            long count = Number16(file, end + 10), at = Number32(file, end + 16), locator = end - LocatorBytes;
            if (locator >= 0 && Number32(file, locator) == Locator64)
            {
                long end64 = Number64(file, locator + 8);
                Check(file, end64, End64Bytes, path);
                (count, at) = Number32(file, end64) == End64
                    ? (Number64(file, end64 + 32), Number64(file, end64 + 48)) : throw Damaged(path, "no zip64 directory");
            }
            return count >= 0 && count <= file.Length / CentralBytes ? (at, count) : throw Damaged(path, $"{count} entries");
        }
        throw Damaged(path, "no directory at its end");
    }

    /// <summary>Length, stored length and place of the local header, from the entry or from its zip64 part.</summary>
    private static (long Length, long Stored, long Local) Sizes(ReadOnlySpan<byte> head, ReadOnlySpan<byte> extra, string path)
    {
        Span<long> values = [BinaryPrimitives.ReadUInt32LittleEndian(head[24..]), BinaryPrimitives.ReadUInt32LittleEndian(head[20..]),
            BinaryPrimitives.ReadUInt32LittleEndian(head[42..])];
        while (extra.Length >= 4)
        {
            int kind = BinaryPrimitives.ReadUInt16LittleEndian(extra), size = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (size > extra.Length - 4)
            {
                throw Damaged(path, "an extra field that is too long");
            }
            ReadOnlySpan<byte> rest = extra.Slice(4, size);
            for (int i = 0; kind == 1 && i < values.Length; i++)
            {
                if (values[i] == uint.MaxValue && rest.Length >= 8)
                {
                    values[i] = BinaryPrimitives.ReadInt64LittleEndian(rest);
                    rest = rest[8..];
                }
            }
            extra = extra[(4 + size)..];
        }
        return (values[0], values[1], values[2]);
    }

    private static ReadOnlySpan<byte> Bytes(MappedFile file, long at, int count) => new(file.Start + at, count);

    private static long Number16(MappedFile file, long at) => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(file, at, 2));

    private static long Number32(MappedFile file, long at) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(file, at, 4));

    private static long Number64(MappedFile file, long at) => BinaryPrimitives.ReadInt64LittleEndian(Bytes(file, at, 8));

    private static void Check(MappedFile file, long at, long count, string path)
    {
        if (at < 0 || count < 0 || at > file.Length - count)
        {
            throw Damaged(path, $"{count} bytes at byte {at} of {file.Length}");
        }
    }

    private static WeightException Damaged(string path, string got) =>
        new($"torch: the archive is damaged; got {got}; expected a whole zip archive. "
            + $"The file is truncated or no checkpoint: fetch it again. File: {path}", path);
}
