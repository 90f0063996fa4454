namespace Vitrine;

/// <summary>How far long work is.</summary>
/// <param name="What">What is being done: <c>writing</c>, the name of a method, <c>context</c>, <c>one text</c> of many.</param>
/// <param name="Done">Units of work done.</param>
/// <param name="Total">Units of work planned; it may grow where a method adapts its effort.</param>
public readonly record struct WorkProgress(string What, int Done, int Total)
{
    /// <summary>For example <c>saliency 3/50</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{What} {Done}/{Total}");

    /// <summary>Progress that is told under a name.</summary>
    internal sealed class Named<T>(IProgress<WorkProgress>? progress, string what, Func<T, (int Done, int Total)> of) : IProgress<T>
    {
        public void Report(T value)
        {
            (int done, int total) = of(value);
            progress?.Report(new(what, done, total));
        }
    }
}
