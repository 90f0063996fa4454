namespace Vitrine.Training;

/// <summary>How large an adapter is and what it changes.</summary>
public sealed record LoraOptions
{
    /// <summary>r: the rank of every change.</summary>
    public int Rank
    {
        get; init => field = value >= 1
        ? value : throw new TrainingException($"lora: rank out of range; got {value}; expected 1 or more.");
    } = 8;

    /// <summary>α: changes are scaled by α/r; 0: twice the rank.</summary>
    public double Alpha
    {
        get; init => field = value >= 0
        ? value : throw new TrainingException(FormattableString.Invariant($"lora: alpha out of range; got {value}; expected 0 or more."));
    }

    /// <summary>
    /// Last names of the checkpoint's linear layers that are changed, such as <c>query</c>; empty: PEFT's choice for the family.
    /// </summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>α with its default.</summary>
    internal double ScaledAlpha => Alpha == 0 ? 2 * Rank : Alpha;

    /// <summary>What PEFT changes in a family when nothing else is said.</summary>
    internal static IReadOnlyList<string> Usual(string family) => family switch
    {
        "bert" or "roberta" or "xlm-roberta" or "camembert" or "electra" or "albert" or "data2vec-text" or "roformer" =>
            ["query", "value"],
        "deberta-v2" => ["query_proj", "value_proj"],
        "distilbert" => ["q_lin", "v_lin"],
        "modernbert" => ["Wqkv"],
        "t5" or "mt5" or "mpnet" => ["q", "v"],
        "mpt" => ["Wqkv"],
        "gpt2" or "gpt_bigcode" => ["c_attn"],
        "gpt_neox" or "bloom" => ["query_key_value"],
        "phi3" or "codegen" => ["qkv_proj"],
        _ => ["q_proj", "v_proj"],
    };
}
