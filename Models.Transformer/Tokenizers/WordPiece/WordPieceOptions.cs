namespace Vitrine.Transformers;

/// <summary>How a WordPiece tokenizer treats text; the defaults are those of BERT uncased.</summary>
public sealed record WordPieceOptions
{
    /// <summary>Lower-case the text (<c>do_lower_case</c>). Default true.</summary>
    public bool LowerCase { get; init; } = true;

    /// <summary>Remove accents (<c>strip_accents</c>); null, the default, follows <see cref="LowerCase"/>.</summary>
    public bool? StripAccents { get; init; }

    /// <summary>Make every CJK ideograph a word (<c>tokenize_chinese_chars</c>). Default true.</summary>
    public bool SpaceCjk { get; init; } = true;

    /// <summary>What marks a piece that continues a word. Default <c>##</c>.</summary>
    public string ContinuationPrefix { get; init; } = "##";

    /// <summary>Words of more code points than this become the unknown token. Default 100, at least 1.</summary>
    public int MaxWordLength { get; init; } = 100;

    /// <summary>Whether special tokens stand as RoBERTa's do, <c>&lt;s&gt; A &lt;/s&gt;&lt;/s&gt; B &lt;/s&gt;</c> (MPNet). Default
    /// false.</summary>
    public bool Roberta { get; init; }

    /// <summary>Spelling of the unknown token. Default <c>[UNK]</c>.</summary>
    public string Unk { get; init; } = "[UNK]";

    /// <summary>Spelling of the classification token. Default <c>[CLS]</c>.</summary>
    public string Cls { get; init; } = "[CLS]";

    /// <summary>Spelling of the separator. Default <c>[SEP]</c>.</summary>
    public string Sep { get; init; } = "[SEP]";

    /// <summary>Spelling of the padding token. Default <c>[PAD]</c>; need not be in the vocabulary.</summary>
    public string Pad { get; init; } = "[PAD]";

    /// <summary>Spelling of the mask. Default <c>[MASK]</c>; need not be in the vocabulary.</summary>
    public string Mask { get; init; } = "[MASK]";
}
