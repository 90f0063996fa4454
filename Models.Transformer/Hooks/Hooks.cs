using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>Reading and changing activations: the verbs that open scopes.</summary>
public static class Hooks
{
    /// <summary>Captures activations until the result is disposed.</summary>
    /// <param name="model">The model whose forward passes are watched.</param>
    /// <param name="patterns">Names or patterns, e.g. <c>blocks.*.attn.hook_pattern</c>; <c>*</c> stands for any characters.</param>
    /// <exception cref="HookException">A name or pattern matches nothing; the nearest names are listed.</exception>
    public static ActivationCache Cache(this ITransformer model, params string[] patterns) =>
        new(HookNames.Match(model.HookPoints, patterns));

    /// <summary>Replaces an activation by what <paramref name="edit"/> returns, until the result is disposed.</summary>
    /// <param name="model">The model whose forward passes are changed.</param>
    /// <param name="pattern">A name or a pattern; a pattern changes every point that matches.</param>
    /// <param name="edit">From the activation to its replacement, of the same shape; return the argument to leave it.</param>
    /// <exception cref="HookException">Nothing matches; the nearest names are listed.</exception>
    public static HookScope Intervene(this ITransformer model, string pattern, Func<Tensor, Tensor> edit) =>
        HookScope.Edit(HookNames.Match(model.HookPoints, [pattern]), (_, x) => edit(x));

    /// <summary>The same, with the point that is passed: one function for many layers.</summary>
    /// <param name="model">The model whose forward passes are changed.</param>
    /// <param name="pattern">A name or a pattern.</param>
    /// <param name="edit">From point and activation to the replacement, of the same shape.</param>
    /// <exception cref="HookException">Nothing matches; the nearest names are listed.</exception>
    public static HookScope Intervene(this ITransformer model, string pattern, Func<HookPoint, Tensor, Tensor> edit) =>
        HookScope.Edit(HookNames.Match(model.HookPoints, [pattern]), edit);

    /// <summary>
    /// Replaces an activation by a tensor whose batch may have another length, or which has fewer positions: from there on one run goes on
    /// as many, and what came before it was computed once.
    /// </summary>
    /// <remarks>
    /// The residual stream that the activation is added to broadcasts to its batch. Positions may only be cut where each of them is read
    /// alone from there on: after the last attention of a language model.
    /// </remarks>
    /// <param name="model">The model whose forward passes are changed.</param>
    /// <param name="pattern">A name or a pattern.</param>
    /// <param name="edit">From point and activation to the replacement, of the same rank and element type.</param>
    /// <exception cref="HookException">Nothing matches; the nearest names are listed.</exception>
    public static HookScope Branch(this ITransformer model, string pattern, Func<HookPoint, Tensor, Tensor> edit) =>
        HookScope.Branch(HookNames.Match(model.HookPoints, [pattern]), edit);
}
