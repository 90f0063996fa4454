namespace Vitrine.Transformers;

/// <summary>Marian's tokenizer (OPUS-MT): SentencePiece models of two languages over one shared vocabulary of ids.</summary>
/// <remarks>Hugging Face MarianTokenizer. The text may begin with a target language like <c>&gt;&gt;fra&lt;&lt;</c>, which becomes
/// one token; every sequence ends with <c>&lt;/s&gt;</c>. The members of <see cref="ITokenizer"/> work on source text; see
/// <see cref="Target"/> for forced translations. Decoding is the same on both sides.</remarks>
public sealed class MarianTokenizer : ITokenizer
{
    private readonly Lazy<ITokenizer> _target;

    private MarianTokenizer(ITokenizer source, Lazy<ITokenizer> target) => (Source, _target) = (source, target);

    /// <summary>Tokenizes text of the language translated from, with <c>source.spm</c>.</summary>
    public ITokenizer Source { get; }

    /// <summary>Tokenizes text of the language translated to, with <c>target.spm</c>, which is opened on first use.</summary>
    /// <exception cref="TokenizerException">The file is malformed.</exception>
    public ITokenizer Target => _target.Value;

    /// <inheritdoc/>
    public string Description => Source.Description;

    /// <inheritdoc/>
    public Vocabulary Vocabulary => Source.Vocabulary;

    /// <inheritdoc/>
    public SpecialTokens Special => Source.Special;

    /// <summary>Opens <c>source.spm</c>, <c>target.spm</c> and <c>vocab.json</c> of <paramref name="folder"/>.</summary>
    /// <exception cref="TokenizerException">A file is missing or malformed, or the vocabulary lacks a special token.</exception>
    public static MarianTokenizer Read(string folder)
    {
        foreach (string name in (string[])["source.spm", "target.spm", "vocab.json"])
        {
            if (!File.Exists(Path.Combine(folder, name)))
            {
                throw new TokenizerException(
                    $"marian: incomplete tokenizer; got '{folder}' without {name}; expected source.spm, target.spm and vocab.json.");
            }
        }

        var config = new TokenizerConfig(folder);
        config.RequireClass("MarianTokenizer");
        if (config.Flag("separate_vocabs") == true)
        {
            throw new TokenizerException(
                $"marian: unsupported separate_vocabs; got it set in the tokenizer_config.json of '{folder}'; "
                + $"expected one vocab.json for both languages.");
        }

        Vocabulary vocabulary = Vocabulary.ReadJson(Path.Combine(folder, "vocab.json"));
        int required(string role, string standard) => vocabulary.IdOf(config.TokenName(role) ?? standard)
            ?? throw new TokenizerException(
                $"marian: no {role}; got {vocabulary.Count} pieces without '{config.TokenName(role) ?? standard}' in the vocab.json "
                + $"of '{folder}'; expected it among them.");
        var special = new SpecialTokens
        {
            Unk = required("unk_token", "<unk>"),
            Eos = required("eos_token", "</s>"),
            Pad = required("pad_token", "<pad>"),
        };
        return new MarianTokenizer(
            Side(Path.Combine(folder, "source.spm"), vocabulary, special),
            new Lazy<ITokenizer>(() => Side(Path.Combine(folder, "target.spm"), vocabulary, special)));
    }

    /// <inheritdoc/>
    public Encoding Encode(string text, bool special = true) => Source.Encode(text, special);

    /// <inheritdoc/>
    public Encoding Encode(string text, string pair, bool special = true) => Source.Encode(text, pair, special);

    /// <inheritdoc/>
    public string Decode(IReadOnlyList<int> ids, bool skipSpecial = true) => Source.Decode(ids, skipSpecial);

    /// <inheritdoc/>
    public TokenizerExplanation Explain(string text) => Source.Explain(text);

    private static PipelineTokenizer Side(string path, Vocabulary vocabulary, SpecialTokens special)
    {
        SentencePieceModel model = SentencePieceModel.Read(path);
        int unk = special.Unk.GetValueOrDefault(), eos = special.Eos.GetValueOrDefault();
        int[] ids = [.. Enumerable.Range(0, model.Kinds.Length).Select(i => vocabulary.TryGetId(model.Pieces.SpellingOf(i), out int id)
            ? id : unk)];
        ISubwordModel subwords = model.Subwords(vocabulary, ids, unk);
        var decoder = new SentencePieceDecoder(model, vocabulary.PieceOf(unk), trim: true);
        return new PipelineTokenizer(new PipelineTokenizer.Stages($"{model.Source} and vocab.json", vocabulary, subwords, decoder, special)
        {
            Added = AddedToken.Union(vocabulary, special, []),
            Normalizer = new SentencePieceNormalizer(model),
            Template = PostTemplate.EndOfSentence(eos),
            LanguageCodeUnk = unk,
        });
    }
}
