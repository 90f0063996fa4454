using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Vitrine.Transformers;

/// <summary>
/// A whole file as read-only memory. The pages are loaded by the system when touched, shared between processes, and
/// dropped under pressure. Unmapped by Dispose, or by the collector once nothing refers to this object any more: what
/// uses <see cref="Start"/> must keep a reference to it.
/// </summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedViewAccessor _view;

    private readonly SafeFileHandle? _handle;

    private MappedFile(SafeFileHandle? handle, MemoryMappedViewAccessor view, long length)
    {
        (_handle, _view) = (handle, view);
        Length = length;
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        Start = start + view.PointerOffset;
        // Given back at once: a handle with a pointer out is never released by its finalizer. The view keeps it mapped.
        view.SafeMemoryMappedViewHandle.ReleasePointer();
    }

    public byte* Start { get; }

    public long Length { get; }

    /// <summary>Maps a non-empty file.</summary>
    /// <exception cref="IOException">The file is empty, a pipe, a device or cannot be mapped.</exception>
    public static MappedFile Open(string path)
    {
        // Asked before opening: opening a named pipe would wait for its writer. Pipes and devices report 0.
        if (new FileInfo(path).Length == 0)
        {
            throw new IOException("the file is empty, a pipe or a device");
        }
        SafeFileHandle handle = File.OpenHandle(path);
        try
        {
            long length = RandomAccess.GetLength(handle);
            // The view outlives the map.
            using MemoryMappedFile file = MemoryMappedFile.CreateFromFile(
                handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            return new MappedFile(handle, file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read), length);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Memory of its own, zeroed, in no file.</summary>
    public static MappedFile Anonymous(long length)
    {
        using MemoryMappedFile memory = MemoryMappedFile.CreateNew(null, length);
        return new MappedFile(null, memory.CreateViewAccessor(0, length), length);
    }

    /// <summary>Copies bytes through the file: unlike touched pages of the map, they do not count as memory of this process.</summary>
    /// <exception cref="IOException">The file has become shorter.</exception>
    public void Read(long offset, Span<byte> target)
    {
        if (_handle is null)
        {
            new ReadOnlySpan<byte>(Start + offset, target.Length).CopyTo(target);
            return;
        }
        while (target.Length > 0)
        {
            int count = RandomAccess.Read(_handle, target, offset);
            if (count == 0)
            {
                throw new IOException("the file has become shorter while it was read");
            }
            offset += count;
            target = target[count..];
        }
    }

    public void Dispose()
    {
        _view.Dispose();
        _handle?.Dispose();
    }
}
