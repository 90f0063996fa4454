using System.Globalization;

namespace Vitrine.Transformers;

/// <summary>The unigram model: of all ways to cut the text into pieces, the most probable one.</summary>
/// <remarks>Kudo 2018, "Subword Regularization"; google/sentencepiece unigram_model.cc; Hugging Face tokenizers, models/unigram. The
/// probability of a cut is the product of its pieces' probabilities, so a Viterbi search over character positions finds the best in
/// O(length · longest piece). A character that no piece covers costs 10 more than the worst piece; neighbouring ones are
/// reported as one unknown piece, or spelled in byte pieces where the model has them.</remarks>
internal sealed class Unigram : ISubwordModel
{
    private const double UnknownPenalty = 10;
    private const double UserDefinedScore = -0.1;   // beats every log-probability of a longer cut
    private const int NarratedCharacters = 2000;    // Explain keeps every edge of the lattice
    private const int Unknown = -1;

    [ThreadStatic]
    private static (Node[] Nodes, List<(TextSpan Span, int Piece)> Path)? s_scratch;

    private readonly Vocabulary _vocabulary;
    private readonly Settings _settings;
    private readonly List<double> _scores = [];   // by number of the piece
    private readonly List<int> _ids = [];
    private readonly int[] _byteIds;              // id of the piece that spells one byte, or -1
    private readonly PieceTrie _trie = new();
    private readonly double _unknownScore;

    /// <param name="vocabulary">Gives the ids, which need not follow the order of the model.</param>
    /// <param name="pieces">The pieces that may be used, with their scores.</param>
    /// <param name="settings">How unknown text is treated.</param>
    public Unigram(Vocabulary vocabulary, IEnumerable<ScoredPiece> pieces, Settings settings)
    {
        (_vocabulary, _settings) = (vocabulary, settings);
        double lowest = double.MaxValue;
        foreach (ScoredPiece piece in pieces)
        {
            _trie.Add(piece.Spelling, _ids.Count);
            _ids.Add(piece.Id);
            _scores.Add(piece.UserDefined ? UserDefinedScore : piece.Score);
            lowest = piece.UserDefined ? lowest : Math.Min(lowest, piece.Score);
        }

        _unknownScore = Rounded(lowest - UnknownPenalty);
        _byteIds = [.. Enumerable.Range(0, 256).Select(b => vocabulary.IdOf(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>"))
            ?? -1)];
    }

    /// <summary>A piece of the model.</summary>
    /// <param name="Spelling">Its spelling.</param>
    /// <param name="Id">Its id.</param>
    /// <param name="Score">Its log-probability (natural logarithm).</param>
    /// <param name="UserDefined">Whether it is always a piece of its own.</param>
    public readonly record struct ScoredPiece(string Spelling, int Id, double Score, bool UserDefined = false);

    /// <summary>How unknown text is treated.</summary>
    /// <param name="Unk">The id of what cannot be spelled; null where such text is an error.</param>
    /// <param name="ByteFallback">Whether it is spelled in byte pieces.</param>
    public sealed record Settings(int? Unk, bool ByteFallback)
    {
        /// <summary>
        /// SentencePiece itself: scores in float32, so that near-ties fall as there; the last byte of a character carries its span.
        /// </summary>
        public bool AsSentencePiece { get; init; }
    }

    public string Name => "unigram";

    public void Tokenize(string text, TextSpan word, List<SubwordPiece> pieces, List<TokenizerStep>? steps)
    {
        List<TokenizerStep.Edge>? edges = steps is not null && word.Length <= NarratedCharacters ? [] : null;
        (Node[] best, List<(TextSpan Span, int Piece)> path) = s_scratch ?? ([], []);
        if (best.Length <= word.Length)
        {
            best = new Node[Math.Max(2 * word.Length, 256)];
        }

        s_scratch = (best, path);
        FindBestPaths(text.AsSpan(word.Start, word.Length), best, edges);
        path.Clear();
        for (int end = word.Length; end > 0; end = best[end].Start)
        {
            path.Add((new TextSpan(best[end].Start, end), best[end].Piece));
        }

        path.Reverse();
        steps?.AddRange(edges?.Select(e => e with { OnBestPath = path.Any(p => p.Span == new TextSpan(e.Start, e.End)) }) ?? []);
        Append(text, word.Start, path, pieces);
    }

    /// <summary>For every position, the best path that ends there: where its last piece starts, and which that is.</summary>
    private void FindBestPaths(ReadOnlySpan<char> text, Node[] best, List<TokenizerStep.Edge>? edges)
    {
        best.AsSpan(0, text.Length + 1).Fill(new Node(-1, Unknown, 0));
        best[0] = new Node(0, Unknown, 0);
        for (int start = 0, single; start < text.Length; start += single)
        {
            single = char.IsHighSurrogate(text[start]) && start + 1 < text.Length && char.IsLowSurrogate(text[start + 1]) ? 2 : 1;
            if (best[start].Start < 0)
            {
                continue; // the second half of a pair whose first half is a piece: reached by no cut
            }

            bool covered = false;
            for (int node = PieceTrie.Root, end = start; end < text.Length && (node = _trie.Child(node, text[end])) != PieceTrie.None;)
            {
                end++;
                int piece = _trie.Value(node);
                if (piece != PieceTrie.None)
                {
                    Consider(best, edges, text, start, end, piece, _scores[piece]);
                    covered |= end - start == single;
                }
            }

            if (!covered)
            {
                Consider(best, edges, text, start, start + single, Unknown, _unknownScore);
            }
        }
    }

    private void Consider(
        Node[] best, List<TokenizerStep.Edge>? edges, ReadOnlySpan<char> text, int start, int end, int piece, double score)
    {
        double total = score + best[start].Score;
        if (best[end].Start < 0 || total > best[end].Score)
        {
            best[end] = new Node(start, piece, Rounded(total));
        }

        edges?.Add(new TokenizerStep.Edge(text[start..end].ToString(), start, end, score, total, false));
    }

    private double Rounded(double score) => _settings.AsSentencePiece ? (float)score : score;

    private void Append(string text, int from, List<(TextSpan Span, int Piece)> path, List<SubwordPiece> pieces)
    {
        for (int i = 0; i < path.Count; i++)
        {
            var span = new TextSpan(from + path[i].Span.Start, from + path[i].Span.End);
            if (path[i].Piece != Unknown)
            {
                Add(_ids[path[i].Piece], span);
                continue;
            }

            if (_settings.ByteFallback && _settings.AsSentencePiece)
            {
                AddBytes(span);
                continue;
            }

            while (i + 1 < path.Count && path[i + 1].Piece == Unknown)
            {
                span = span with { End = from + path[++i].Span.End };
            }

            if (_settings.ByteFallback && System.Text.Encoding.UTF8.GetBytes(span.Of(text)).All(b => _byteIds[b] >= 0))
            {
                AddBytes(span);
            }
            else
            {
                // Marian looks up the spelling, so a piece foreign to this language's model may still have an id.
                Add(_vocabulary.TryGetId(text.AsSpan(span.Start, span.Length), out int id) ? id : Unspelled(text, span), span);
            }
        }

        void Add(int id, TextSpan span) =>
            pieces.Add(new SubwordPiece(id, span, StartsWord: text[span.Start] == SentencePieceNormalizer.Space));

        void AddBytes(TextSpan span)
        {
            byte[] bytes = System.Text.Encoding.UTF8.GetBytes(span.Of(text));
            for (int i = 0; i < bytes.Length; i++)
            {
                bool earlier = _settings.AsSentencePiece && i < bytes.Length - 1;
                int id = _byteIds[bytes[i]] >= 0 ? _byteIds[bytes[i]] : Unspelled(text, span);
                pieces.Add(new SubwordPiece(id, earlier ? new TextSpan(span.Start, span.Start) : span));
            }
        }
    }

    private int Unspelled(string text, TextSpan span) => _settings.Unk ?? throw new TokenizerException(
        $"unigram: text cannot be spelled; got '{span.Of(text)}', for which the vocabulary has no piece; expected an unknown token in it.");

    /// <summary>The best way to reach a position: start and number of the last piece, score of the whole path.</summary>
    private readonly record struct Node(int Start, int Piece, double Score);
}
