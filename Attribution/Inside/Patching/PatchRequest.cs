using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>What is patched, and how results are compared.</summary>
public sealed record PatchRequest
{
    /// <summary>Which run is the base, and which gives the values that are put in.</summary>
    public PatchDirection Direction { get; init; } = PatchDirection.Denoise;

    /// <summary>Which blocks: <c>blocks</c>, <c>encoder</c> or <c>decoder</c>; null: the last of the model's stacks.</summary>
    public string? Stack { get; init; }

    /// <summary>Which axes are kept apart; null: positions of streams, heads of attention, queries of patterns, neurons.</summary>
    public PatchAxes? Axes { get; init; }

    /// <summary>The layers; null: all.</summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>About how many bytes of activations one pass may hold; passes are cut to fit.</summary>
    public long ByteBudget { get; init; } = 256L << 20;

    /// <summary>How many resamples of the pairs make an interval; 0 for none.</summary>
    public int Resamples { get; init; } = 1000;

    /// <summary>The seed of the resamples.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Told how much is done, 0–1.</summary>
    public IProgress<double>? Progress { get; init; }

    /// <summary>Stops between passes.</summary>
    public CancellationToken Cancellation { get; init; }

    internal string StackOf(ITransformer model) => Stack ?? PatchPlace.Stacks(model) switch
    {
        [.., var last] => last,
        _ => throw new VitrineException("patch: the model has no blocks with hooks."),
    };

    internal PatchAxes AxesOf(PatchPlace place) => Axes ?? place.Kind switch
    {
        PlaceKind.Stream => PatchAxes.Position,
        PlaceKind.Pattern => PatchAxes.Query,
        _ => PatchAxes.Unit,
    };

    internal (ModelInput Base, ModelInput Source) Of(PromptPair pair) => Direction == PatchDirection.Denoise ? (pair.Corrupted, pair.Clean)
        : (pair.Clean, pair.Corrupted);
}

/// <summary>Which run is the base of a patch.</summary>
public enum PatchDirection
{
    /// <summary>Clean values into the corrupted run: what brings the behaviour back.</summary>
    Denoise,

    /// <summary>Corrupted values into the clean run: what the behaviour needs.</summary>
    Noise,
}
