using System.Text;
using System.Text.Json;

namespace Vitrine.Transformers;

/// <summary>Reads tokenizer files, turning every failure into a <see cref="TokenizerException"/> that names the file.</summary>
internal static class TokenizerFile
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public static byte[] ReadBytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TokenizerException($"tokenizer: cannot read {path}; got {e.Message} Check the path and its permissions.", e);
        }
    }

    /// <summary>The file as characters, without a byte order mark.</summary>
    public static char[] ReadChars(string path)
    {
        ReadOnlySpan<byte> bytes = ReadBytes(path);
        bytes = bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;
        try
        {
            var chars = new char[Strict.GetCharCount(bytes)];
            Strict.GetChars(bytes, chars);
            return chars;
        }
        catch (DecoderFallbackException e)
        {
            throw new TokenizerException($"tokenizer: not UTF-8; got byte {e.Index} of {path}; expected UTF-8 text.", e);
        }
    }

    /// <summary>The file as a JSON object.</summary>
    public static JsonElement ReadJson(string path)
    {
        try
        {
            JsonElement root = StrictJson.Parse(ReadBytes(path));
            return root.ValueKind == JsonValueKind.Object
                ? root
                : throw new TokenizerException($"tokenizer: not a JSON object; got {root.ValueKind} in {path}; expected {{…}}.");
        }
        catch (JsonException e)
        {
            throw new TokenizerException($"tokenizer: not JSON; got {path} ({e.Message}); expected a JSON object.", e);
        }
    }
}
