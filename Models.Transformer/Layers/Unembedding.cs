using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// From hidden states to a score per word: <c>logits = hidden · W_Uᵀ [+ b_U]</c>, which Gemma 2 bends to cap·tanh(logits / cap). W_U is
/// kept as <c>[vocab, d_model]</c>, one row per word, because in most models it is the embedding matrix itself.
/// </summary>
/// <param name="table">W_U, <c>[vocab, d_model]</c>.</param>
/// <param name="bias">b_U <c>[vocab]</c>, or null.</param>
/// <param name="hook">Where the logits can be seen.</param>
/// <param name="cap">The bound that logits approach; 0: none.</param>
internal sealed class Unembedding(Parameter table, Parameter? bias, HookPoint hook, float cap = 0)
{
    /// <summary><c>[…, d_model]</c> → <c>[…, vocab]</c></summary>
    public Tensor Run(Tensor hidden) => hook.Run(Capped(table.Product(hidden, Bias, transposed: true)));

    /// <summary>
    /// The logit of one word per row: <c>[…, d_model]</c> and int32 <c>[…]</c> → <c>[…]</c>. Does not pass the hook, which sees whole rows.
    /// </summary>
    public Tensor Run(Tensor hidden, Tensor ids)
    {
        Tensor rows = table.Gather(ids);                              // […, d_model]
        Tensor logits = (hidden * rows).Sum([-1]);
        return Capped(bias is null ? logits : logits + bias.Value.Reshape([bias.Value.Shape.Elements, 1]).Gather(ids)
            .Reshape(logits.Shape));
    }

    private Tensor Capped(Tensor logits) => cap > 0 ? logits.Capped(cap) : logits;

    private Tensor? Bias => bias?.Value.Reshape([bias.Value.Shape.Elements]); // Marian stores [1, vocab]
}
