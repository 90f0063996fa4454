using Vitrine.Attributions;

namespace Vitrine;

/// <summary>
/// What is explained, and how. Everything has the default that is right for the model's task, so that <c>new ExplainRequest()</c> is a
/// whole request;
/// a setting that a task or a method does not know is an error where it would change what is asked, and is ignored where it only tunes a
/// method.
/// </summary>
/// <example><code>
/// var request = new ExplainRequest { Targets = ["positive"], Contrast = "negative", Methods = [Methods.IntegratedGradients, Methods.Lime]
/// };
/// </code></example>
public record ExplainRequest : WriteRequest
{
    /// <summary>
    /// What is explained: a label's name or number, <c>all</c>, an answer of the context (or its <c>start</c>, its <c>end</c>), a word for
    /// a mask, the number of a written token. Empty: what the model says.
    /// </summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>Which number of a target: <c>logit</c>, <c>probability</c>, <c>log_probability</c>…; null: the logit; of written text, the
    /// probability.</summary>
    public string? Score { get; init; }

    /// <summary>Why the target and not this: another label, word, answer or continuation (token ids where the request has ids).</summary>
    public string? Contrast { get; init; }

    /// <summary>Which token of another continuation stands against which, as <see cref="ContrastAlignment"/> reads it.</summary>
    public string ContrastAlign { get; init; } = "same";

    /// <summary>Compare with what the model says of this text instead, for <c>pcxmi</c> (the default then), <c>kl_divergence</c>,
    /// <c>in_context_pvi</c> and contrasts.</summary>
    public string? ContrastInput { get; init; }

    /// <summary>Which texts of a translation are explained; null: both.</summary>
    public TranslationSides? Side { get; init; }

    /// <summary>The probability mass of <c>top_p_size</c> and <c>kl_divergence</c>.</summary>
    public double? TopMass { get; init; }

    /// <summary>Numbers of every target that are shown next to the explanation: <c>entropy</c>, <c>perplexity</c>…</summary>
    public IReadOnlyList<string> StepScores { get; init; } = [];

    /// <summary>A continuation or translation that is explained instead of the model's own.</summary>
    public string? Forced { get; init; }

    /// <summary>The same as token ids.</summary>
    public IReadOnlyList<int>? ForcedIds { get; init; }

    /// <summary>Whether a written text is explained as a whole too, as one more target after its tokens.</summary>
    public bool Sequence { get; init; }

    /// <summary>How context and text make the input of a model that writes.</summary>
    public string ContextTemplate { get; init; } = "{context} {current}";

    /// <summary>Context on the written side: what was said before the text that is looked at.</summary>
    public string? OutputContext { get; init; }

    /// <summary>What compares every written token with and without the context: <c>kl_divergence</c>, <c>pcxmi</c>…</summary>
    public string ContextScore { get; init; } = "kl_divergence";

    /// <summary>Tokens count from mean + so many standard deviations on, written ones and those of the context.</summary>
    public double ContextThreshold { get; init; } = 1;

    /// <summary>The attribution methods, by name (<see cref="Vitrine.Methods"/>); empty: integrated gradients, of written text input ×
    /// gradient.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];

    /// <summary>What “absent” means, for example <c>"mask"</c>; null: the first of pad, unk, zero that the model has.</summary>
    public Baseline? Baseline { get; init; }

    /// <summary>Tokens that take no part: a piece, a token's text, <c>token:ID</c>, <c>special</c>, <c>punctuation</c>,
    /// <c>written</c>.</summary>
    public IReadOnlyList<string> Skip { get; init; } = [];

    /// <summary>Points of a path integral; null: 50.</summary>
    public int? Steps { get; init; }

    /// <summary>Steps are added until the scores miss f(x) − f(baseline) by at most this fraction.</summary>
    public double? Gap { get; init; }

    /// <summary>How a path integral is summed (<see cref="Attributions.Quadrature"/>); null: Gauss–Legendre.</summary>
    public string? Quadrature { get; init; }

    /// <summary>How a row of d_model scores becomes one (<see cref="Aggregators"/>); null: the method's own.</summary>
    public string? Aggregate { get; init; }

    /// <summary>Whose quirks are copied.</summary>
    public Compat Compat { get; init; }

    /// <summary>Groups of tokens that are explained as one: <c>words</c>, <c>sentences</c>, <c>sides</c>, <c>regex:…</c>,
    /// <c>template:…</c>; null: tokens.</summary>
    public string? Groups { get; init; }

    /// <summary>With <c>template:…</c>, what a slot holds while its value is absent; slots that are not named then hold nothing. Empty:
    /// tokens are replaced by the baseline.</summary>
    public IReadOnlyDictionary<string, string> Absent { get; init; } = new Dictionary<string, string>();

    /// <summary>Where layer and neuron methods look.</summary>
    public IReadOnlyList<string> Hooks { get; init; } = [];

    /// <summary>The neurons of neuron methods, each its place in the activation at the hook: <c>[4, 17]</c> is unit 17 at position
    /// 4.</summary>
    public IReadOnlyList<int[]> Neurons { get; init; } = [];

    /// <summary>Which layers attention methods look at; null: all.</summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>Which heads attention methods look at; null: all.</summary>
    public IReadOnlyList<int>? Heads { get; init; }

    /// <summary>Random samples of a sampling method; null: the method's own number.</summary>
    public int? Samples { get; init; }

    /// <summary>How many neighbours occlusion covers at once; null: 1.</summary>
    public int? Window { get; init; }

    /// <summary>How far occlusion's window moves on; null: 1.</summary>
    public int? Stride { get; init; }

    /// <summary>Standard deviation of the noise of smoothgrad and gradient_shap on embeddings.</summary>
    public double? Noise { get; init; }

    /// <summary>The gradient method that smoothgrad and vargrad run; null: saliency.</summary>
    public string? Around { get; init; }

    /// <summary>Seed of everything random in a method.</summary>
    public int Seed { get; init; }

    /// <summary>Average so many runs of a method that draws; run i has the seed <see cref="Seed"/> + i.</summary>
    /// <exception cref="RequestException">It is less than 1.</exception>
    public int Trials
    {
        get;
        init => field = RequestException.Positive(value, "trials");
    } = 1;

    /// <summary>How pieces are merged into words: <c>sum</c>, <c>absmax</c>…; null: they stay pieces.</summary>
    public string? Words { get; init; }

    /// <summary>Words of the text whose tokens are merged into one.</summary>
    public IReadOnlyList<string> Spans { get; init; } = [];

    /// <summary>Words of the text whose tokens are kept; empty: all.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>Of written text: how the rows of all written tokens become one score per given token; null: they stay rows.</summary>
    public string? Summary { get; init; }

    /// <summary>What scores are divided by; null: nothing, or, with <see cref="Combine"/>, Σ|score|.</summary>
    public Scaling? Normalize { get; init; }

    /// <summary>How several methods become one explanation (<see cref="Combination"/>); null: they stay side by side.</summary>
    public string? Combine { get; init; }

    /// <summary>How many of the strongest tokens are listed; null: as many as can be read.</summary>
    /// <exception cref="RequestException">It is less than 1.</exception>
    public int? Top
    {
        get;
        init => field = value is { } given ? RequestException.Positive(given, "top") : null;
    }

    /// <summary>Of a translation: a person's links of words in Pharaoh's form, <c>0-0 1-2 2p1</c>; the alignment error rate is
    /// measured.</summary>
    public string? GoldAlignment { get; init; }

    /// <summary>Whether results keep the scores before aggregation, as Inseq's files hold them.</summary>
    public bool KeepRaw { get; init; }

    /// <inheritdoc/>
    internal override IEnumerable<(string Name, string Value)> Settings() =>
    [
        .. base.Settings(), .. List(nameof(Targets), Targets), .. Setting(nameof(Score), Score), .. Setting(nameof(Contrast), Contrast),
        .. Setting(nameof(ContrastAlign), ContrastAlign == "same" ? null : ContrastAlign),
            .. Setting(nameof(ContrastInput), ContrastInput), .. Setting(nameof(Side), Side),
        .. Setting(nameof(TopMass), TopMass), .. List(nameof(StepScores), StepScores), .. Setting(nameof(Forced), Forced),
            .. List(nameof(ForcedIds), ForcedIds ?? []),
        .. Setting(nameof(Sequence), Sequence ? true : null),
            .. Setting(nameof(ContextTemplate), ContextTemplate == "{context} {current}" ? null : ContextTemplate),
        .. Setting(nameof(OutputContext), OutputContext),
            .. Setting(nameof(ContextScore), ContextScore == "kl_divergence" ? null : ContextScore),
        .. Setting(nameof(ContextThreshold), ContextThreshold == 1 ? null : ContextThreshold), .. List(nameof(Methods), Methods),
            .. Setting(nameof(Baseline), Baseline is null ? null : Described(Baseline)),
        .. List(nameof(Skip), Skip), .. Setting(nameof(Steps), Steps), .. Setting(nameof(Gap), Gap),
            .. Setting(nameof(Quadrature), Quadrature),
        .. Setting(nameof(Aggregate), Aggregate), .. Setting(nameof(Compat), Compat == Compat.None ? null : Compat),
            .. Setting(nameof(Groups), Groups),
        .. List(nameof(Absent), Absent.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")),
            .. List(nameof(Hooks), Hooks),
        .. List(nameof(Neurons), Neurons.Select(place => string.Join(',', place))), .. List(nameof(Layers), Layers ?? []),
            .. List(nameof(Heads), Heads ?? []),
        .. Setting(nameof(Samples), Samples), .. Setting(nameof(Window), Window), .. Setting(nameof(Stride), Stride),
            .. Setting(nameof(Noise), Noise),
        .. Setting(nameof(Around), Around), .. Setting(nameof(Seed), Seed == 0 ? null : Seed),
            .. Setting(nameof(Trials), Trials == 1 ? null : Trials),
        .. Setting(nameof(Words), Words), .. List(nameof(Spans), Spans), .. List(nameof(Only), Only), .. Setting(nameof(Summary), Summary),
        .. Setting(nameof(Normalize), Normalize), .. Setting(nameof(Combine), Combine), .. Setting(nameof(Top), Top),
            .. Setting(nameof(GoldAlignment), GoldAlignment),
        .. Setting(nameof(KeepRaw), KeepRaw ? true : null),
    ];

    private static string Described(Baseline baseline) => baseline.Kind switch
    {
        BaselineKind.Words => string.Join(' ', baseline.Words.Select(word => $"'{word.Replace("'", "''", StringComparison.Ordinal)}'")),
        BaselineKind.Replacements => string.Join(' ', baseline.Replacements.Select(pair =>
            $"{Listed(pair.Key)}={Listed(pair.Value)}")) + (baseline.Otherwise is { } otherwise ? $" else {Described(otherwise)}" : ""),
        BaselineKind.Ids => string.Join(" | ", baseline.Ids.Select(side => string.Join(' ', side))),
        BaselineKind.Embeddings => string.Join(" | ", baseline.Embeddings.Select(side => string.Join(' ', side.ToArray()))),
        _ => baseline.ToString(),
    };
}
