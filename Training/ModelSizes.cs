namespace Vitrine.Training;

/// <summary>The sizes of a model that is trained from nothing.</summary>
public sealed record ModelSizes
{
    /// <summary>Width of the residual stream.</summary>
    public int DModel { get; init; } = 128;

    /// <summary>Number of blocks (translation: of each side).</summary>
    public int NLayers { get; init; } = 2;

    /// <summary>Heads per block; divides <see cref="DModel"/>.</summary>
    public int NHeads { get; init; } = 4;

    /// <summary>Width of the feed-forward layers; null: four times <see cref="DModel"/>; 0: none, attention only.</summary>
    public int? DMlp { get; init; }

    /// <summary>Longest sequence, tokens.</summary>
    public int MaxPositions { get; init; } = 128;

    /// <summary>
    /// The width that config.json states: formats know no model without feed-forward layers, so there one neuron stays at zero.
    /// </summary>
    internal int StoredDMlp => DMlp switch
    {
        null => 4 * DModel,
        0 => 1,
        { } width => width,
    };
}
