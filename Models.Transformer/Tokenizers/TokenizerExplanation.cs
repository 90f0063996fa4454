namespace Vitrine.Transformers;

/// <summary>Everything a tokenizer does on the way from text to pieces.</summary>
/// <param name="Description">The tokenizer, in one line.</param>
/// <param name="Text">The text as given.</param>
/// <param name="Normalized">The text after normalisation: what the pieces are cut from.</param>
/// <param name="Words">The words split off before the vocabulary is consulted, each with its steps.</param>
public sealed record TokenizerExplanation(
    string Description, string Text, string Normalized, IReadOnlyList<ExplainedWord> Words);

/// <summary>One word on its way to pieces.</summary>
/// <param name="Word">The word after normalisation.</param>
/// <param name="Offset">Where it stands in the original text.</param>
/// <param name="Steps">What the algorithm did, in order.</param>
/// <param name="Pieces">What came out.</param>
public sealed record ExplainedWord(
    string Word, TextSpan Offset, IReadOnlyList<TokenizerStep> Steps, IReadOnlyList<string> Pieces);

/// <summary>One step of a tokenization algorithm; which kind depends on the algorithm.</summary>
public abstract record TokenizerStep
{
    private TokenizerStep()
    {
    }

    /// <summary>The text contains a special or added token literally; it is taken whole.</summary>
    /// <param name="Piece">The token.</param>
    public sealed record Literal(string Piece) : TokenizerStep;

    /// <summary>WordPiece took the longest piece that starts what is left of the word.</summary>
    /// <param name="Remaining">What was left of the word.</param>
    /// <param name="Piece">The piece taken; null where none fits, which turns the whole word into the unknown token.</param>
    /// <param name="Tried">How many prefixes were looked up, longest first.</param>
    public sealed record Match(string Remaining, string? Piece, int Tried) : TokenizerStep;

    /// <summary>Byte-pair encoding joined two neighbours.</summary>
    /// <param name="Rank">Position of the merge in the learned list; lower goes first.</param>
    /// <param name="Left">The left neighbour.</param>
    /// <param name="Right">The right neighbour.</param>
    /// <param name="Pieces">The whole word after the merge.</param>
    public sealed record Merge(int Rank, string Left, string Right, IReadOnlyList<string> Pieces) : TokenizerStep;

    /// <summary>The unigram model weighed a piece in its lattice.</summary>
    /// <param name="Piece">The piece.</param>
    /// <param name="Start">First code unit in the normalised text.</param>
    /// <param name="End">One past the last code unit.</param>
    /// <param name="Score">Log-probability of the piece (natural logarithm).</param>
    /// <param name="BestScore">Score of the best path from the beginning that ends with this piece.</param>
    /// <param name="OnBestPath">Whether the winning segmentation uses it.</param>
    public sealed record Edge(string Piece, int Start, int End, double Score, double BestScore, bool OnBestPath) : TokenizerStep;
}
