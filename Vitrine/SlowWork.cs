using System.Diagnostics;

namespace Vitrine;

/// <summary>
/// Tells of a part of longer work, such as one row of many, only once it has taken a second: short parts would hide the whole.
/// </summary>
/// <param name="tell">Told from then on.</param>
internal sealed class SlowWork(Action<WorkProgress> tell) : IProgress<WorkProgress>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <inheritdoc/>
    public void Report(WorkProgress value)
    {
        if (_clock.Elapsed > s_patience)
        {
            tell(value);
        }
    }
}
