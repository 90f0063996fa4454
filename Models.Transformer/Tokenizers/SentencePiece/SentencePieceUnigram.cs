using System.Globalization;

namespace Vitrine.Transformers;

/// <summary>SentencePiece's unigram model: of all ways to cut the text into pieces, the most probable one.</summary>
/// <remarks>Kudo 2018, "Subword Regularization"; google/sentencepiece unigram_model.cc. The probability of a cut is the
/// product of its pieces' probabilities, so a Viterbi search over character positions finds the best in
/// O(length · longest piece). A character that no piece covers costs 10 more than the worst piece; neighbouring ones are
/// reported as one unknown piece, or spelled in byte pieces where the model has them.</remarks>
internal sealed class SentencePieceUnigram : ISubwordModel
{
    private const float UnknownPenalty = 10;
    private const double UserDefinedScore = -0.1;   // beats every log-probability of a longer cut
    private const int NarratedCharacters = 2000;    // Explain keeps every edge of the lattice
    private const int Unknown = -1;

    private readonly SentencePieceModel _model;
    private readonly Vocabulary _vocabulary;
    private readonly int _unkId;
    private readonly PieceTrie _trie = new();
    private readonly float _unknownScore;

    /// <param name="model">Pieces with their scores.</param>
    /// <param name="vocabulary">Gives the ids, which need not be the model's own.</param>
    /// <param name="unkId">The id of whatever the vocabulary lacks.</param>
    public SentencePieceUnigram(SentencePieceModel model, Vocabulary vocabulary, int unkId)
    {
        (_model, _vocabulary, _unkId) = (model, vocabulary, unkId);
        float lowest = float.MaxValue;
        for (int i = 0; i < model.Scores.Length; i++)
        {
            if (model.Kinds[i] is SentencePieceModel.PieceKind.Normal or SentencePieceModel.PieceKind.UserDefined)
            {
                _trie.Add(model.Pieces.SpellingOf(i), i);
            }

            lowest = model.Kinds[i] == SentencePieceModel.PieceKind.Normal ? Math.Min(lowest, model.Scores[i]) : lowest;
        }

        _unknownScore = lowest - UnknownPenalty;
    }

    public string Name => "SentencePiece unigram";

    public void Tokenize(string text, TextSpan word, List<SubwordPiece> pieces, List<TokenizerStep>? steps)
    {
        List<TokenizerStep.Edge>? edges = steps is not null && word.Length <= NarratedCharacters ? [] : null;
        Node[] best = BestPaths(text.AsSpan(word.Start, word.Length), edges);
        var path = new List<(TextSpan Span, int Piece)>();
        for (int end = word.Length; end > 0; end = best[end].Start)
        {
            path.Add((new TextSpan(best[end].Start, end), best[end].Piece));
        }

        path.Reverse();
        steps?.AddRange(edges?.Select(e => e with { OnBestPath = path.Any(p => p.Span == new TextSpan(e.Start, e.End)) }) ?? []);
        Append(text, word.Start, path, pieces);
    }

    /// <summary>For every position, the best path that ends there: where its last piece starts, and which that is.</summary>
    private Node[] BestPaths(ReadOnlySpan<char> text, List<TokenizerStep.Edge>? edges)
    {
        var best = new Node[text.Length + 1];
        Array.Fill(best, new Node(-1, Unknown, 0));
        best[0] = new Node(0, Unknown, 0);
        for (int start = 0, single; start < text.Length; start += single)
        {
            single = char.IsHighSurrogate(text[start]) && start + 1 < text.Length && char.IsLowSurrogate(text[start + 1]) ? 2 : 1;
            bool covered = false;
            for (int node = PieceTrie.Root, end = start; end < text.Length && (node = _trie.Child(node, text[end])) != PieceTrie.None;)
            {
                end++;
                int piece = _trie.Value(node);
                if (piece != PieceTrie.None)
                {
                    double score = _model.Kinds[piece] == SentencePieceModel.PieceKind.UserDefined ? UserDefinedScore : _model.Scores[piece];
                    Consider(best, edges, text, start, end, piece, score);
                    covered |= end - start == single;
                }
            }

            if (!covered)
            {
                Consider(best, edges, text, start, start + single, Unknown, _unknownScore);
            }
        }

        return best;
    }

    private static void Consider(
        Node[] best, List<TokenizerStep.Edge>? edges, ReadOnlySpan<char> text, int start, int end, int piece, double score)
    {
        // Scores are kept in float32 as the reference keeps them, so that near-ties fall the same way.
        double total = score + best[start].Score;
        if (best[end].Start < 0 || total > best[end].Score)
        {
            best[end] = new Node(start, piece, (float)total);
        }

        edges?.Add(new TokenizerStep.Edge(text[start..end].ToString(), start, end, score, total, false));
    }

    private void Append(string text, int from, List<(TextSpan Span, int Piece)> path, List<SubwordPiece> pieces)
    {
        for (int i = 0; i < path.Count; i++)
        {
            int start = from + path[i].Span.Start, end = from + path[i].Span.End;
            if (path[i].Piece == Unknown && _model.ByteFallback)
            {
                AppendBytes(text, new TextSpan(start, end), pieces);
                continue;
            }

            while (path[i].Piece == Unknown && i + 1 < path.Count && path[i + 1].Piece == Unknown)
            {
                end = from + path[++i].Span.End;
            }

            // Marian looks up the spelling, so a piece foreign to this language's model may still have an id.
            Add(text[start..end], new TextSpan(start, end), pieces);
        }
    }

    private void AppendBytes(string text, TextSpan span, List<SubwordPiece> pieces)
    {
        foreach (byte b in System.Text.Encoding.UTF8.GetBytes(span.Of(text)))
        {
            Add(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>"), span, pieces);
        }
    }

    private void Add(string piece, TextSpan span, List<SubwordPiece> pieces) => pieces.Add(
        new SubwordPiece(_vocabulary.IdOf(piece) ?? _unkId, piece, span, StartsWord: piece[0] == SentencePieceNormalizer.Space));

    /// <summary>The best way to reach a position: start and number of the last piece, score of the whole path.</summary>
    private readonly record struct Node(int Start, int Piece, float Score);
}
