using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// Hidden states of perturbed inputs of a causal model: what stands before the first change is as it was, so its keys and values are
/// computed
/// once and serve every perturbation.
/// </summary>
internal sealed class PrefixPass
{
    private readonly IGenerator _model;
    private readonly KvCache _cache = new();
    private readonly Tensor _hidden;

    /// <summary>Runs the unperturbed input.</summary>
    /// <param name="model">A causal model.</param>
    /// <param name="embeddings"><c>[1, pos, d_model]</c></param>
    public PrefixPass(IGenerator model, Tensor embeddings)
    {
        _model = model;
        _hidden = model.Hidden(new ModelInput { Embeddings = embeddings }, _cache);
    }

    /// <summary>The last hidden states of inputs that are unperturbed before a position.</summary>
    /// <param name="embeddings"><c>[batch, pos, d_model]</c></param>
    /// <param name="first">The first position that may differ, at least 1.</param>
    /// <returns><c>[batch, pos, d_model]</c></returns>
    public Tensor Hidden(Tensor embeddings, int first)
    {
        Tensor rest = embeddings.Slice(1, first, embeddings.Shape[1] - first);
        Tensor hidden = _model.Hidden(new ModelInput { Embeddings = rest }, _cache.Prefix(first));
        Tensor before = _hidden.Slice(1, 0, first);
        return TensorOps.Concat(1, before.Expand(before.Shape.With(0, embeddings.Shape[0])), hidden);
    }
}
