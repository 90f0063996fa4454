using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>The activations that passed the watched hook points while the scope was open: name → tensor.</summary>
/// <remarks>Of a point that ran several times, the last. The tensors may still be read when the scope has ended.</remarks>
public sealed class ActivationCache : IDisposable
{
    private readonly Dictionary<string, Tensor?> _captured;
    private readonly HookScope _scope;

    internal ActivationCache(IReadOnlyList<HookPoint> points)
    {
        _captured = points.ToDictionary(p => p.Name, _ => (Tensor?)null, StringComparer.Ordinal);
        Names = [.. points.Select(p => p.Name)];
        _scope = HookScope.Read(points, (point, x) => _captured[point.Name] = x);
    }

    /// <summary>The watched points, in the order in which the model runs them.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The activation that passed a point.</summary>
    /// <exception cref="HookException">The point is not watched, or no forward pass has reached it.</exception>
    public Tensor this[string name] => _captured.TryGetValue(name, out Tensor? x)
        ? x ?? throw new HookException($"cache: nothing captured yet; got '{name}'; "
            + $"expected a forward pass inside the scope that reaches it.")
        : throw new HookException($"cache: not watched; got '{name}'; {HookNames.Nearest(name, Names)}.");

    /// <summary>Ends the scope: from here on nothing is captured.</summary>
    public void Dispose() => _scope.Dispose();
}
