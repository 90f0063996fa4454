using Vitrine.Autograd;

namespace Vitrine.Training;

/// <summary>Which rule changes the weights.</summary>
public enum OptimizerKind
{
    /// <summary><see cref="Autograd.AdamW"/>.</summary>
    AdamW,

    /// <summary><see cref="Autograd.Sgd"/> with momentum.</summary>
    Sgd,
}

/// <summary>Every choice of a training but data and model. Two trainings with equal options, data and start end with equal bits.</summary>
public sealed record TrainingOptions
{
    /// <summary>How often every example is seen; at least 1.</summary>
    public int Epochs { get; init => field = AtLeast(value, 1, "epochs"); } = 10;

    /// <summary>Steps to take whatever the epochs; 0: as many as the epochs have.</summary>
    public int Steps { get; init => field = AtLeast(value, 0, "steps"); }

    /// <summary>Ends at this step although the schedule is that of <see cref="Steps"/>: the start of another training; 0: at its
    /// end.</summary>
    public int StopAt { get; init => field = AtLeast(value, 0, "stop at"); }

    /// <summary>Examples per batch.</summary>
    public int BatchSize { get; init => field = AtLeast(value, 1, "batch size"); } = 32;

    /// <summary>Batches whose gradients are added up for one step: memory of a small batch, steps of a large one.</summary>
    public int Accumulate { get; init => field = AtLeast(value, 1, "accumulate"); } = 1;

    /// <summary>The rule that changes the weights.</summary>
    public OptimizerKind Optimizer { get; init; }

    /// <summary>Peak of the learning rate.</summary>
    public float LearningRate { get; init => field = AtLeast(value, 0, "learning rate"); } = 1e-3f;

    /// <summary>Part of the steps over which the learning rate rises to its peak, 0–1.</summary>
    public float WarmUp { get; init => field = InUnit(value, "warm-up"); } = 0.05f;

    /// <summary>How it falls from there.</summary>
    public LearningRateDecay Decay { get; init; } = LearningRateDecay.Cosine;

    /// <summary>λ of AdamW and SGD, on matrices only.</summary>
    public float WeightDecay { get; init => field = AtLeast(value, 0, "weight decay"); } = 0.01f;

    /// <summary>β₂ of AdamW.</summary>
    public float Beta2 { get; init => field = InUnit(value, "beta2"); } = 0.999f;

    /// <summary>μ of SGD.</summary>
    public float Momentum { get; init => field = InUnit(value, "momentum"); } = 0.9f;

    /// <summary>Longest gradient over all weights: longer ones are shortened to it; 0: never.</summary>
    public float GradientLimit { get; init => field = AtLeast(value, 0, "gradient limit"); } = 1;

    /// <summary>Part of the activations that is dropped after embeddings, attention and feed-forward layers.</summary>
    public float Dropout { get; init => field = InUnit(value, "dropout"); } = 0.1f;

    /// <summary>Part of the target probability that is spread over all classes.</summary>
    public float LabelSmoothing { get; init => field = InUnit(value, "label smoothing"); }

    /// <summary>Decay of the moving average of the weights, which is what is evaluated and kept; 0: the weights themselves.</summary>
    public float AverageDecay { get; init => field = InUnit(value, "average decay"); }

    /// <summary>Steps between evaluations; 0: one per epoch.</summary>
    public int EvaluateEvery { get; init => field = AtLeast(value, 0, "evaluate every"); }

    /// <summary>Evaluations without a better result after which training ends; 0: never before its time.</summary>
    public int Patience { get; init => field = AtLeast(value, 0, "patience"); }

    /// <summary>Steps between checkpoints.</summary>
    public int SaveEvery { get; init => field = AtLeast(value, 1, "save every"); } = 100;

    /// <summary>Seed of order, dropout and masks.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Canonical names of parameters that stay as they are; <c>*</c> stands for any characters.</summary>
    public IReadOnlyList<string> Frozen { get; init; } = [];

    private static int AtLeast(int value, int least, string name) => value >= least
        ? value
        : throw new TrainingException($"train: {name} out of range; got {value}; expected {least} or more.");

    private static float AtLeast(float value, float least, string name) => value >= least && float.IsFinite(value)
        ? value
        : throw new TrainingException(FormattableString.Invariant($"train: {name} out of range; got {value}; expected {least} or more."));

    private static float InUnit(float value, string name) => value is >= 0 and < 1
        ? value
        : throw new TrainingException(FormattableString.Invariant(
            $"train: {name} out of range; got {value}; expected 0 or more and less than 1."));
}
