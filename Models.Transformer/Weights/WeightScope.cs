using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>Other weights for the forward passes of one <c>using</c> block, on this thread.</summary>
/// <remarks>
/// Nothing is stored in the model: other threads that run it meanwhile see its own weights. Scopes nest, the innermost holds. A
/// forward pass is synchronous: never <c>await</c> inside a scope.
/// </remarks>
public sealed class WeightScope : IDisposable
{
    [ThreadStatic]
    private static WeightScope? s_current;

    private readonly Dictionary<Parameter, Tensor> _values;
    private readonly WeightScope? _outer;

    private WeightScope(Dictionary<Parameter, Tensor> values) => (_values, _outer, s_current) = (values, s_current, this);

    /// <summary>Opens a scope in which each parameter has the value given here, in float32.</summary>
    /// <exception cref="ShapeException">A value has another shape than its parameter.</exception>
    public static WeightScope Replace(IEnumerable<KeyValuePair<Parameter, Tensor>> values) =>
        new(values.ToDictionary(pair => pair.Key, pair => pair.Key.Fitting(pair.Value)));

    /// <summary>The same with values that a tape may follow: they were computed from something else that is learned.</summary>
    /// <exception cref="ShapeException">A value has another shape than its parameter.</exception>
    internal static WeightScope Compute(IEnumerable<KeyValuePair<Parameter, Tensor>> values) => new(values.ToDictionary(
        pair => pair.Key, pair => pair.Value.Shape == pair.Key.Shape ? pair.Value : pair.Key.Fitting(pair.Value)));

    /// <summary>The value a parameter has in the open scopes of this thread; null: its own.</summary>
    internal static Tensor? ValueOf(Parameter parameter)
    {
        for (WeightScope? scope = s_current; scope is not null; scope = scope._outer)
        {
            if (scope._values.TryGetValue(parameter, out Tensor? value))
            {
                return value;
            }
        }
        return null;
    }

    /// <summary>Ends the scope; the innermost one first.</summary>
    /// <exception cref="InvalidOperationException">A scope inside this one is still open, or this is another thread.</exception>
    public void Dispose()
    {
        if (s_current != this)
        {
            throw new InvalidOperationException("weights: scopes end innermost first, on the thread that opened them.");
        }
        s_current = _outer;
    }
}
