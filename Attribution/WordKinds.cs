using System.Globalization;

namespace Vitrine.Attributions;

/// <summary>What kind of token something is: special, punctuation, a function word, or content.</summary>
internal static class WordKinds
{
    // English function words: articles, pronouns, prepositions, conjunctions, auxiliaries. No negations: they carry meaning.
    private static readonly HashSet<string> s_functionWords =
    [
        "a", "an", "the", "this", "that", "these", "those", "i", "me", "my", "we", "us", "our", "you", "your", "he", "him", "his", "she",
        "her", "it", "its",
        "they", "them", "their", "who", "whom", "whose", "which", "what", "of", "in", "on", "at", "by", "for", "with", "to", "from", "as",
        "into", "about",
        "over", "under", "between", "through", "during", "and", "or", "but", "if", "because", "while", "than", "then", "so", "is", "am",
        "are", "was", "were",
        "be", "been", "being", "has", "have", "had", "do", "does", "did", "will", "would", "can", "could", "may", "might", "shall",
        "should", "there", "here",
    ];

    /// <summary>Whether a token is punctuation or a symbol, and nothing else.</summary>
    public static bool IsPunctuation(SideScores side, int position) => IsPunctuation(side.Tokens[position], Surface(side, position));

    /// <summary>The same of a token whose characters are known.</summary>
    public static bool IsPunctuation(InputToken token, string surface) =>
        !token.IsSpecial && surface.Length > 0 && surface.All(c => char.IsPunctuation(c) || char.IsSymbol(c));

    /// <summary>Whether a token is an English function word.</summary>
    public static bool IsFunctionWord(SideScores side, int position) =>
        !side.Tokens[position].IsSpecial && s_functionWords.Contains(Surface(side, position).ToLower(CultureInfo.InvariantCulture));

    /// <summary>The characters of a token, without the marks of the vocabulary.</summary>
    public static string Surface(SideScores side, int position) => Surface(side.Texts, side.Tokens[position]);

    /// <summary>The same of a token and the texts of its side.</summary>
    public static string Surface(IReadOnlyList<string> texts, InputToken token) =>
        token.Text >= 0 && token.Text < texts.Count && token.End > token.Start && token.End <= texts[token.Text].Length
            ? texts[token.Text][token.Start..token.End].Trim()
            : token.Piece.TrimStart('Ġ', '▁', ' ').Replace("##", "", StringComparison.Ordinal);
}
