using System.Text;

namespace Vitrine.Transformers;

/// <summary>Joins WordPiece pieces: a space before every piece that is not a continuation.</summary>
/// <param name="prefix">What marks a continuation, <c>##</c>.</param>
/// <param name="cleanUp">Whether to pull punctuation and English contractions to the word before, as Hugging Face does.</param>
internal sealed class WordPieceDecoder(string prefix, bool cleanUp) : IPieceDecoder
{
    // Order matters: " ' " must be joined before " 's" can match.
    private static readonly (string From, string To)[] CleanUps =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"),
        (" n't", "n't"), (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    public string Decode(IReadOnlyList<string> pieces)
    {
        var text = new StringBuilder();
        foreach (string piece in pieces)
        {
            bool continues = text.Length > 0 && piece.StartsWith(prefix, StringComparison.Ordinal);
            text.Append(text.Length > 0 && !continues ? " " : "").Append(continues ? piece[prefix.Length..] : piece);
        }

        foreach ((string from, string to) in CleanUps)
        {
            text = cleanUp ? text.Replace(from, to) : text;
        }

        return text.ToString();
    }
}
