namespace Vitrine.Training;

/// <summary>What of a text becomes an example.</summary>
public enum ProbePooling
{
    /// <summary>One example per text: the mean over its tokens, special ones left out.</summary>
    Mean,

    /// <summary>One example per text: its first token, which is <c>[CLS]</c> where there is one.</summary>
    First,

    /// <summary>One example per text: its last token that is not special.</summary>
    Last,

    /// <summary>One example per token of a labelled stretch; without stretches, per token of the text.</summary>
    Token,
}

/// <summary>Every choice of a probing but model and data.</summary>
public sealed record ProbeOptions
{
    /// <summary>Names or patterns of hook points; empty: what enters the first block and what leaves each.</summary>
    public IReadOnlyList<string> Hooks { get; init; } = [];

    /// <summary>Kinds of probes: <c>logistic</c>, <c>linear</c>, <c>centroid</c>, <c>mlp</c>.</summary>
    public IReadOnlyList<string> Probes { get; init; } = ["logistic"];

    /// <summary>What becomes an example.</summary>
    public ProbePooling Pooling { get; init; }

    /// <summary>Part of the texts that is only judged.</summary>
    public double TestPart { get; init; } = 0.3;

    /// <summary>Decides the split, the control task's labels and the resampling.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether every probe is also tried on the control task.</summary>
    public bool Control { get; init; } = true;

    /// <summary>The first so many positions are probed each for itself; 0: none.</summary>
    public int Positions { get; init; }

    /// <summary>Inverse strength of the logistic probe's penalty, as in scikit-learn.</summary>
    public double C { get; init; } = 1;

    /// <summary>Activations held at a time, bytes: more hook points than fit are done in several passes.</summary>
    public long Memory { get; init; } = 1L << 30;
}
