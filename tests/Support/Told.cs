using Vitrine.Training;

namespace Vitrine.Tests.Support;

/// <summary>Progress that is told at once, on the thread that reports it; <see cref="Progress{T}"/> tells later, on another.</summary>
internal sealed class Told<T>(Action<T> use) : IProgress<T>
{
    public void Report(T value) => use(value);
}

/// <summary>Progress that ends the work.</summary>
internal static class Told
{
    /// <summary>Interrupts a training after a step; null: never.</summary>
    public static Told<TrainingProgress> StopAt(int? step, CancellationTokenSource source) => new(progress =>
    {
        if (progress.Step == step)
        {
            source.Cancel();
        }
    });
}
