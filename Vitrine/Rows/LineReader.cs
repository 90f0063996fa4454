namespace Vitrine;

/// <summary>A line of a data file.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Bytes">Its bytes without the line break; those that fit where it is too long.</param>
/// <param name="IsTooLong">Whether it continues.</param>
/// <param name="HasBreak">Whether a line break ends it: the last line of a file may have none.</param>
internal readonly record struct DataLine(long Number, byte[] Bytes, bool IsTooLong, bool HasBreak);

/// <summary>Cuts a stream of any length into lines, in bounded memory: of a line that is too long only the beginning is
/// kept.</summary>
/// <param name="stream">The lines.</param>
/// <param name="longest">How many bytes of a line are kept.</param>
internal sealed class LineReader(Stream stream, int longest = LineReader.Longest)
{
    /// <summary>The longest line of data, in bytes: 16 MiB.</summary>
    public const int Longest = 16 << 20;

    private readonly Stack<DataLine> _returned = new();
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _start, _end;
    private long _lines;
    private byte _break;

    /// <summary>The next line; null at the end. What follows the last line break counts where it is not empty.</summary>
    public DataLine? Next()
    {
        if (_returned.TryPop(out DataLine returned))
        {
            return returned;
        }
        using var line = new MemoryStream();
        bool isTooLong = false, isAny = false, hasBreak = false;
        while (_start < _end || Fill())
        {
            isAny = true;
            ReadOnlySpan<byte> rest = _buffer.AsSpan(_start, _end - _start);
            int length = rest.IndexOf(_break);
            ReadOnlySpan<byte> part = length < 0 ? rest : rest[..length];
            int kept = (int)Math.Min(part.Length, longest - line.Length);
            line.Write(part[..kept]);
            isTooLong |= kept < part.Length;
            _start += part.Length + (length < 0 ? 0 : 1);
            if (length >= 0)
            {
                hasBreak = true;
                break;
            }
        }
        if (!isAny)
        {
            return null;
        }
        byte[] bytes = line.ToArray();
        return new(++_lines, _lines == 1 && bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes[3..] : bytes, isTooLong,
            hasBreak);
    }

    /// <summary>Gives lines back, which come again.</summary>
    /// <param name="lines">In their order.</param>
    public void Return(IReadOnlyList<DataLine> lines)
    {
        for (int i = lines.Count - 1; i >= 0; i--)
        {
            _returned.Push(lines[i]);
        }
    }

    /// <summary>The lines until the stream ends.</summary>
    public IEnumerable<DataLine> All()
    {
        while (Next() is { } line)
        {
            yield return line;
        }
    }

    private bool Fill()
    {
        (_start, _end) = (0, stream.Read(_buffer));
        if (_break == 0 && _end > 0) // lines that end with a return alone, as old programs on Macs write them
        {
            ReadOnlySpan<byte> block = _buffer.AsSpan(0, _end - 1);
            _break = block.Contains((byte)'\r') && !_buffer.AsSpan(0, _end).Contains((byte)'\n') ? (byte)'\r' : (byte)'\n';
        }
        return _end > 0;
    }
}
