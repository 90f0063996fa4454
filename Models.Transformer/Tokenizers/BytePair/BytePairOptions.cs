namespace Vitrine.Transformers;

/// <summary>How a byte-level BPE tokenizer treats text; the defaults are those of GPT-2.</summary>
public sealed record BytePairOptions
{
    /// <summary>Put a space before a text that starts with none, so that its first word is spelled like the others
    /// (<c>add_prefix_space</c>). Default false.</summary>
    public bool AddPrefixSpace { get; init; }

    /// <summary>Begin every text with <see cref="Bos"/> (<c>add_bos_token</c>). Default false.</summary>
    public bool AddBos { get; init; }

    /// <summary>Spelling of the begin token. Default <c>&lt;|endoftext|&gt;</c>.</summary>
    public string Bos { get; init; } = "<|endoftext|>";

    /// <summary>Spelling of the end token. Default <c>&lt;|endoftext|&gt;</c>.</summary>
    public string Eos { get; init; } = "<|endoftext|>";

    /// <summary>Spelling of the unknown token; byte-level text never needs it. Default <c>&lt;|endoftext|&gt;</c>.</summary>
    public string Unk { get; init; } = "<|endoftext|>";

    /// <summary>Spelling of the padding token; null, the default, where there is none, as in GPT-2.</summary>
    public string? Pad { get; init; }

    /// <summary>Spelling of the mask; null, the default, where there is none, as in GPT-2.</summary>
    public string? Mask { get; init; }

    /// <summary>Whether texts stand as RoBERTa wants them: <c>&lt;s&gt; A &lt;/s&gt;</c>, <c>&lt;s&gt; A &lt;/s&gt;&lt;/s&gt; B
    /// &lt;/s&gt;</c> with <see cref="Bos"/> and
    /// <see cref="Eos"/>; the mask takes the space before it, and offsets leave spaces out. Default false.</summary>
    public bool Roberta { get; init; }
}
