using System.Globalization;
using System.Text;

namespace Vitrine.Transformers;

/// <summary>Joins SentencePiece pieces: <c>▁</c> is a space, those at the beginning go as the model's settings say.</summary>
/// <remarks>google/sentencepiece sentencepiece_processor.cc, Decode.</remarks>
/// <param name="model">Says which spaces were put in front, and whether pieces like <c>&lt;0xE7&gt;</c> are bytes.</param>
/// <param name="unk">The unknown piece; it reads as ⁇.</param>
/// <param name="trim">Whether spaces at both ends go, as in transformers' MarianTokenizer.</param>
internal sealed class SentencePieceDecoder(SentencePieceModel model, string unk, bool trim = false) : IPieceDecoder
{
    private const string UnknownSurface = " \u2047 ";

    public string Decode(IReadOnlyList<string> pieces)
    {
        SentencePieceModel.Settings settings = model.Normalization;
        var text = new StringBuilder();
        var bytes = new List<byte>();
        bool dropped = false;
        foreach (string piece in pieces)
        {
            if (model.ByteFallback && TryByte(piece, out byte value))
            {
                bytes.Add(value);
                continue;
            }

            Flush();
            ReadOnlySpan<char> rest = piece == unk ? UnknownSurface : piece;
            bool begins = text.Length == 0 && !dropped;
            if (begins && (settings.AddDummyPrefix || settings.RemoveExtraSpaces) && rest.StartsWith("▁", StringComparison.Ordinal))
            {
                rest = rest[1..];
                dropped = !settings.RemoveExtraSpaces;
            }

            text.Append(rest).Replace(SentencePieceNormalizer.Space, ' ', text.Length - rest.Length, rest.Length);
        }

        Flush();
        return trim ? text.ToString().Trim() : text.ToString();

        void Flush()
        {
            text.Append(System.Text.Encoding.UTF8.GetString([.. bytes]));
            bytes.Clear();
        }
    }

    /// <summary>The byte that a piece like <c>&lt;0xE7&gt;</c> spells.</summary>
    public static bool TryByte(string piece, out byte value)
    {
        value = 0;
        return piece.Length == 6 && piece.StartsWith("<0x", StringComparison.Ordinal) && piece[5] == '>'
            && byte.TryParse(piece.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
