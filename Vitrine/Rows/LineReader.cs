namespace Vitrine;

/// <summary>A line of a data file.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Bytes">Its bytes without the line break; those that fit where it is too long.</param>
/// <param name="IsTooLong">Whether it continues after <see cref="LineReader.Longest"/> bytes.</param>
internal readonly record struct DataLine(long Number, byte[] Bytes, bool IsTooLong);

/// <summary>Cuts a stream of any length into lines, in bounded memory: of a line longer than <see cref="Longest"/> only the beginning is
/// kept.</summary>
internal sealed class LineReader(Stream stream)
{
    /// <summary>The longest line, in bytes: 16 MiB.</summary>
    public const int Longest = 16 << 20;

    private readonly Stack<DataLine> _returned = new();
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _start, _end;
    private long _lines;

    /// <summary>The next line; null at the end. What follows the last line break counts where it is not empty.</summary>
    public DataLine? Next()
    {
        if (_returned.TryPop(out DataLine returned))
        {
            return returned;
        }
        using var line = new MemoryStream();
        bool isTooLong = false, isAny = false;
        while (_start < _end || Fill())
        {
            isAny = true;
            ReadOnlySpan<byte> rest = _buffer.AsSpan(_start, _end - _start);
            int length = rest.IndexOf((byte)'\n');
            ReadOnlySpan<byte> part = length < 0 ? rest : rest[..length];
            int kept = (int)Math.Min(part.Length, Longest - line.Length);
            line.Write(part[..kept]);
            isTooLong |= kept < part.Length;
            _start += part.Length + (length < 0 ? 0 : 1);
            if (length >= 0)
            {
                break;
            }
        }
        if (!isAny)
        {
            return null;
        }
        byte[] bytes = line.ToArray();
        return new(++_lines, _lines == 1 && bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes[3..] : bytes, isTooLong);
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

    private bool Fill()
    {
        (_start, _end) = (0, stream.Read(_buffer));
        return _end > 0;
    }
}
