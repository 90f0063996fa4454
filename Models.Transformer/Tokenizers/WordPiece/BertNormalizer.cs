namespace Vitrine.Transformers;

/// <summary>What BERT does to a text before splitting it (google-research/bert tokenization.py, BasicTokenizer).</summary>
internal sealed record BertNormalizer : INormalizer
{
    /// <summary>Removes control characters and turns every white space into a space.</summary>
    public bool CleanText { get; init; } = true;

    /// <summary>Puts spaces around CJK ideographs, so that each becomes a word.</summary>
    public bool SpaceCjk { get; init; } = true;

    /// <summary>Lower case.</summary>
    public bool LowerCase { get; init; } = true;

    /// <summary>Removes accents: decomposes (NFD) and drops the non-spacing marks. This takes Hangul syllables apart too.</summary>
    public bool StripAccents { get; init; } = true;

    /// <summary>Whether lower case knows the final sigma, as Python does and Hugging Face's tokenizer.json does not.</summary>
    public bool FinalSigma { get; init; } = true;

    /// <summary>The treatment that <paramref name="options"/> describe.</summary>
    public static BertNormalizer From(WordPieceOptions options) => new()
    {
        SpaceCjk = options.SpaceCjk,
        LowerCase = options.LowerCase,
        StripAccents = options.StripAccents ?? options.LowerCase,
    };

    public AlignedText Normalize(AlignedText text)
    {
        text = CleanText || SpaceCjk ? Clean(text) : text;
        text = LowerCase ? Transformers.LowerCase.Apply(text, FinalSigma) : text;
        return StripAccents ? Without(CanonicalNormalizer.Decompose(text), CharacterClasses.IsNonSpacingMark) : text;
    }

    /// <summary>The text without the characters of one class.</summary>
    public static AlignedText Without(AlignedText text, Predicate<int> dropped)
    {
        var builder = new AlignedTextBuilder(text);
        foreach (AlignedRune rune in text.Runes())
        {
            if (!dropped(rune.Value))
            {
                builder.Append(rune.Value, rune.Origin);
            }
        }

        return builder.ToText();
    }

    private AlignedText Clean(AlignedText text)
    {
        var builder = new AlignedTextBuilder(text);
        foreach (AlignedRune rune in text.Runes())
        {
            int code = rune.Value;
            if (CleanText && (code is 0 or 0xFFFD || CharacterClasses.IsControl(code)))
            {
                continue;
            }

            bool cjk = SpaceCjk && CharacterClasses.IsCjkIdeograph(code);
            if (cjk)
            {
                builder.Append(' ', rune.Origin);
            }

            builder.Append(CleanText && CharacterClasses.IsWhiteSpace(code) ? ' ' : code, rune.Origin);
            if (cjk)
            {
                builder.Append(' ', rune.Origin);
            }
        }

        return builder.ToText();
    }
}
