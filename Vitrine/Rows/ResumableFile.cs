using Vitrine.Transformers;

namespace Vitrine;

/// <summary>
/// A file that grows by whole lines and survives the end of its process at any moment: every line is on the disk before the next is
/// begun, and a line that was torn is cut off when the file is opened again.
/// </summary>
/// <remarks>Its first line says which job it belongs to; a file of another job is refused, never overwritten.</remarks>
internal sealed class ResumableFile : IDisposable
{
    private readonly FileStream _file;
    private readonly WriterLock _lock;
    private int _header;

    private ResumableFile(FileStream file, WriterLock held) => (_file, _lock) = (file, held);

    /// <summary>Opens a file, or begins it.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="header">Its first line.</param>
    /// <exception cref="RequestException">It belongs to another job, another process writes it, or it cannot be written.</exception>
    public static ResumableFile Open(string path, string header)
    {
        try
        {
            WriterLock held = WriterLock.Take(path);
            FileStream? file = null;
            try
            {
                file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1);
                var resumable = new ResumableFile(file, held);
                resumable.Resume(path, System.Text.Encoding.UTF8.GetBytes(header + "\n"));
                return resumable;
            }
            catch
            {
                file?.Dispose();
                held.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestException(Fault.Output, AtomicFile.Refusal(path, path, e), e);
        }
    }

    /// <summary>The lines that were there when it was opened, without the first, one at a time.</summary>
    public IEnumerable<byte[]> Lines(string path)
    {
        long length = _file.Length;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var lines = new LineReader(file);
        lines.Next();
        long read = 0;
        while (lines.Next() is { } line && (read += line.Bytes.Length + 1) < length)
        {
            yield return line.Bytes;
        }
    }

    /// <summary>Cuts off what follows some lines, which belong together with others that are missing.</summary>
    /// <param name="bytes">How many bytes of lines stay, the first line of the file not counted.</param>
    public void Keep(long bytes)
    {
        _file.SetLength(_header + bytes);
        _file.Position = _header + bytes;
        _file.Flush(flushToDisk: true);
    }

    /// <summary>Appends a line, or several with line breaks between them, and returns when it is on the disk.</summary>
    /// <exception cref="RequestException">The disk is full, or the file is gone.</exception>
    public void Append(string line)
    {
        try
        {
            _file.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
            _file.Flush(flushToDisk: true);
        }
        catch (IOException e)
        {
            throw new RequestException(Fault.Output,
                $"output: cannot write on in '{_file.Name}'; {e.Message.TrimEnd('.')}. Run the same again to go on after its "
                    + "last whole line.", e);
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        _lock.Dispose();
    }

    private void Resume(string path, byte[] header)
    {
        _header = header.Length;
        byte[] start = new byte[(int)Math.Min(header.Length, _file.Length)];
        _file.ReadExactly(start);
        if (!header.AsSpan().StartsWith(start))
        {
            throw new RequestException(Fault.Output,
                $"output: '{path}' belongs to another job; got another first line; expected this model, these options and this input. "
                    + $"Choose another path, or delete it.");
        }
        if (start.Length < header.Length)
        {
            _file.SetLength(0); // ended while it wrote its first line
            _file.Position = 0;
            _file.Write(header);
            _file.Flush(flushToDisk: true);
            return;
        }
        long end = EndOfLastLine();
        if (end < _file.Length)
        {
            _file.SetLength(end);
            _file.Flush(flushToDisk: true);
        }
        _file.Position = end;
    }

    private long EndOfLastLine()
    {
        byte[] block = new byte[1 << 16];
        for (long end = _file.Length; end > 0;)
        {
            int length = (int)Math.Min(block.Length, end);
            _file.Position = end - length;
            _file.ReadExactly(block, 0, length);
            int last = block.AsSpan(0, length).LastIndexOf((byte)'\n');
            if (last >= 0)
            {
                return end - length + last + 1;
            }
            end -= length;
        }
        return 0;
    }
}
