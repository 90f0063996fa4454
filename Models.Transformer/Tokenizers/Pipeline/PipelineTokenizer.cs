namespace Vitrine.Transformers;

/// <summary>The stages all tokenizers share: literal tokens, normalisation, words, pieces, special tokens around them.</summary>
/// <remarks>Made by <see cref="TokenizerLoader"/> or by a model's own factory (<see cref="WordPiece.Create(Vocabulary, WordPieceOptions, string)"/> …). Every
/// stage is immutable, so one tokenizer may serve many threads.</remarks>
internal sealed class PipelineTokenizer : ITokenizer
{
    private readonly Stages _stages;
    private readonly AddedTokens _raw;
    private readonly AddedTokens _normalized;
    private readonly HashSet<int> _skipped;

    public PipelineTokenizer(Stages stages)
    {
        _stages = stages;
        bool late(AddedToken t) => t.Normalized && stages.Normalizer is not null;
        _raw = new AddedTokens(stages.Added.Where(t => !late(t)));
        _normalized = new AddedTokens(stages.Added.Where(late)
            .Select(t => t with { Pattern = Normalize(t.Content, new(0, t.Content.Length)).Text }));
        _skipped = [.. stages.Special.All, .. stages.Added.Where(t => t.Special).Select(t => t.Id)];
    }

    /// <summary>What a tokenizer is made of; the parts that are null do nothing.</summary>
    internal sealed record Stages(string Source, Vocabulary Vocabulary, ISubwordModel Model, IPieceDecoder Decoder, SpecialTokens Special)
    {
        public IReadOnlyList<AddedToken> Added { get; init; } = [];

        public INormalizer? Normalizer { get; init; }

        public IPreTokenizer? PreTokenizer { get; init; }

        /// <summary>Whether a space goes before every stretch of text that starts with none.</summary>
        public bool PrefixSpace { get; init; }

        public PostTemplate Template { get; init; } = PostTemplate.Plain;

        /// <summary>Whether offsets leave out spaces at a piece's edges (<c>Ġthe</c> covers "the").</summary>
        public bool TrimOffsets { get; init; }

        /// <summary>Where a text may begin with a language code like <c>&gt;&gt;fra&lt;&lt;</c>: the id of codes the vocabulary
        /// lacks. Null where such a beginning is ordinary text.</summary>
        public int? LanguageCodeUnk { get; init; }
    }

    public string Description => $"{_stages.Model.Name} from {_stages.Source}, {Vocabulary.Count} pieces";

    public Vocabulary Vocabulary => _stages.Vocabulary;

    public SpecialTokens Special => _stages.Special;

    public Encoding Encode(string text, bool special = true) =>
        Assemble(special ? _stages.Template.Single : _stages.Template.WithoutTokens().Single, [text]);

    public Encoding Encode(string text, string pair, bool special = true) =>
        Assemble(special ? _stages.Template.Pair : _stages.Template.WithoutTokens().Pair, [text, pair]);

    public string Decode(IReadOnlyList<int> ids, bool skipSpecial = true) =>
        _stages.Decoder.Decode(ids.Where(id => !skipSpecial || !_skipped.Contains(id)).Select(Vocabulary.PieceOf));

    public TokenizerExplanation Explain(string text)
    {
        var words = new List<ExplainedWord>();
        string normalized = Walk(text, 0, 0, [], words);
        return new TokenizerExplanation(Description, text, normalized, words);
    }

    private Encoding Assemble(IEnumerable<TemplatePlace> places, string[] texts)
    {
        var tokens = new List<Token>();
        foreach (TemplatePlace place in places)
        {
            if (place.Sequence < 0)
            {
                tokens.Add(new Token(place.Id, Vocabulary.PieceOf(place.Id), default, -1, -1, place.Type));
            }
            else
            {
                Walk(texts[place.Sequence], place.Sequence, place.Type, tokens, null);
            }
        }

        return new Encoding(tokens, texts);
    }

    /// <summary>Appends the tokens of one text and, if asked, the story of each word; returns the normalised text.</summary>
    private string Walk(string text, int sequence, int type, List<Token> tokens, List<ExplainedWord>? words)
    {
        var pieces = new List<SubwordPiece>();
        var normalized = new List<string>();
        int word = 0;
        foreach ((TextSpan outer, AddedToken? token) in _raw.Split(text))
        {
            if (token is not null)
            {
                normalized.Add(token.Content);
                AddLiteral(token, outer);
                continue;
            }

            TextSpan span = outer;
            if (LanguageCode(span.Of(text)) is { } code)
            {
                span = new TextSpan(span.Start + code.Content.Length, span.End);
                normalized.Add(code.Content);
                AddLiteral(code, new TextSpan(outer.Start, span.Start));
            }

            AlignedText part = Normalize(text, span);
            foreach ((TextSpan inner, AddedToken? late) in _normalized.Split(part.Text))
            {
                if (late is not null)
                {
                    normalized.Add(late.Content);
                    AddLiteral(late, part.Origin(inner.Start, inner.End));
                    continue;
                }

                AlignedText stretch = part.Slice(inner);
                stretch = _stages.PrefixSpace ? PrefixSpace.Before(stretch) : stretch;
                normalized.Add(stretch.Text);
                var whole = new TextSpan(0, stretch.Length);
                foreach (TextSpan w in _stages.PreTokenizer?.Split(stretch.Text, whole) ?? [whole])
                {
                    AddWord(stretch, w);
                }
            }
        }

        return string.Concat(normalized);

        void AddLiteral(AddedToken token, TextSpan span)
        {
            tokens.Add(new Token(token.Id, token.Content, span, word++, sequence, type));
            words?.Add(new ExplainedWord(token.Content, span, [new TokenizerStep.Literal(token.Content)], [token.Content]));
        }

        void AddWord(AlignedText part, TextSpan w)
        {
            pieces.Clear();
            List<TokenizerStep>? steps = words is null ? null : [];
            _stages.Model.Tokenize(part.Text, w, pieces, steps);
            for (int i = 0; i < pieces.Count; i++)
            {
                SubwordPiece piece = pieces[i];
                TextSpan origin = part.Origin(piece.Span.Start, piece.Span.End);
                word += piece.StartsWord && i > 0 ? 1 : 0;
                tokens.Add(new Token(piece.Id, piece.Text, _stages.TrimOffsets ? Trim(text, origin) : origin, word, sequence, type));
            }

            word += pieces.Count > 0 ? 1 : 0;
            words?.Add(new ExplainedWord(w.Of(part.Text), part.Origin(w.Start, w.End), steps ?? [], [.. pieces.Select(p => p.Text)]));
        }
    }

    private AddedToken? LanguageCode(string text)
    {
        int end = _stages.LanguageCodeUnk is not null && text.StartsWith(">>", StringComparison.Ordinal)
            ? text.IndexOf("<<", StringComparison.Ordinal)
            : -1;
        return end < 0 ? null : new AddedToken(text[..(end + 2)], Vocabulary.IdOf(text[..(end + 2)]) ?? _stages.LanguageCodeUnk.GetValueOrDefault());
    }

    private AlignedText Normalize(string text, TextSpan span)
    {
        AlignedText part = AlignedText.Verbatim(text, span);
        return _stages.Normalizer?.Normalize(part) ?? part;
    }

    /// <summary>The span without spaces at its edges; an empty span at its end where there is nothing else.</summary>
    private static TextSpan Trim(string text, TextSpan span)
    {
        (int start, int end) = span;
        while (start < end && text[start] == ' ')
        {
            start++;
        }

        while (end > start && text[end - 1] == ' ')
        {
            end--;
        }

        return new TextSpan(start, end);
    }
}
