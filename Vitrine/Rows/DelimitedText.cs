namespace Vitrine;

/// <summary>Cuts lines into the fields of records: RFC 4180 with any delimiter; a quoted field may go on over lines.</summary>
/// <remarks>A quote inside a field that began without one is a character like others.</remarks>
internal sealed class DelimitedText
{
    private readonly byte _delimiter;
    private readonly List<byte[]> _fields = [];
    private readonly List<byte> _field = [];
    private State _state;

    private DelimitedText(byte delimiter) => _delimiter = delimiter;

    private enum State
    {
        Begin,
        Plain,
        Quoted,
        Closed,
    }

    /// <summary>Reads the next record.</summary>
    /// <param name="lines">Where from.</param>
    /// <param name="first">Its first line.</param>
    /// <param name="delimiter">What stands between fields.</param>
    /// <param name="error">What is wrong with it; null for nothing.</param>
    /// <returns>Its fields, without quotes.</returns>
    public static List<byte[]> Read(LineReader lines, DataLine first, byte delimiter, out string? error)
    {
        var record = new DelimitedText(delimiter);
        var more = new List<DataLine>();
        error = record.Take(first.Bytes);
        long size = first.Bytes.Length;
        while (error is null && record._state == State.Quoted)
        {
            DataLine? next = size < LineReader.Longest ? lines.Next() : null;
            if (next is not { } line)
            {
                lines.Return(more); // a quote that was never closed must not swallow the rows after it
                error = "a quote is never closed";
                break;
            }
            more.Add(line);
            size += line.Bytes.Length;
            record._field.Add((byte)'\n');
            error = record.Take(line.Bytes);
        }
        record.EndField();
        return record._fields;
    }

    private string? Take(byte[] line)
    {
        for (int i = 0; i < line.Length; i++)
        {
            byte at = line[i];
            bool isEnd = at == '\r' && i == line.Length - 1;
            switch (_state)
            {
                case State.Quoted when at == '"':
                    _state = State.Closed;
                    break;
                case State.Quoted:
                    _field.Add(at);
                    break;
                case State.Begin when at == '"':
                    _state = State.Quoted;
                    break;
                case State.Closed when at == '"': // two quotes are one
                    _field.Add(at);
                    _state = State.Quoted;
                    break;
                case var _ when isEnd:
                    break;
                case var _ when at == _delimiter:
                    EndField();
                    break;
                case State.Closed:
                    return $"a closing quote is followed by '{(char)at}'; expected '{(char)_delimiter}'";
                default:
                    _field.Add(at);
                    _state = State.Plain;
                    break;
            }
        }
        return null;
    }

    private void EndField()
    {
        _fields.Add([.. _field]);
        _field.Clear();
        _state = State.Begin;
    }
}
