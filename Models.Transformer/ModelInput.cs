using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>A batch of token sequences, given by their ids or by embeddings, with what belongs to them.</summary>
/// <remarks>
/// <code>
/// ModelInput input = ModelInput.Of(encoding.Ids);
/// Tensor logits = model.Forward(input);
/// Tensor same = model.Forward(input with { Embeddings = model.Embed(input.Ids) });
/// </code>
/// Mask, types and positions may have a batch of 1 under embeddings of any batch: they are repeated.
/// </remarks>
public sealed record ModelInput
{
    /// <summary>
    /// Token ids, int32 <c>[batch, pos]</c> (multiple choice: <c>[batch, choice, pos]</c>). Not read when <see cref="Embeddings"/> are
    /// given, except where a head looks for padding.
    /// </summary>
    public Tensor? Ids { get; init; }

    /// <summary>
    /// Word embeddings <c>[batch, pos, d_model]</c> in place of ids, as <see cref="ITransformer.Embed"/> makes them: what attribution
    /// differentiates (Hugging Face's <c>inputs_embeds</c>).
    /// </summary>
    public Tensor? Embeddings { get; init; }

    /// <summary>int32 or float32 <c>[batch, pos]</c>: 1 for a token, 0 for padding, which nothing attends to. Null: no padding.</summary>
    public Tensor? Mask { get; init; }

    /// <summary>Segment of each token, int32 <c>[batch, pos]</c>; BERT only. Null: all 0.</summary>
    public Tensor? Types { get; init; }

    /// <summary>
    /// Position of each token, int32 <c>[batch, pos]</c>. Null: counted from the first token that is not padding, so that left padding
    /// changes nothing.
    /// </summary>
    public Tensor? Positions { get; init; }

    /// <summary>The decoder's side, Marian only: the target so far, beginning with the decoder's start token.</summary>
    public ModelInput? Target { get; init; }

    /// <summary>
    /// The source already encoded, <c>[batch, pos, d_model]</c>, Marian only: then ids and embeddings of the source are not read, its mask
    /// is.
    /// </summary>
    public Tensor? Encoded { get; init; }

    /// <summary>One sequence without padding: a batch of 1.</summary>
    public static ModelInput Of(params ReadOnlySpan<int> ids) => new() { Ids = Tensor.From(ids, [1, ids.Length]) };

    /// <summary>Several sequences, padded to the longest, with the mask that says so.</summary>
    /// <param name="sequences">Token ids, one array per sequence.</param>
    /// <param name="pad">The id to fill with; any id of the vocabulary will do, for the mask hides it.</param>
    /// <param name="left">Whether to fill in front, as generation needs it.</param>
    public static ModelInput Batch(IReadOnlyList<int[]> sequences, int pad, bool left = false)
    {
        int length = sequences.Max(s => s.Length);
        int[] ids = new int[sequences.Count * length], mask = new int[ids.Length];
        Array.Fill(ids, pad);
        for (int i = 0; i < sequences.Count; i++)
        {
            int start = (i * length) + (left ? length - sequences[i].Length : 0);
            sequences[i].CopyTo(ids, start);
            Array.Fill(mask, 1, start, sequences[i].Length);
        }
        return new()
        {
            Ids = Tensor.From(ids, [sequences.Count, length]),
            Mask = Array.TrueForAll(mask, m => m == 1) ? null : Tensor.From(mask, [sequences.Count, length]),
        };
    }
}
