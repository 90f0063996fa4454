namespace Vitrine.Transformers;

/// <summary>Ids of the tokens with a role; null where a tokenizer has no such token.</summary>
public sealed record SpecialTokens
{
    /// <summary>Starts a sequence and carries its summary (BERT <c>[CLS]</c>).</summary>
    public int? Cls { get; init; }

    /// <summary>Ends or separates sequences (BERT <c>[SEP]</c>).</summary>
    public int? Sep { get; init; }

    /// <summary>Fills a batch to equal length.</summary>
    public int? Pad { get; init; }

    /// <summary>Stands for what the vocabulary cannot spell.</summary>
    public int? Unk { get; init; }

    /// <summary>The blank a masked language model fills in.</summary>
    public int? Mask { get; init; }

    /// <summary>Begins a generated text.</summary>
    public int? Bos { get; init; }

    /// <summary>Ends a generated text (GPT-2 <c>&lt;|endoftext|&gt;</c>, Marian <c>&lt;/s&gt;</c>).</summary>
    public int? Eos { get; init; }

    /// <summary>Every id above that is present, each once, ascending.</summary>
    public IReadOnlyList<int> All
    {
        get
        {
            var all = new List<int>(7);
            foreach (int? id in (ReadOnlySpan<int?>)[Cls, Sep, Pad, Unk, Mask, Bos, Eos])
            {
                if (id is { } present && !all.Contains(present))
                {
                    all.Add(present);
                }
            }

            all.Sort();
            return all;
        }
    }
}
