using System.CommandLine;
using Vitrine.Autograd;
using Vitrine.Training;

namespace Vitrine.Cli;

/// <summary>The options of a training by their names on the command line.</summary>
internal sealed class TrainingSwitches
{
    private static readonly TrainingOptions s_standard = new();

    private readonly Option<int> _epochs = Declare.Value("--epochs", "n", "How often every example is seen.", s_standard.Epochs);
    private readonly Option<int> _steps = Declare.Value("--steps", "n",
        "Steps to take, whatever the epochs; 0: as many as the epochs have.", s_standard.Steps);
    private readonly Option<int> _stop = Declare.Value("--stop-at", "n",
        "End at this step, as if the rest of the schedule followed: the start of another training; 0: at its end.", s_standard.StopAt);
    private readonly Option<int> _batch = Declare.Value("--batch", "n", "Examples per batch.", s_standard.BatchSize);
    private readonly Option<int> _accumulate = Declare.Value("--accumulate", "n", "Batches added up for one step.", s_standard.Accumulate);
    private readonly Option<string> _optimizer = Declare.Value("--optimizer", "name", "adamw or sgd.", "adamw");
    private readonly Option<float> _rate = Declare.Value("--learning-rate", "x", "Peak of the learning rate.", s_standard.LearningRate);
    private readonly Option<string> _decay = Declare.Value("--schedule", "name", "How it falls: linear, cosine or constant.", "cosine");
    private readonly Option<float> _warmUp = Declare.Value("--warm-up", "x", "Part of the steps over which it rises.", s_standard.WarmUp);
    private readonly Option<float> _weightDecay = Declare.Value("--weight-decay", "x",
        "Decay of matrices per step, times the learning rate.", s_standard.WeightDecay);
    private readonly Option<float> _beta2 = Declare.Value("--beta2", "x", "β₂ of AdamW.", s_standard.Beta2);
    private readonly Option<float> _momentum = Declare.Value("--momentum", "x", "μ of SGD.", s_standard.Momentum);
    private readonly Option<float> _clip = Declare.Value("--clip", "x", "Longest gradient; 0: any.", s_standard.GradientLimit);
    private readonly Option<float> _dropout = Declare.Value("--dropout", "x",
        "Part of the activations that is dropped.", s_standard.Dropout);
    private readonly Option<float> _smoothing = Declare.Value("--label-smoothing", "x",
        "Part of the target probability spread over all classes.", s_standard.LabelSmoothing);
    private readonly Option<float> _average = Declare.Value("--average", "x",
        "Decay of the moving average of the weights, which is kept; 0: the weights themselves.", s_standard.AverageDecay);
    private readonly Option<int> _evaluate = Declare.Value("--evaluate-every", "n",
        "Steps between evaluations; 0: one per epoch.", s_standard.EvaluateEvery);
    private readonly Option<int> _patience = Declare.Value("--patience", "n",
        "Evaluations without a better result after which to end; 0: never.", s_standard.Patience);
    private readonly Option<int> _save = Declare.Value("--save-every", "n", "Steps between checkpoints.", s_standard.SaveEvery);
    private readonly Option<string[]> _freeze = Declare.Value<string[]>("--freeze", "name",
        "Parameters that stay as they are, e.g. 'embed.*'; may be given several times.");

    /// <summary>The seed, which also decides what is held out.</summary>
    public Option<int> Seed { get; } = Declare.Value("--seed", "n", "Equal seeds give equal models, to the bit.", s_standard.Seed);

    /// <summary>All of them.</summary>
    public Symbol[] Symbols =>
    [
        _epochs, _steps, _stop, _batch, _accumulate, _optimizer, _rate, _decay, _warmUp, _weightDecay, _beta2, _momentum, _clip, _dropout,
            _smoothing,
        _average, _evaluate, _patience, _save, _freeze, Seed,
    ];

    /// <summary>What a command line says.</summary>
    /// <exception cref="CommandException">A name is unknown.</exception>
    /// <exception cref="TrainingException">A number is out of range.</exception>
    public TrainingOptions Options(ParseResult parsed) => new()
    {
        Epochs = parsed.GetValue(_epochs),
        Steps = parsed.GetValue(_steps),
        StopAt = parsed.GetValue(_stop),
        BatchSize = parsed.GetValue(_batch),
        Accumulate = parsed.GetValue(_accumulate),
        Optimizer = Parse<OptimizerKind>(_optimizer, parsed),
        LearningRate = parsed.GetValue(_rate),
        Decay = Parse<LearningRateDecay>(_decay, parsed),
        WarmUp = parsed.GetValue(_warmUp),
        WeightDecay = parsed.GetValue(_weightDecay),
        Beta2 = parsed.GetValue(_beta2),
        Momentum = parsed.GetValue(_momentum),
        GradientLimit = parsed.GetValue(_clip),
        Dropout = parsed.GetValue(_dropout),
        LabelSmoothing = parsed.GetValue(_smoothing),
        AverageDecay = parsed.GetValue(_average),
        EvaluateEvery = parsed.GetValue(_evaluate),
        Patience = parsed.GetValue(_patience),
        SaveEvery = parsed.GetValue(_save),
        Frozen = parsed.GetValue(_freeze) ?? [],
        Seed = parsed.GetValue(Seed),
    };

    private static T Parse<T>(Option<string> option, ParseResult parsed) where T : struct, Enum =>
        Enum.GetNames<T>().FirstOrDefault(name =>
            string.Equals(name, parsed.GetValue(option), StringComparison.OrdinalIgnoreCase)) is { } name
            ? Enum.Parse<T>(name)
            : throw new CommandException(ExitCode.Usage,
                $"{option.Name[2..]}: unknown; got '{parsed.GetValue(option)}'; expected "
                    + $"{string.Join(", ", Enum.GetNames<T>().Select(n => n.ToLowerInvariant()))}.");
}
