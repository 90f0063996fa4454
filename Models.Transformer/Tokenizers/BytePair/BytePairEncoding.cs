using System.Globalization;
using System.Text;

namespace Vitrine.Transformers;

/// <summary>Byte-pair encoding: a word starts as its characters, or as the bytes of its UTF-8 form, and the earliest learned merge joins
/// two neighbours until no merge applies.</summary>
/// <remarks>Sennrich et al. 2016; Radford et al. 2019 (GPT-2, bytes), openai/gpt-2 encoder.py; Hugging Face tokenizers, models/bpe
/// (characters). In bytes any text can be spelled and comes back unchanged from decoding. A lone surrogate has no UTF-8 form and is encoded
/// as U+FFFD, as UTF-8 encoders do.</remarks>
public sealed class BytePairEncoding : ISubwordModel
{
    private const int NarratedPieces = 512;   // Explain lists all pieces per merge: quadratic

    [ThreadStatic]
    private static PieceChain? s_chain;

    private readonly Vocabulary _vocabulary;
    private readonly MergeTable _merges;
    private readonly Settings _settings;
    private readonly int[] _byteIds;   // id of the piece that spells one byte, or -1
    private readonly WordCache _cache = new();

    /// <param name="vocabulary">All pieces.</param>
    /// <param name="merges">The learned merges.</param>
    /// <param name="settings">What words start as.</param>
    internal BytePairEncoding(Vocabulary vocabulary, MergeTable merges, Settings settings)
    {
        (_vocabulary, _merges, _settings) = (vocabulary, merges, settings);
        _byteIds = [.. Enumerable.Range(0, 256).Select(b => vocabulary.IdOf(settings.Bytes
            ? ByteAlphabet.ToChar((byte)b).ToString()
            : string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>")) ?? -1)];
    }

    /// <summary>What words start as.</summary>
    /// <param name="Bytes">Whether they start as bytes; else as characters.</param>
    internal sealed record Settings(bool Bytes)
    {
        /// <summary>Whether a word that is a piece itself is taken without merging (<c>ignore_merges</c>).</summary>
        public bool WholeWordsFirst { get; init; }

        /// <summary>
        /// Whether a character that is no piece is spelled in pieces like <c>&lt;0xE7&gt;</c>, where all are there (<c>byte_fallback</c>).
        /// </summary>
        public bool ByteFallback { get; init; }

        /// <summary>The piece for what cannot be spelled; null where such text is an error.</summary>
        public int? Unk { get; init; }

        /// <summary>Whether unknown characters in a row are one unknown piece (<c>fuse_unk</c>).</summary>
        public bool FuseUnk { get; init; }
    }

    string ISubwordModel.Name => _settings.Bytes ? "byte-level BPE" : "BPE";

    /// <summary>A GPT-2 tokenizer from <c>vocab.json</c> and <c>merges.txt</c>.</summary>
    /// <param name="vocabularyPath">Path of the vocabulary, a JSON object from piece to id.</param>
    /// <param name="mergesPath">Path of the merges, two pieces a line.</param>
    /// <param name="options">Treatment of text and names of special tokens; names the vocabulary lacks are ignored.</param>
    /// <exception cref="TokenizerException">A file is malformed or the two do not belong together.</exception>
    public static ITokenizer Read(string vocabularyPath, string mergesPath, BytePairOptions options) =>
        Read(vocabularyPath, mergesPath, options, []);

    internal static ITokenizer Read(string vocabularyPath, string mergesPath, BytePairOptions options, IReadOnlyList<AddedToken> added)
    {
        string source = $"{Path.GetFileName(vocabularyPath)} and {Path.GetFileName(mergesPath)}";
        Vocabulary vocabulary = Vocabulary.ReadJson(vocabularyPath).With(added, source);
        int? id(string? name) => name is null ? null : vocabulary.IdOf(name);
        var special = new SpecialTokens
        {
            Bos = id(options.Bos),
            Eos = id(options.Eos),
            Unk = id(options.Unk),
            Pad = id(options.Pad),
            Mask = id(options.Mask),
            Cls = options.Roberta ? id(options.Bos) : null,
            Sep = options.Roberta ? id(options.Eos) : null,
        };
        PostTemplate template = options.Roberta && special is { Bos: { } cls, Eos: { } sep } ? PostTemplate.Roberta(cls, sep)
            : options.AddBos && special.Bos is { } bos ? PostTemplate.BeginOfText(bos)
            : PostTemplate.Plain;
        var words = new PatternWords(new Gpt2Words(), SplitBehavior.Isolated);
        var model = new BytePairEncoding(vocabulary, MergeTable.Read(mergesPath, vocabulary),
            new Settings(Bytes: true) { Unk = options.Roberta ? special.Unk : null });
        return new PipelineTokenizer(new PipelineTokenizer.Stages(source, vocabulary, model, new ByteLevelDecoder(), special)
        {
            Added = AddedToken.Union(vocabulary, special, [.. added, .. options.Roberta && special.Mask is { } mask
                ? (AddedToken[])[new AddedToken(vocabulary.PieceOf(mask), mask) { LeftStrip = true }] : []]),
            PreTokenizer = options.AddPrefixSpace ? new PreTokenizerSequence([RewritingWords.SpaceBefore, words]) : words,
            Template = template,
            TrimOffsets = options.Roberta,
        });
    }

    void ISubwordModel.Tokenize(string text, TextSpan word, List<SubwordPiece> pieces, List<TokenizerStep>? steps)
    {
        ReadOnlySpan<char> chars = text.AsSpan(word.Start, word.Length);
        if (steps is null && _cache.Find(chars) is { } known)
        {
            foreach (SubwordPiece piece in known)
            {
                pieces.Add(new SubwordPiece(piece.Id, new(word.Start + piece.Span.Start, word.Start + piece.Span.End)));
            }

            return;
        }

        PieceChain chain = s_chain ??= new PieceChain();
        chain.Clear();
        if (!_settings.WholeWordsFirst || !TryWhole(chars, chain))
        {
            Start(chars, chain);
            chain.MergeAll(new Rule(_merges), steps is null || chain.Count > NarratedPieces ? null : (rank, left, right, all) => steps.Add(
                new TokenizerStep.Merge(rank, _vocabulary.PieceOf(left.Id), _vocabulary.PieceOf(right.Id),
                    [.. all.Select(p => _vocabulary.PieceOf(p.Id))])));
        }

        var made = new SubwordPiece[chain.Count];
        for (int i = 0; i < made.Length; i++)
        {
            Piece piece = chain.Pieces[i];
            made[i] = new SubwordPiece(piece.Id, new(piece.Start, piece.End));
            pieces.Add(new SubwordPiece(piece.Id, new(word.Start + piece.Start, word.Start + piece.End)));
        }

        _cache.Add(chars, made);
    }

    private readonly struct Rule(MergeTable merges) : IMergeRule
    {
        public bool TryJoin(in Piece left, in Piece right, out int rank, out int id)
        {
            bool found = merges.TryGet(left.Id, right.Id, out MergeTable.Merged merged);
            (rank, id) = (merged.Rank, merged.Id);
            return found;
        }
    }

    private bool TryWhole(ReadOnlySpan<char> word, PieceChain chain)
    {
        if (word.Length > _vocabulary.MaxPieceLength)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[_settings.Bytes ? System.Text.Encoding.UTF8.GetByteCount(word) : 0];
        Span<char> letters = stackalloc char[bytes.Length];
        System.Text.Encoding.UTF8.GetBytes(_settings.Bytes ? word : [], bytes);
        for (int i = 0; i < bytes.Length; i++)
        {
            letters[i] = ByteAlphabet.ToChar(bytes[i]);
        }

        bool found = _vocabulary.TryGetId(_settings.Bytes ? letters : word, out int id);
        if (found)
        {
            chain.Add(id, 0, word.Length);
        }

        return found;
    }

    /// <summary>The characters or bytes of a word, each with the character it comes from.</summary>
    private void Start(ReadOnlySpan<char> word, PieceChain chain)
    {
        Span<byte> utf8 = stackalloc byte[4];
        bool afterUnknown = false;
        for (int at = 0, length; at < word.Length; at += length)
        {
            char c = word[at];
            length = 1;
            if (_settings.Bytes && c < 128 && _byteIds[c] >= 0)
            {
                chain.Add(_byteIds[c], at, at + 1);
                afterUnknown = false;
                continue;
            }

            length = char.IsHighSurrogate(c) && at + 1 < word.Length && char.IsLowSurrogate(word[at + 1]) ? 2 : 1;
            if (!_settings.Bytes && _vocabulary.TryGetId(word.Slice(at, length), out int id))
            {
                chain.Add(id, at, at + length);
                afterUnknown = false;
                continue;
            }

            Rune rune = length == 2 ? new Rune(c, word[at + 1]) : Rune.TryCreate(c, out Rune known) ? known : Rune.ReplacementChar;
            ReadOnlySpan<byte> bytes = utf8[..rune.EncodeToUtf8(utf8)];
            if ((_settings.Bytes || _settings.ByteFallback) && AllSpelled(bytes))
            {
                foreach (byte b in bytes)
                {
                    chain.Add(_byteIds[b], at, at + length);
                }

                afterUnknown = false;
                continue;
            }

            AddUnknown(rune, at, at + length, _settings.FuseUnk && afterUnknown, chain);
            afterUnknown = true;
        }
    }

    private bool AllSpelled(ReadOnlySpan<byte> bytes)
    {
        bool all = true;
        foreach (byte b in bytes)
        {
            all &= _byteIds[b] >= 0;
        }

        return all;
    }

    private void AddUnknown(Rune rune, int start, int end, bool fuse, PieceChain chain)
    {
        int unk = _settings.Unk ?? throw new TokenizerException(
            $"byte_pair: text cannot be spelled; got U+{rune.Value:X4}, for which the vocabulary has no piece; expected "
            + $"{(_settings.Bytes ? "a piece for each byte" : "it, its bytes or an unknown token")} in it.");
        if (fuse)
        {
            chain.WidenLast(end);
        }
        else
        {
            chain.Add(unk, start, end);
        }
    }
}
