using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>What tools need of any model: its facts, its hook points, its parameters, and its forward pass.</summary>
/// <remarks>
/// A model is a pure function of its input and its parameters: it stores nothing between calls, so several threads may run it.
/// What happens inside is seen and changed through ambient scopes (<see cref="HookScope"/>), never through arguments.
/// </remarks>
public interface ITransformer
{
    /// <summary>Family, task, sizes and labels.</summary>
    ModelInfo Info { get; }

    /// <summary>The tokenizer that belongs to the checkpoint; null when its folder has none, or one that is not read here:
    /// <see cref="Notices"/> say so.</summary>
    ITokenizer? Tokenizer { get; }

    /// <summary>Every named activation of the forward pass, in the order in which it runs. Complete once the model is built.</summary>
    IReadOnlyList<HookPoint> HookPoints { get; }

    /// <summary>Every weight, under its canonical name, with the name it has in the checkpoint.</summary>
    IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>
    /// The weight that a module reads under a canonical name. Where layers share weights (ALBERT) it has another's name among
    /// <see cref="Parameters"/>: <c>blocks.3.attn.W_O</c> is <c>blocks.0.attn.W_O</c>.
    /// </summary>
    /// <param name="name">For example <c>blocks.3.attn.W_O</c>.</param>
    /// <returns>Null when no module reads one of that name.</returns>
    Parameter? Find(string name) => Parameters.FirstOrDefault(parameter => parameter.Name == name);

    /// <summary>What the checkpoint held in addition to the parameters: buffers, copies, and tensors this model has no use for.</summary>
    WeightReport Weights { get; }

    /// <summary>What a user should know about how the checkpoint was read, one sentence each; empty for most.</summary>
    IReadOnlyList<string> Notices { get; }

    /// <summary>
    /// The word embeddings of token ids, as <see cref="ModelInput.Embeddings"/> takes them: rows of the embedding matrix
    /// (Marian: times √d_model), before positions and segments are added.
    /// </summary>
    /// <param name="ids">int32 <c>[…]</c></param>
    /// <returns><c>[…, d_model]</c></returns>
    /// <exception cref="ShapeException">An id lies outside the vocabulary.</exception>
    Tensor Embed(Tensor ids);

    /// <summary>The forward pass, from tokens (or their embeddings) to what the head says.</summary>
    /// <returns>
    /// By <see cref="ModelInfo.Task"/>: classification <c>[batch, label]</c>; question answering <c>[batch, pos, 2]</c> (start, end);
    /// token classification <c>[batch, pos, label]</c>; multiple choice <c>[batch, choice]</c>; language models <c>[batch, pos, vocab]</c>
    /// (Marian: of the target's positions); no head <c>[batch, pos, d_model]</c>.
    /// </returns>
    /// <exception cref="ShapeException">Ids, positions or shapes do not fit the model or one another.</exception>
    Tensor Forward(ModelInput input);
}
