namespace Vitrine.Attributions;

/// <summary>Python writes NaN, Infinity and -Infinity bare, which JSON does not know.</summary>
internal static class PythonNumbers
{
    private static readonly byte[][] s_bare = ["-Infinity"u8.ToArray(), "Infinity"u8.ToArray(), "NaN"u8.ToArray()];

    /// <summary>The text with those that stand between strings as strings.</summary>
    public static byte[] Quoted(byte[] json)
    {
        if (json.AsSpan().IndexOf("NaN"u8) < 0 && json.AsSpan().IndexOf("Infinity"u8) < 0)
        {
            return json;
        }
        using var text = new MemoryStream(json.Length);
        bool isString = false;
        for (int i = 0; i < json.Length; i++)
        {
            if (!isString && json[i] is (byte)'N' or (byte)'I' or (byte)'-'
                && Array.Find(s_bare, name => json.AsSpan(i).StartsWith(name)) is { } bare)
            {
                text.WriteByte((byte)'"');
                text.Write(bare);
                text.WriteByte((byte)'"');
                i += bare.Length - 1;
                continue;
            }
            text.WriteByte(json[i]);
            if (isString && json[i] == '\\' && i + 1 < json.Length)
            {
                text.WriteByte(json[++i]);
            }
            else if (json[i] == '"')
            {
                isString = !isString;
            }
        }
        return text.ToArray();
    }
}
