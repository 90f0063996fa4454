using System.Globalization;

namespace Vitrine.Transformers;

/// <summary>Joins SentencePiece pieces: <c>▁</c> is a space, the spaces at both ends go.</summary>
/// <param name="bytes">Whether pieces like <c>&lt;0xE7&gt;</c> are bytes.</param>
internal sealed class SentencePieceDecoder(bool bytes) : IPieceDecoder
{
    public string Decode(IEnumerable<string> pieces)
    {
        var utf8 = new List<byte>();
        foreach (string piece in pieces)
        {
            if (bytes && piece.Length == 6 && piece.StartsWith("<0x", StringComparison.Ordinal) && piece[5] == '>'
                && byte.TryParse(piece.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte b))
            {
                utf8.Add(b);
            }
            else
            {
                utf8.AddRange(System.Text.Encoding.UTF8.GetBytes(piece));
            }
        }

        return System.Text.Encoding.UTF8.GetString([.. utf8]).Replace(SentencePieceNormalizer.Space, ' ').Trim();
    }
}
