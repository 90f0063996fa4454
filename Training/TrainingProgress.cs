namespace Vitrine.Training;

/// <summary>Where a training stands after a step.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Epoch">From 1.</param>
/// <param name="Loss">Mean over the steps since the last evaluation, nats.</param>
/// <param name="LearningRate">Of this step.</param>
/// <param name="TokensPerSecond">Since this run began.</param>
/// <param name="Left">Estimated time to the end.</param>
/// <param name="Evaluation">What an evaluation after this step found; empty after most.</param>
public sealed record TrainingProgress(
    int Step, int Steps, int Epoch, double Loss, float LearningRate, double TokensPerSecond, TimeSpan Left,
    IReadOnlyList<Metric> Evaluation);

/// <summary>How a training ended.</summary>
public enum TrainingEnd
{
    /// <summary>All steps were taken.</summary>
    Completed,

    /// <summary>Evaluations stopped getting better.</summary>
    StoppedEarly,

    /// <summary>It was asked to stop; a checkpoint of the last step is written.</summary>
    Interrupted,
}

/// <summary>What a training came to.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Step">Steps taken in all.</param>
/// <param name="Best">The evaluation of the weights that were kept; empty without one.</param>
/// <param name="BestStep">The step they are from.</param>
public sealed record TrainingResult(TrainingEnd End, int Step, IReadOnlyList<Metric> Best, int BestStep);
