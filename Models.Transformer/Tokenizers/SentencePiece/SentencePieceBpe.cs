using System.Globalization;

namespace Vitrine.Transformers;

/// <summary>
/// SentencePiece's byte-pair encoding: characters join as long as what they spell together is a piece, the piece of highest score first.
/// </summary>
/// <remarks>google/sentencepiece bpe_model.cc. The pieces carry no list of merges: scores are the order in which they were learned. Pieces
/// that the user defined are taken whole; a character that is no piece is spelled in byte pieces where the model has them. Where no piece
/// goes on after a word, as usual, nothing joins across the beginning of the next: words are merged one by one, and remembered.</remarks>
internal sealed class SentencePieceBpe : ISubwordModel
{
    private const int NarratedPieces = 512, Frozen = -2, Nothing = -1;

    [ThreadStatic]
    private static PieceChain? s_chain;

    private readonly SentencePieceModel _model;
    private readonly int[] _ids;       // by the model's index
    private readonly int[] _ranks;     // by the model's index: 0 for the highest score
    private readonly int[] _byteIndices;
    private readonly int _unk;
    private readonly PieceTrie _userDefined = new();
    private readonly WordCache? _cache; // null: pieces may reach over words

    /// <param name="model">Pieces with their scores.</param>
    /// <param name="ids">The id of each piece, by the model's index.</param>
    /// <param name="unk">The id of what cannot be spelled.</param>
    public SentencePieceBpe(SentencePieceModel model, int[] ids, int unk)
    {
        (_model, _ids, _unk) = (model, ids, unk);
        _ranks = new int[ids.Length];
        int[] order = [.. Enumerable.Range(0, ids.Length).OrderByDescending(i => model.Scores[i])];
        for (int i = 1; i < order.Length; i++)
        {
            _ranks[order[i]] = _ranks[order[i - 1]] + (model.Scores[order[i]] < model.Scores[order[i - 1]] ? 1 : 0);
        }

        _byteIndices = [.. Enumerable.Range(0, 256)
            .Select(b => model.Pieces.IdOf(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>")) ?? Nothing)];
        for (int i = 0; i < ids.Length; i++)
        {
            if (model.Kinds[i] == SentencePieceModel.PieceKind.UserDefined)
            {
                _userDefined.Add(model.Pieces.SpellingOf(i), i);
            }
        }

        bool reachesOver = Enumerable.Range(0, ids.Length).Any(i => CanBeMade(i) && LengthOfWord(model.Pieces.SpellingOf(i)) > 0);
        _cache = reachesOver ? null : new WordCache();
    }

    public string Name => "SentencePiece BPE";

    public void Tokenize(string text, TextSpan word, List<SubwordPiece> pieces, List<TokenizerStep>? steps)
    {
        if (_cache is null || steps is not null)
        {
            _ = Merge(text, word, afterUnknown: false, pieces, steps);
            return;
        }

        bool afterUnknown = false;
        for (int at = word.Start, end; at < word.End; at = end)
        {
            ReadOnlySpan<char> chars = text.AsSpan(at, word.End - at);
            chars = LengthOfWord(chars) is > 0 and var length ? chars[..length] : chars;
            end = at + chars.Length;
            if (_cache.Find(chars) is { } known)
            {
                foreach (SubwordPiece piece in known)
                {
                    pieces.Add(piece with { Span = new(at + piece.Span.Start, at + piece.Span.End) });
                }

                afterUnknown = false;
                continue;
            }

            (int before, bool alone) = (pieces.Count, !afterUnknown);
            afterUnknown = Merge(text, new(at, end), afterUnknown, pieces, null);
            if (alone && pieces.FindIndex(before, piece => piece.Id == _unk) < 0)
            {
                var made = new SubwordPiece[pieces.Count - before];
                for (int i = 0; i < made.Length; i++)
                {
                    (int start, int stop) = pieces[before + i].Span;
                    made[i] = pieces[before + i] with { Span = new(start - at, stop - at) };
                }

                _cache.Add(chars, made);
            }
        }
    }

    /// <summary>Spaces in a row and what follows them up to the next space; 0 where there is none.</summary>
    private static int LengthOfWord(ReadOnlySpan<char> text)
    {
        int word = text.IndexOfAnyExcept(SentencePieceNormalizer.Space);
        int next = word < 0 ? -1 : text[word..].IndexOf(SentencePieceNormalizer.Space);
        return next < 0 ? 0 : word + next;
    }

    /// <summary>Makes all joins in a part of the text; says whether its last piece is unknown.</summary>
    private bool Merge(string text, TextSpan word, bool afterUnknown, List<SubwordPiece> pieces, List<TokenizerStep>? steps)
    {
        PieceChain chain = s_chain ??= new PieceChain();
        chain.Clear();
        for (int at = word.Start, length; at < word.End; at += length)
        {
            int index = _userDefined.LongestMatch(text.AsSpan(at, word.End - at), out length);
            if (index != PieceTrie.None)
            {
                chain.Add(Frozen - index, at, at + length);
                continue;
            }

            length = char.IsHighSurrogate(text[at]) && at + 1 < word.End && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;
            chain.Add(IndexOf(text, at, at + length), at, at + length);
        }

        chain.MergeAll(new Rule(this, text), steps is null || chain.Count > NarratedPieces ? null : (rank, left, right, all) => steps.Add(
            new TokenizerStep.Merge(rank, text[left.Start..left.End], text[right.Start..right.End],
                [.. all.Select(p => text[p.Start..p.End])])));
        foreach (Piece piece in chain.Pieces)
        {
            afterUnknown = Append(text, piece, afterUnknown, pieces);
        }

        return afterUnknown;
    }

    private readonly struct Rule(SentencePieceBpe bpe, string text) : IMergeRule
    {
        public bool TryJoin(in Piece left, in Piece right, out int rank, out int id)
        {
            id = left.Id <= Frozen || right.Id <= Frozen ? Nothing : bpe.IndexOf(text, left.Start, right.End);
            rank = id >= 0 ? bpe._ranks[id] : 0;
            return id >= 0;
        }
    }

    /// <summary>The index of the ordinary or unused piece that a part of the text spells, or Nothing.</summary>
    private int IndexOf(string text, int start, int end) =>
        end - start <= _model.Pieces.MaxPieceLength && _model.Pieces.TryGetId(text.AsSpan(start, end - start), out int index)
            && CanBeMade(index)
            ? index
            : Nothing;

    private bool CanBeMade(int index) => _model.Kinds[index] is SentencePieceModel.PieceKind.Normal
        or SentencePieceModel.PieceKind.UserDefined or SentencePieceModel.PieceKind.Unused;

    private bool Append(string text, Piece piece, bool afterUnknown, List<SubwordPiece> pieces)
    {
        int index = piece.Id <= Frozen ? Frozen - piece.Id : piece.Id;
        var span = new TextSpan(piece.Start, piece.End);
        bool startsWord = text[piece.Start] == SentencePieceNormalizer.Space;
        if (index >= 0 && _model.Kinds[index] == SentencePieceModel.PieceKind.Unused && Parts(text, piece) is { } parts)
        {
            foreach (Piece part in parts)
            {
                afterUnknown = Append(text, part, afterUnknown, pieces);
            }

            return afterUnknown;
        }

        if (index >= 0)
        {
            pieces.Add(new SubwordPiece(_ids[index], span, startsWord));
            return false;
        }

        if (!_model.ByteFallback)
        {
            if (afterUnknown)
            {
                // unknown characters in a row are one piece
                pieces[^1] = pieces[^1] with { Span = pieces[^1].Span with { End = span.End } };
            }
            else
            {
                pieces.Add(new SubwordPiece(_unk, span, startsWord));
            }

            return true;
        }

        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(span.Of(text));
        for (int i = 0; i < bytes.Length; i++)
        {
            int at = _byteIndices[bytes[i]];
            pieces.Add(new SubwordPiece(at >= 0 ? _ids[at] : _unk, i < bytes.Length - 1 ? new TextSpan(span.Start, span.Start) : span));
        }

        return false;
    }

    /// <summary>
    /// A piece that is disabled falls apart into the two that made it: of all pairs that spell it, the one whose join is learned last.
    /// </summary>
    private Piece[]? Parts(string text, Piece piece)
    {
        for (int cut = piece.End - 1; cut > piece.Start; cut--)
        {
            int left = IndexOf(text, piece.Start, cut), right = IndexOf(text, cut, piece.End);
            if (left >= 0 && right >= 0)
            {
                return [new Piece(left, piece.Start, cut), new Piece(right, cut, piece.End)];
            }
        }

        return null;
    }
}
