using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>One input of a score function: the tokens it reads and the embeddings that stand for them.</summary>
public sealed class InputSide
{
    /// <summary><c>source</c>: what the model was given; <c>target</c>: what an encoder–decoder has said so far.</summary>
    public required string Name { get; init; }

    /// <summary>The texts of the tokens; empty where only ids are known. <see cref="InputToken.Text"/> indexes it.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>The tokens, in order. <c>[pos]</c></summary>
    public required IReadOnlyList<InputToken> Tokens { get; init; }

    /// <summary>
    /// What the model's first block receives for the tokens before positions are added, scaled where the model scales
    /// (Marian: √d_model). <c>[pos, d_model]</c>
    /// </summary>
    public required Tensor Embeddings { get; init; }

    /// <summary>The same as a batch of one. <c>[1, pos, d_model]</c></summary>
    public Tensor Batch
    {
        get
        {
            using Recorder.Pause pause = Recorder.Suspend(); // made when first asked for, whatever is recording then
            return field ??= Embeddings.Reshape(Embeddings.Shape.Prepend(1));
        }
    }

    /// <summary>
    /// Positions from here on were generated or forced, not given; equal to the number of tokens when all were given.
    /// Captum's language-model attribution leaves these alone, Inseq explains and perturbs them like the others.
    /// </summary>
    public int GivenLength { get; init; } = int.MaxValue;

    /// <summary>1 for a token, 0 for padding; null: no padding. <c>[pos]</c></summary>
    public IReadOnlyList<int>? Mask { get; init; }

    /// <summary>Number of tokens.</summary>
    public int Length => Tokens.Count;

    /// <summary>Whether a position is padding, which nothing attends to.</summary>
    public bool IsPadding(int position) => Mask?[position] == 0;

    /// <summary>Token ids. <c>[pos]</c></summary>
    public int[] Ids => [.. Tokens.Select(token => token.Id)];
}
