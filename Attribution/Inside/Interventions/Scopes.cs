namespace Vitrine.Attributions;

/// <summary>Changes of a model that end together.</summary>
internal sealed class Scopes : IDisposable
{
    private readonly List<IDisposable> _all = [];

    /// <summary>Adds one.</summary>
    public void Add(IDisposable scope) => _all.Add(scope);

    /// <inheritdoc/>
    public void Dispose() => _all.ForEach(scope => scope.Dispose());
}
