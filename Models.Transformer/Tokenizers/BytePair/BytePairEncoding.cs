using System.Collections.Concurrent;

namespace Vitrine.Transformers;

/// <summary>Byte-level byte-pair encoding: a word starts as its UTF-8 bytes, and the earliest learnt merge joins two
/// neighbours until no merge applies.</summary>
/// <remarks>Sennrich et al. 2016; Radford et al. 2019 (GPT-2), openai/gpt-2 encoder.py. Any text can be spelled and comes
/// back unchanged from decoding. A lone surrogate has no UTF-8 form and is encoded as U+FFFD, as UTF-8 encoders do.</remarks>
public sealed class BytePairEncoding : ISubwordModel
{
    private const int CachedWords = 10_000, CachedWordLength = 64;   // memory stays under about 3 MB
    private const int NarratedBytes = 512;                           // Explain lists all pieces per merge: quadratic

    private readonly Vocabulary _vocabulary;
    private readonly MergeTable _merges;
    private readonly bool _wholeWordsFirst;
    private readonly int[] _byteIds;   // id of the piece that spells one byte, or -1
    private readonly ConcurrentDictionary<string, int[]> _cache = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _cacheBySpan;
    private int _cached;

    /// <param name="vocabulary">All pieces.</param>
    /// <param name="merges">The learnt merges.</param>
    /// <param name="wholeWordsFirst">Take a word that is a piece itself without merging (<c>ignore_merges</c>).</param>
    internal BytePairEncoding(Vocabulary vocabulary, MergeTable merges, bool wholeWordsFirst)
    {
        _vocabulary = vocabulary;
        _merges = merges;
        _wholeWordsFirst = wholeWordsFirst;
        _cacheBySpan = _cache.GetAlternateLookup<ReadOnlySpan<char>>();
        _byteIds = [.. Enumerable.Range(0, 256).Select(b => vocabulary.TryGetId([ByteAlphabet.ToChar((byte)b)], out int id) ? id : -1)];
    }

    string ISubwordModel.Name => "byte-level BPE";

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
        var special = new SpecialTokens
        {
            Bos = vocabulary.IdOf(options.Bos),
            Eos = vocabulary.IdOf(options.Eos),
            Unk = vocabulary.IdOf(options.Unk),
            Pad = options.Pad is null ? null : vocabulary.IdOf(options.Pad),
        };
        var model = new BytePairEncoding(vocabulary, MergeTable.Read(mergesPath, vocabulary), wholeWordsFirst: false);
        return new PipelineTokenizer(new PipelineTokenizer.Stages(source, vocabulary, model, new ByteLevelDecoder(), special)
        {
            Added = AddedToken.Union(vocabulary, special, added),
            PrefixSpace = options.AddPrefixSpace,
            PreTokenizer = new Gpt2Words(),
            Template = options.AddBos && special.Bos is { } bos ? PostTemplate.BeginOfText(bos) : PostTemplate.Plain,
        });
    }

    void ISubwordModel.Tokenize(string text, TextSpan word, List<SubwordPiece> pieces, List<TokenizerStep>? steps)
    {
        ReadOnlySpan<char> chars = text.AsSpan(word.Start, word.Length);
        if (steps is not null || !_cacheBySpan.TryGetValue(chars, out int[]? ids))
        {
            var bytes = new byte[System.Text.Encoding.UTF8.GetByteCount(chars)];
            System.Text.Encoding.UTF8.GetBytes(chars, bytes);
            ids = Cut(bytes, steps);
            if (chars.Length <= CachedWordLength && Volatile.Read(ref _cached) < CachedWords && _cache.TryAdd(chars.ToString(), ids))
            {
                Interlocked.Increment(ref _cached);
            }
        }

        AppendPieces(text, word, ids, pieces);
    }

    private int[] Cut(byte[] bytes, List<TokenizerStep>? steps)
    {
        if (_wholeWordsFirst && _vocabulary.TryGetId(Array.ConvertAll(bytes, ByteAlphabet.ToChar), out int whole))
        {
            return [whole];
        }

        var chain = new PieceChain(Array.ConvertAll(bytes, IdOfByte), _merges);
        bool narrated = steps is not null && bytes.Length <= NarratedBytes;
        while (chain.TryMergeNext(out PieceChain.Join join))
        {
            if (narrated)
            {
                steps!.Add(new TokenizerStep.Merge(
                    join.Rank, _vocabulary.PieceOf(join.Left), _vocabulary.PieceOf(join.Right), [.. chain.Ids().Select(_vocabulary.PieceOf)]));
            }
        }

        return [.. chain.Ids()];
    }

    private int IdOfByte(byte value) => _byteIds[value] >= 0
        ? _byteIds[value]
        : throw new TokenizerException(
            $"byte_pair: text cannot be spelled; got byte 0x{value:X2}, for which the vocabulary has no piece; expected '{ByteAlphabet.ToChar(value)}' in it.");

    /// <summary>Finds the characters behind each piece: all those of which it holds at least one byte.</summary>
    private void AppendPieces(string text, TextSpan word, int[] ids, List<SubwordPiece> pieces)
    {
        int at = word.Start, used = 0;   // the character at "at" has given "used" of its bytes to earlier pieces
        foreach (int id in ids)
        {
            int start = at;
            int end = at;
            for (int left = _vocabulary.SpellingOf(id).Length; left > 0;)   // one character of the piece is one byte of the text
            {
                (int units, int size) = CharacterAt(text, at, word.End);
                end = at + units;
                int taken = Math.Min(left, size - used);
                left -= taken;
                used += taken;
                (at, used) = used == size ? (end, 0) : (at, used);
            }

            pieces.Add(new SubwordPiece(id, _vocabulary.PieceOf(id), new TextSpan(start, end)));
        }
    }

    /// <summary>Code units and UTF-8 bytes of the character at <paramref name="index"/>; a lone surrogate counts as U+FFFD.</summary>
    private static (int Units, int Bytes) CharacterAt(string text, int index, int limit) => text[index] switch
    {
        < '\u0080' => (1, 1),
        < '\u0800' => (1, 2),
        _ when index + 1 < limit && char.IsSurrogatePair(text[index], text[index + 1]) => (2, 4),
        _ => (1, 3),
    };
}
