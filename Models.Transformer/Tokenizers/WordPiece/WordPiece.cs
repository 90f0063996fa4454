using System.Buffers;

namespace Vitrine.Transformers;

/// <summary>WordPiece: each word is cut greedily, always the longest piece of the vocabulary that starts what is left.</summary>
/// <remarks>Schuster and Nakajima 2012; Devlin et al. 2019 (BERT), google-research/bert tokenization.py. A word that
/// cannot be spelled to its end becomes one unknown token, as does a word of more than 100 characters.</remarks>
public sealed class WordPiece : ISubwordModel
{
    private readonly Vocabulary _vocabulary;
    private readonly string _prefix;
    private readonly int _maxWordLength;
    private readonly int _unk;

    internal WordPiece(Vocabulary vocabulary, string unk, string prefix, int maxWordLength, string source)
    {
        _vocabulary = vocabulary;
        _prefix = prefix;
        _maxWordLength = maxWordLength;
        _unk = Required(vocabulary, unk, "unknown", source);
    }

    string ISubwordModel.Name => "WordPiece";

    /// <summary>A BERT tokenizer over <paramref name="vocabulary"/>.</summary>
    /// <param name="vocabulary">The pieces; must hold the unknown, classification and separator tokens.</param>
    /// <param name="options">Treatment of text and names of special tokens.</param>
    /// <param name="source">Where the vocabulary came from, for <see cref="ITokenizer.Description"/> and errors.</param>
    /// <exception cref="TokenizerException">A required special token is missing.</exception>
    public static ITokenizer Create(Vocabulary vocabulary, WordPieceOptions options, string source = "memory") =>
        Create(vocabulary, options, source, []);

    internal static ITokenizer Create(Vocabulary vocabulary, WordPieceOptions options, string source, IReadOnlyList<AddedToken> added)
    {
        vocabulary = vocabulary.With(added, source);
        var special = new SpecialTokens
        {
            Unk = Required(vocabulary, options.Unk, "unknown", source),
            Cls = Required(vocabulary, options.Cls, "classification", source),
            Sep = Required(vocabulary, options.Sep, "separator", source),
            Pad = vocabulary.IdOf(options.Pad),
            Mask = vocabulary.IdOf(options.Mask),
        };
        var model = new WordPiece(vocabulary, options.Unk, options.ContinuationPrefix, options.MaxWordLength, source);
        var decoder = new WordPieceDecoder(options.ContinuationPrefix, cleanUp: true);
        return new PipelineTokenizer(new PipelineTokenizer.Stages(source, vocabulary, model, decoder, special)
        {
            Added = AddedToken.Union(vocabulary, special, added),
            Normalizer = BertNormalizer.From(options),
            PreTokenizer = new BertWords(),
            Template = options.Roberta
                ? PostTemplate.Roberta(special.Cls.Value, special.Sep.Value)
                : PostTemplate.Bert(special.Cls.Value, special.Sep.Value),
        });
    }

    void ISubwordModel.Tokenize(string text, TextSpan word, List<SubwordPiece> pieces, List<TokenizerStep>? steps)
    {
        int before = pieces.Count;
        if (IsTooLong(text, word) || !TryCut(text, word, pieces, steps))
        {
            pieces.RemoveRange(before, pieces.Count - before);
            pieces.Add(new SubwordPiece(_unk, word));
        }
    }

    private bool TryCut(string text, TextSpan word, List<SubwordPiece> pieces, List<TokenizerStep>? steps)
    {
        // The buffer holds the prefix and then the word. To look up "##ing" inside "playing", the two characters
        // before "ing" are overwritten by "##": they are consumed already.
        char[] buffer = ArrayPool<char>.Shared.Rent(_prefix.Length + word.Length);
        text.AsSpan(word.Start, word.Length).CopyTo(buffer.AsSpan(_prefix.Length));
        try
        {
            for (int start = 0; start < word.Length;)
            {
                int from = start == 0 ? _prefix.Length : start;
                if (start > 0)
                {
                    _prefix.CopyTo(buffer.AsSpan(start));
                }

                int lead = start == 0 ? 0 : _prefix.Length;
                int length = Math.Min(word.Length - start, _vocabulary.MaxPieceLength - lead);
                int tried = 0, id = -1;
                for (; length > 0; length--)
                {
                    tried++;
                    if (_vocabulary.TryGetId(buffer.AsSpan(from, lead + length), out id))
                    {
                        break;
                    }
                }

                bool found = length > 0;
                steps?.Add(new TokenizerStep.Match(text[(word.Start + start)..word.End], found ? _vocabulary.PieceOf(id) : null, tried));
                if (!found)
                {
                    return false;
                }

                pieces.Add(new SubwordPiece(id, new(word.Start + start, word.Start + start + length)));
                start += length;
            }

            return true;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }
    }

    private bool IsTooLong(string text, TextSpan word)
    {
        int codePoints = 0;
        for (int i = word.Start; i < word.End && codePoints <= _maxWordLength; i++)
        {
            codePoints += char.IsLowSurrogate(text[i]) ? 0 : 1;
        }

        return codePoints > _maxWordLength;
    }

    private static int Required(Vocabulary vocabulary, string piece, string role, string source) => vocabulary.IdOf(piece)
        ?? throw new TokenizerException(
            $"word_piece: no {role} token; got {vocabulary.Count} pieces without '{piece}' in {source}; expected it among them. "
            + "Name it in tokenizer_config.json or add it to the vocabulary.");
}
