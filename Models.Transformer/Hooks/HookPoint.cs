using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>A named place in a model's forward pass: the identity, unless a scope looks at it or changes it.</summary>
public sealed class HookPoint
{
    internal HookPoint(string name, string axes) => (Name, Axes) = (name, axes);

    /// <summary>The full path, in TransformerLens' vocabulary: <c>blocks.0.attn.hook_pattern</c>.</summary>
    public string Name { get; }

    /// <summary>What the axes of the activation are: <c>[batch, head, query, key]</c>.</summary>
    public string Axes { get; }

    /// <summary>Whether any open scope of this thread looks at this point or changes it. Fused paths ask before they skip it.</summary>
    public bool IsWatched => HookScope.Watches(this);

    /// <summary>Passes an activation through the open scopes.</summary>
    /// <returns>The very tensor the next op must consume: <paramref name="x"/> itself, or what an intervention put in its place.</returns>
    internal Tensor Run(Tensor x) => HookScope.Run(this, x);

    /// <summary>Name and axes.</summary>
    public override string ToString() => $"{Name} {Axes}";
}
