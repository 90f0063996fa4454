using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>How far an attribution is.</summary>
/// <param name="Done">Units of work done.</param>
/// <param name="Total">Units of work planned; it may grow where a method adapts its effort.</param>
public readonly record struct AttributionProgress(int Done, int Total);

/// <summary>
/// How to explain: baseline, steps, seed, memory. A parameter that a method does not know is ignored by it; null means the method's
/// default.
/// </summary>
public sealed record AttributionRequest
{
    private const int Most = 10_000_000; // each takes its place in memory

    /// <summary>Everything at its default.</summary>
    public static AttributionRequest Default { get; } = new();

    /// <summary>The input to compare with; null: padding, else unknown, else zero, whichever the model has first.</summary>
    public Baseline? Baseline { get; init; }

    /// <summary>Points of a path integral, 1 to 10 million; default 50.</summary>
    public int? Steps
    {
        get;
        init => field = value is null or (>= 1 and <= Most) ? value : throw Bad("steps", value, $"a number from 1 to {Most}");
    }

    /// <summary>How a path integral is summed; default Gauss–Legendre.</summary>
    public Quadrature Quadrature { get; init; } = Quadrature.GaussLegendre;

    /// <summary>
    /// When set, a path method doubles its steps until every |Δ| is at most this fraction of max(|f(x) − f(baseline)|, 1e-3),
    /// or <see cref="MaxSteps"/> are reached. In (0, 1).
    /// </summary>
    public double? CompletenessGap
    {
        get;
        init => field = value is null or (> 0 and < 1) ? value : throw Bad("completeness gap", value, "a fraction in (0, 1)");
    }

    /// <summary>Where an adaptive path method stops; default 1024.</summary>
    public int MaxSteps
    {
        get;
        init => field = AtLeast("max steps", value, 1);
    } = 1024;

    /// <summary>How discretized_integrated_gradients chooses the words of its path; default greedy.</summary>
    public PathAnchors Anchors { get; init; }

    /// <summary>How many nearest words discretized_integrated_gradients chooses among, at least 1; null: 50 (its authors 500).</summary>
    public int? Neighbours
    {
        get;
        init => field = AtLeast("neighbours", value, 1);
    }

    /// <summary>Whether path methods multiply the mean gradient by (x − baseline); default true.</summary>
    public bool MultiplyByInputs { get; init; } = true;

    /// <summary>How a row of d_model scores becomes one number per token, e.g. <c>sum</c>, <c>vnorm</c>; null: the method's own.</summary>
    public string? Aggregator
    {
        get;
        init => field = value is null ? null : Aggregators.Get(value).Name;
    }

    /// <summary>Whether the result keeps the scores before aggregation.</summary>
    public bool KeepRaw { get; init; }

    /// <summary>Which layers attention methods look at; null: all.</summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>Which heads attention methods look at; null: all.</summary>
    public IReadOnlyList<int>? Heads { get; init; }

    /// <summary>
    /// Which tokens perturbation methods take away together (<see cref="Attributions.FeatureGroups"/>, and <see cref="Grouped"/> for other
    /// methods): per side one number for every token, equal for the members of a group; −1 for a token that stays. Null: every token on its
    /// own, except padding and those that the baseline keeps.
    /// </summary>
    public IReadOnlyList<int[]>? FeatureGroups { get; init; }

    /// <summary>
    /// Tokens that take no part: every baseline and every perturbation leaves them as they are, and their scores are 0. Null: all take
    /// part.
    /// </summary>
    public TokenFilter? Skip { get; init; }

    /// <summary>Whether a group's score is shared among its tokens even where Captum gives it to each: they are added up again.</summary>
    internal bool SharesGroups { get; init; }

    /// <summary>How many neighbouring features occlusion covers at once, at least 1; default 1.</summary>
    public int Window
    {
        get;
        init => field = AtLeast("window", value, 1);
    } = 1;

    /// <summary>How far occlusion's window moves on, at least 1 and at most <see cref="Window"/>; default 1.</summary>
    public int Stride
    {
        get;
        init => field = AtLeast("stride", value, 1);
    } = 1;

    /// <summary>How many random samples a sampling method draws, 1 to 10 million; null: the method's default.</summary>
    public int? Samples
    {
        get;
        init => field = value is null or (>= 1 and <= Most) ? value : throw Bad("samples", value, $"a number from 1 to {Most}");
    }

    /// <summary>The linear model that LIME and ContextCite fit; null: the method's own.</summary>
    public Surrogate? Surrogate { get; init; }

    /// <summary>How far from the input LIME's samples still count, as a cosine distance above 0; null: the method's own.</summary>
    public double? KernelWidth
    {
        get;
        init => field = value is null or > 0 ? value : throw Bad("kernel width", value, "above 0");
    }

    /// <summary>
    /// The inputs that gradient_shap and deeplift_shap draw from; null: <see cref="Baseline"/> alone.
    /// </summary>
    public IReadOnlyList<Baseline>? Baselines { get; init; }

    /// <summary>
    /// Standard deviation of the noise on embeddings, at least 0; null: the method's own (smoothgrad 0.15 · (largest − smallest
    /// embedding value), as its paper advises; gradient_shap 0).
    /// </summary>
    public double? NoiseScale
    {
        get;
        init => field = value is null or (>= 0 and < double.PositiveInfinity) ? value : throw Bad("noise scale", value, "at least 0");
    }

    /// <summary>The gradient method that smoothgrad and vargrad run on noisy inputs; default saliency.</summary>
    public string Around { get; init; } = "saliency";

    /// <summary>The hook points that layer and neuron methods look at, by full name: <c>blocks.0.hook_mlp_out</c>.</summary>
    public IReadOnlyList<string> Hooks { get; init; } = [];

    /// <summary>
    /// The neurons that neuron methods explain or go through: each a place in the activation at the first of <see cref="Hooks"/>, one index
    /// per axis without the batch axis, e.g. <c>[pos, unit]</c>.
    /// </summary>
    public IReadOnlyList<int[]> Neurons { get; init; } = [];

    /// <summary>Seed of everything random; the same seed gives the same bits.</summary>
    public int Seed { get; init; }

    /// <summary>From a seed to the random numbers drawn with it; another in tests, which replay recorded draws.</summary>
    internal Func<int, Random> Randomness { get; init; } = seed => new Random(seed);

    /// <summary>Memory for batched work, in bytes, at least 1 MiB; default 512 MiB.</summary>
    public long ByteBudget
    {
        get;
        init => field = value >= 1 << 20 ? value : throw Bad("byte budget", value, "at least 1048576");
    } = 512L << 20;

    /// <summary>Whose quirks to copy.</summary>
    public Compat Compat { get; init; }

    /// <summary>Told after every chunk of work.</summary>
    public IProgress<AttributionProgress>? Progress { get; init; }

    /// <summary>Stops the work between chunks.</summary>
    public CancellationToken Cancellation { get; init; }

    private static int AtLeast(string what, int value, int least) => value >= least ? value : throw Bad(what, value, $"at least {least}");

    private static int? AtLeast(string what, int? value, int least) => value is { } given ? AtLeast(what, given, least) : null;

    private static VitrineException Bad(string what, object? value, string rule) =>
        new(FormattableString.Invariant($"request: {what} is out of range; got {value}; expected {rule}."));
}
