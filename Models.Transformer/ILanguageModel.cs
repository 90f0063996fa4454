using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// A model that scores every word of its vocabulary at every position. The two halves of the forward pass are apart, because
/// the second is often wanted at a few positions, or for a few words, only: over GPT-2's 50,257 words it is a third of the work.
/// </summary>
public interface ILanguageModel : ITransformer
{
    /// <summary>The first half: the last hidden state, after the final norm (BERT: after the head's transform).</summary>
    /// <param name="input">Tokens or embeddings; Marian: source and <see cref="ModelInput.Target"/>.</param>
    /// <returns><c>[batch, pos, d_model]</c> (Marian: of the target's positions).</returns>
    Tensor Hidden(ModelInput input);

    /// <summary>The second half: <c>hidden · W_Uᵀ [+ bias]</c>. Slice or gather the positions you want first.</summary>
    /// <param name="hidden"><c>[…, d_model]</c></param>
    /// <returns><c>[…, vocab]</c></returns>
    Tensor Logits(Tensor hidden);

    /// <summary>The logit of one word per row: only that word's row of the unembedding is read.</summary>
    /// <param name="hidden"><c>[…, d_model]</c></param>
    /// <param name="ids">int32 <c>[…]</c>, one word per row of <paramref name="hidden"/>.</param>
    /// <returns><c>[…]</c></returns>
    Tensor Logits(Tensor hidden, Tensor ids);
}

/// <summary>A language model that continues a text from left to right: GPT-2, Llama, Marian's decoder.</summary>
public interface IGenerator : ILanguageModel
{
    /// <summary>The checkpoint's own options for generation (<c>generation_config.json</c>, else <c>config.json</c>).</summary>
    GenerationOptions GenerationDefaults { get; }

    /// <summary>
    /// The last hidden state of new positions that follow those already in <paramref name="cache"/>; the cache is extended by them.
    /// Marian: the first call names the source; later ones give <see cref="ModelInput.Target"/> alone.
    /// </summary>
    /// <param name="input">The new tokens only. <see cref="ModelInput.Mask"/> covers them alone: the cache remembers the mask of its
    /// past.</param>
    /// <param name="cache">Keys and values of what came before; a new cache starts empty.</param>
    /// <returns><c>[batch, new pos, d_model]</c></returns>
    Tensor Hidden(ModelInput input, KvCache cache);
}
