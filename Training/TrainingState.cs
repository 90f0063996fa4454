namespace Vitrine.Training;

/// <summary>What a training knows in addition to weights and optimizer: counters, and the best result so far.</summary>
internal sealed record TrainingState
{
    /// <summary>Steps taken.</summary>
    public int Step { get; init; }

    /// <summary>The evaluation of the weights that were kept.</summary>
    public IReadOnlyList<Metric> Best { get; init; } = [];

    /// <summary>The step they are from.</summary>
    public int BestStep { get; init; }

    /// <summary>Evaluations since then.</summary>
    public int SinceBest { get; init; }

    /// <summary>Whether training is over: nothing is left to do.</summary>
    public TrainingEnd? End { get; init; }

    /// <summary>The state after an evaluation; <paramref name="better"/> when its weights are to be kept.</summary>
    public TrainingState Judged(IReadOnlyList<Metric> metrics, out bool better)
    {
        better = metrics.Count == 0 || Best.Count == 0
            || (metrics[0].HigherIsBetter ? metrics[0].Value > Best[0].Value : metrics[0].Value < Best[0].Value);
        return better ? this with { Best = metrics, BestStep = Step, SinceBest = 0 } : this with { SinceBest = SinceBest + 1 };
    }
}
