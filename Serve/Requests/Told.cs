namespace Vitrine.Serve;

/// <summary>Progress that is told at once, on the thread that makes it.</summary>
/// <param name="tell">Told every step.</param>
internal sealed class Told<T>(Action<T> tell) : IProgress<T>
{
    /// <inheritdoc/>
    public void Report(T value) => tell(value);
}
