using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Vitrine.Transformers;

/// <summary>What a path leads to, beyond what .NET tells: whether it is a regular file, and which one.</summary>
/// <param name="IsRegular">Whether it is a file on a disk, not a device, a pipe or a folder.</param>
/// <param name="Identity">Tells it from a file that was put in its place: device, inode and time of its last change on Linux; elsewhere the
/// time of its creation.</param>
internal readonly partial record struct FileStatus(bool IsRegular, string Identity)
{
    private const int FromHere = -100, Basic = 0x7FF, Size = 256; // AT_FDCWD, STATX_BASIC_STATS and the size of struct statx
    private const int KindMask = 0xF000, Regular = 0x8000;

    /// <summary>The status of what a path leads to, links followed; null where there is nothing.</summary>
    public static FileStatus? Of(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return File.Exists(path)
                ? new(!IsSpecial(path), FormattableString.Invariant($"{File.GetCreationTimeUtc(path).Ticks}")) : null;
        }
        Span<byte> facts = stackalloc byte[Size];
        if (Query(FromHere, path, 0, Basic, facts) != 0)
        {
            return null;
        }
        ushort mode = BinaryPrimitives.ReadUInt16LittleEndian(facts[28..]);
        ulong inode = BinaryPrimitives.ReadUInt64LittleEndian(facts[32..]);
        long changed = BinaryPrimitives.ReadInt64LittleEndian(facts[96..]);
        uint nanoseconds = BinaryPrimitives.ReadUInt32LittleEndian(facts[104..]);
        ulong device = BinaryPrimitives.ReadUInt64LittleEndian(facts[136..]);
        return new((mode & KindMask) == Regular, FormattableString.Invariant($"{device} {inode} {changed}.{nanoseconds:D9}"));
    }

    /// <summary>Whether a file may be put in the place of what a path leads to: a regular file, or nothing yet.</summary>
    public static bool IsReplaceable(string path) => !IsSpecial(path) && (Directory.Exists(path) || Of(path) is not { IsRegular: false });

    /// <summary>A whole path, and where it is a link, the path of what it leads to.</summary>
    public static string Target(string path)
    {
        string full = Path.GetFullPath(path);
        return IsSpecial(full) || new FileInfo(full).LinkTarget is null ? full
            : File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
    }

    private static bool IsSpecial(string path) =>
        !OperatingSystem.IsWindows() && (path.StartsWith("/dev/", StringComparison.Ordinal)
            || path.StartsWith("/proc/", StringComparison.Ordinal)) && !path.StartsWith("/dev/shm/", StringComparison.Ordinal);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Query(int folder, string path, int flags, uint mask, Span<byte> facts);
}
