namespace Vitrine.Transformers;

/// <summary>The stages all tokenizers share: literal tokens, normalisation, words, pieces, special tokens around them.</summary>
/// <remarks>Made by <see cref="TokenizerLoader"/> or by a model's own factory
/// (<see cref="WordPiece.Create(Vocabulary, WordPieceOptions, string)"/> …). Every stage is immutable, so one tokenizer may serve many
/// threads.</remarks>
internal sealed class PipelineTokenizer : ITokenizer
{
    private readonly Stages _stages;
    private readonly AddedTokens _raw;
    private readonly AddedTokens _normalized;
    private readonly HashSet<int> _skipped;
    private readonly PostTemplate _bare;

    [ThreadStatic]
    private static Scratch? s_scratch;

    public PipelineTokenizer(Stages stages)
    {
        _stages = stages;
        _raw = new AddedTokens(stages.Added.Where(t => !t.Normalized));
        _normalized = new AddedTokens(stages.Added.Where(t => t.Normalized)
            .Select(t => t with { Pattern = Normalize(t.Content, new(0, t.Content.Length)).Text }));
        _skipped = [.. stages.Special.All.Except(stages.Added.Where(t => !t.Special).Select(t => t.Id)),
            .. stages.Added.Where(t => t.Special).Select(t => t.Id)];
        _bare = stages.Template.WithoutTokens();
    }

    /// <summary>What a tokenizer is made of; the parts that are null do nothing.</summary>
    internal sealed record Stages(string Source, Vocabulary Vocabulary, ISubwordModel Model, IPieceDecoder Decoder, SpecialTokens Special)
    {
        public IReadOnlyList<AddedToken> Added { get; init; } = [];

        public INormalizer? Normalizer { get; init; }

        public IPreTokenizer? PreTokenizer { get; init; }

        public PostTemplate Template { get; init; } = PostTemplate.Plain;

        /// <summary>Whether offsets leave out spaces at a piece's edges (<c>Ġthe</c> covers "the").</summary>
        public bool TrimOffsets { get; init; }

        /// <summary>Where a text may begin with a language code like <c>&gt;&gt;fra&lt;&lt;</c>: the id of codes the vocabulary
        /// lacks. Null where such a beginning is ordinary text.</summary>
        public int? LanguageCodeUnk { get; init; }

        /// <summary>What a user should know about how the files were read.</summary>
        public IReadOnlyList<string> Notices { get; init; } = [];
    }

    /// <summary>Lists that one thread uses over and over.</summary>
    private sealed class Scratch
    {
        public List<Token> Tokens { get; } = [];

        public List<SubwordPiece> Pieces { get; } = [];

        public List<TextPart> Words { get; } = [];

        public List<(TextSpan Span, AddedToken? Token)> Raw { get; } = [];

        public List<(TextSpan Span, AddedToken? Token)> Late { get; } = [];
    }

    public string Description => $"{_stages.Model.Name} from {_stages.Source}, {Vocabulary.Count} pieces";

    public Vocabulary Vocabulary => _stages.Vocabulary;

    public SpecialTokens Special => _stages.Special;

    public IReadOnlyList<string> Notices => _stages.Notices;

    public Encoding Encode(string text, bool special = true) => Assemble((special ? _stages.Template : _bare).Single, [text]);

    public Encoding Encode(string text, string pair, bool special = true) =>
        Assemble((special ? _stages.Template : _bare).Pair, [text, pair]);

    public string Decode(IReadOnlyList<int> ids, bool skipSpecial = true) =>
        _stages.Decoder.Decode([.. ids.Where(id => !skipSpecial || !_skipped.Contains(id)).Select(Vocabulary.PieceOf)]);

    public TokenizerExplanation Explain(string text)
    {
        var words = new List<ExplainedWord>();
        var normalized = new List<string>();
        Walk(text, 0, 0, new Scratch(), (words, normalized));
        return new TokenizerExplanation(Description, text, string.Concat(normalized), words);
    }

    private Encoding Assemble(IReadOnlyList<TemplatePlace> places, string[] texts)
    {
        Scratch scratch = s_scratch ??= new Scratch();
        scratch.Tokens.Clear();
        foreach (TemplatePlace place in places)
        {
            if (place.Sequence < 0)
            {
                scratch.Tokens.Add(new Token(place.Id, default, -1, -1, place.Type));
            }
            else
            {
                ArgumentNullException.ThrowIfNull(texts[place.Sequence]);
                Walk(texts[place.Sequence], (sbyte)place.Sequence, place.Type, scratch, null);
            }
        }

        return new Encoding([.. scratch.Tokens], texts, Vocabulary, Special.Unk);
    }

    /// <summary>Appends the tokens of one text and, if asked, the story of each word and the normalised text.</summary>
    private void Walk(string text, sbyte sequence, int type, Scratch scratch, (List<ExplainedWord> Words, List<string> Normalized)? story)
    {
        int word = 0;
        scratch.Raw.Clear();
        _raw.Split(text, scratch.Raw);
        foreach ((TextSpan outer, AddedToken? token) in scratch.Raw)
        {
            if (token is not null)
            {
                AddLiteral(token, outer);
                continue;
            }

            TextSpan span = outer;
            if (_stages.LanguageCodeUnk is not null && LanguageCode(span.Of(text)) is { } code)
            {
                span = new TextSpan(span.Start + code.Content.Length, span.End);
                AddLiteral(code, new TextSpan(outer.Start, span.Start));
            }

            AlignedText part = Normalize(text, span);
            scratch.Late.Clear();
            _normalized.Split(part.Text, scratch.Late);
            foreach ((TextSpan inner, AddedToken? late) in scratch.Late)
            {
                if (late is not null)
                {
                    AddLiteral(late, part.Origin(inner.Start, inner.End));
                }
                else
                {
                    AddStretch(part.Slice(inner));
                }
            }
        }

        void AddLiteral(AddedToken token, TextSpan span)
        {
            scratch.Tokens.Add(new Token(token.Id, span, word++, sequence, type));
            story?.Normalized.Add(token.Content);
            story?.Words.Add(new ExplainedWord(token.Content, span, [new TokenizerStep.Literal(token.Content)], [token.Content]));
        }

        void AddStretch(AlignedText stretch)
        {
            scratch.Words.Clear();
            if (_stages.PreTokenizer is { } words)
            {
                words.Split(TextPart.Whole(stretch), scratch.Words);
            }
            else
            {
                scratch.Words.Add(TextPart.Whole(stretch));
            }

            AlignedText? told = null;
            foreach (TextPart w in scratch.Words)
            {
                story?.Normalized.Add(ReferenceEquals(told, w.Text) ? "" : w.Text.Text);
                told = w.Text;
                AddWord(w.Text, w.Span);
            }
        }

        void AddWord(AlignedText part, TextSpan w)
        {
            List<SubwordPiece> pieces = scratch.Pieces;
            pieces.Clear();
            List<TokenizerStep>? steps = story is null ? null : [];
            _stages.Model.Tokenize(part.Text, w, pieces, steps);
            for (int i = 0; i < pieces.Count; i++)
            {
                SubwordPiece piece = pieces[i];
                TextSpan origin = part.Origin(piece.Span.Start, piece.Span.End);
                word += piece.StartsWord && i > 0 ? 1 : 0;
                scratch.Tokens.Add(new Token(piece.Id, _stages.TrimOffsets ? Trim(text, origin) : origin, word, sequence, type));
            }

            word += pieces.Count > 0 ? 1 : 0;
            story?.Words.Add(new ExplainedWord(
                w.Of(part.Text), part.Origin(w.Start, w.End), steps ?? [], [.. pieces.Select(p => Vocabulary.PieceOf(p.Id))]));
        }
    }

    private AddedToken? LanguageCode(string text)
    {
        int end = text.StartsWith(">>", StringComparison.Ordinal) ? text.IndexOf("<<", StringComparison.Ordinal) : -1;
        return end < 0 ? null : new AddedToken(text[..(end + 2)], Vocabulary.IdOf(text[..(end + 2)])
            ?? _stages.LanguageCodeUnk.GetValueOrDefault());
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
