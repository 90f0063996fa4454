using System.CommandLine;
using System.Text;

namespace Vitrine.Cli;

/// <summary>Where a command's text comes from: its argument, a file, or standard input.</summary>
internal sealed class TextSource
{
    private const int Most = 256 << 20; // bytes of a text
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The text itself; <c>-</c> means standard input.</summary>
    public Argument<string?> Text { get; } = new("text")
    {
        Description = "The text, in quotes. Left out, or -: it is read from standard input.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>A file instead.</summary>
    public Option<string?> File { get; } = Declare.Value<string?>("--file|-f", "path", "Read the text from a UTF-8 file.");

    /// <summary>Whether a text is on the command line.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(Text) is not null || parsed.GetValue(File) is not null;

    /// <summary>The text of a command line; never empty.</summary>
    /// <exception cref="CommandException">There is none, it is not UTF-8, or it is empty.</exception>
    public string Read(ParseResult parsed, Terminal terminal)
    {
        string? text = parsed.GetValue(Text), file = parsed.GetValue(File);
        if (file is not null && text is not null)
        {
            throw new CommandException(ExitCode.Usage, $"text: two texts; got an argument and --file {file}. Give one of them.");
        }
        (string found, string where) = (text, file) switch
        {
            (_, not null) => (ReadFile(file, terminal), file),
            (null, _) when terminal.InputIsInteractive => throw new CommandException(
                ExitCode.Input, "text: no text; got nothing. Put it in quotes after the command, or give --file, or pipe it in."),
            (null, _) or ("-", _) => (Decode(ReadAll(terminal.Input(), "standard input"), "standard input"), "standard input"),
            ({ } given, _) => (Argued(given), "the argument"),
        };
        return string.IsNullOrWhiteSpace(found)
            ? throw new CommandException(ExitCode.Input,
                $"text: empty; got {(found.Length == 0 ? "no character" : "white space only")} from {where}; expected at least one word.")
            : found;
    }

    /// <summary>A whole file, decoded strictly, without the line break at its end.</summary>
    public static string ReadFile(string path, Terminal terminal)
    {
        try
        {
            return Decode(ReadAll(new FileStream(terminal.Resolve(path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite), path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string why = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e.Message.TrimEnd('.');
            throw new CommandException(ExitCode.Input, $"text: cannot read '{path}'; {why}. Check the path.", e);
        }
    }

    /// <summary>A text given on the command line, where bytes that are not UTF-8 arrive as U+FFFD.</summary>
    public static string Argued(string text) => text.Contains('\uFFFD', StringComparison.Ordinal)
        ? throw new CommandException(ExitCode.Input,
            $"text: not UTF-8; got U+FFFD at character {text.IndexOf('\uFFFD', StringComparison.Ordinal)} of the argument. Pass the "
                + $"text through --file or standard input.")
        : text;

    private static byte[] ReadAll(Stream input, string where)
    {
        using var bytes = new MemoryStream();
        using (input)
        {
            byte[] block = new byte[1 << 16];
            while (input.Read(block) is > 0 and int length)
            {
                bytes.Write(block, 0, length);
                if (bytes.Length > Most)
                {
                    throw new CommandException(ExitCode.Input,
                        $"text: too large; got more than {Most >> 20} MiB from {where}; expected one text. Rows of many go to --input.");
                }
            }
        }
        return bytes.ToArray();
    }

    private static string Decode(ReadOnlySpan<byte> bytes, string where)
    {
        bytes = bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;
        bytes = bytes.EndsWith("\r\n"u8) ? bytes[..^2] : bytes.EndsWith("\n"u8) ? bytes[..^1] : bytes;
        try
        {
            return s_strict.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new CommandException(ExitCode.Input,
                $"text: not UTF-8; got byte 0x{(e.BytesUnknown is [var bad, ..] ? bad : 0):X2} at offset {e.Index} of {where}. Convert "
                    + $"it, e.g. with iconv -t UTF-8.", e);
        }
    }
}
