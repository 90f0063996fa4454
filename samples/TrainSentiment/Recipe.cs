namespace Vitrine.Samples;

/// <summary>Every choice of the training; found on the validation part, never on the held-out part.</summary>
internal sealed record Recipe
{
    // The model.
    public int DModel { get; init; } = 64;
    public int NLayers { get; init; } = 1;
    public int NHeads { get; init; } = 2;
    public int DMlp { get; init; } = 128;
    public int MaxPositions { get; init; } = 128;

    /// <summary>Words seen less often than this are the unknown token: what is seen once teaches nothing but that one sentence.</summary>
    public int LeastWordCount { get; init; } = 2;

    // The teacher and what it says.

    /// <summary>α of the naive Bayes teacher.</summary>
    public double Smoothing { get; init; } = 1;

    /// <summary>
    /// The first coordinate of a word's embedding starts at this times the log-odds that the teacher gives the word alone: common knowledge to
    /// begin with, in place of noise that rare words would never train away.
    /// </summary>
    public double EvidenceScale { get; init; } = 0.1;

    /// <summary>Divides the teacher's log-odds: naive Bayes counts related words as independent, so it is too sure of itself.</summary>
    public double Temperature { get; init; } = 3;

    /// <summary>Weight of the true label against the teacher's opinion on real sentences; made-up sentences have no true label.</summary>
    public float TrueLabels { get; init; } = 0.3f;

    /// <summary>Made-up sentences per real one.</summary>
    public int MadeUp { get; init; } = 1;

    /// <summary>Part of the words of a made-up sentence that are replaced by random words of the training part.</summary>
    public double Replaced { get; init; } = 0.2;

    // The optimisation.

    /// <summary>Part of the words of a real sentence that the model does not get to see.</summary>
    public double WordDropout { get; init; } = 0.3;
    public float Dropout { get; init; } = 0.4f;
    public int Epochs { get; init; } = 4;
    public int BatchSize { get; init; } = 32;
    public float LearningRate { get; init; } = 1e-3f;
    public double WarmUp { get; init; } = 0.1;
    public float WeightDecay { get; init; } = 0.1f;
    public float Beta2 { get; init; } = 0.98f;
    public float GradientLimit { get; init; } = 1;
    public float AverageDecay { get; init; } = 0.998f;
    public int Seed { get; init; } = 1;
}
