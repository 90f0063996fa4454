using System.Text;
using Encoding = System.Text.Encoding;

namespace Vitrine;

/// <summary>A stream as UTF-8, whatever Unicode it is in: UTF-16 and UTF-32 are known by their mark, UTF-16 also by its zeros.</summary>
internal static class TextInput
{
    private const int Longest = 4096; // of the beginning, which is looked at

    private static readonly (byte[] Magic, string What)[] s_others =
    [
        ([0x1F, 0x8B], "it is compressed (gzip); expected text. Unpack it: gzip -dc FILE | vitrine … --input -"),
        ([(byte)'P', (byte)'K', 3, 4], "it is a workbook or an archive (zip); expected text. Save the sheet as CSV UTF-8"),
        ([0xD0, 0xCF, 0x11, 0xE0], "it is a workbook of an old Excel; expected text. Save the sheet as CSV UTF-8"),
    ];

    /// <summary>The stream as UTF-8.</summary>
    /// <param name="stream">The bytes.</param>
    /// <param name="first">The first character that is no white space; 0 where the beginning holds none.</param>
    /// <exception cref="RequestException">It is a container, no text.</exception>
    public static Stream Open(Stream stream, out byte first)
    {
        byte[] start = new byte[Longest];
        int length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        start = start[..length];
        if (Array.Find(s_others, other => start.AsSpan().StartsWith(other.Magic)).What is { } what)
        {
            throw new RequestException(Fault.Text, $"input: not text; {what}.");
        }
        Stream whole = new StartedStream(start, stream);
        Encoding? encoding = Of(start);
        ReadOnlySpan<byte> text = encoding is null ? start : Encoding.UTF8.GetBytes(encoding.GetString(start));
        text = text.StartsWith("\uFEFF"u8) ? text[3..] : text;
        first = text.TrimStart(" \t\r\n"u8) is [var found, ..] ? found : (byte)0;
        return encoding is null ? whole : Encoding.CreateTranscodingStream(whole, encoding, new UTF8Encoding(false));
    }

    private static Encoding? Of(ReadOnlySpan<byte> start) => start switch
    {
        [0xFF, 0xFE, 0, 0, ..] => new UTF32Encoding(false, false),
        [0, 0, 0xFE, 0xFF, ..] => new UTF32Encoding(true, false),
        [0xFF, 0xFE, ..] or [not 0, 0, not 0, 0, ..] => new UnicodeEncoding(false, false),
        [0xFE, 0xFF, ..] or [0, not 0, 0, not 0, ..] => new UnicodeEncoding(true, false),
        _ => null,
    };

    /// <summary>A stream of which the beginning has been read already.</summary>
    private sealed class StartedStream(byte[] start, Stream rest) : Stream
    {
        private int _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            if (_position == start.Length)
            {
                return rest.Read(buffer);
            }
            int length = Math.Min(buffer.Length, start.Length - _position);
            start.AsSpan(_position, length).CopyTo(buffer);
            _position += length;
            return length;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
