using Vitrine.Attributions;

namespace Vitrine.Serve;

/// <summary>The settings that only explanations have.</summary>
internal static class ExplainFields
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Field> All { get; } =
    [
        Texts("targets", "--target", "Targets", "What is explained: labels, answers, numbers of written tokens, or all.",
            (r, v) => r with { Targets = v }),
        Text("score", "--score", "Score", "Which number of a target: logit, probability, …", (r, v) => r with { Score = v }),
        Text("contrast", "--contrast", "Contrast", "Why the target and not this.", (r, v) => r with { Contrast = v }),
        Text("contrast_align", "--contrast-align", "ContrastAlign", "Which token of another continuation stands against which.",
            (r, v) => r with { ContrastAlign = v }),
        Text("contrast_input", "--contrast-input", "ContrastInput", "Compare with what the model says of this text.",
            (r, v) => r with { ContrastInput = v }),
        new("side", FieldKind.Text, Asks.Explain, "--side", "Side", "Which texts of a translation are explained: source, target, both.",
            (r, v) => ((ExplainRequest)r) with { Side = One<TranslationSides>(v) }) { InCSharp = v => Constant<TranslationSides>(v) },
        Number("top_mass", "--top-mass", "TopMass", "The probability mass of top_p_size and kl_divergence.",
            (r, v) => r with { TopMass = v }),
        Texts("step_scores", "--step-score", "StepScores", "Numbers of every target next to the explanation: entropy, perplexity, …",
            (r, v) => r with { StepScores = v }),
        Text("forced", "--forced", "Forced", "A continuation or translation that is explained in place of the model's own.",
            (r, v) => r with { Forced = v }),
        Flag("sequence", "--sequence", "Sequence", "Whether a written text is explained as a whole too.", (r, v) =>
            r with { Sequence = v }),
        Text("context_template", "--context-template", "ContextTemplate", "How context and text make the input of a model that writes.",
            (r, v) => r with { ContextTemplate = v }),
        Text("output_context", "--output-context", "OutputContext", "Context on the written side.", (r, v) => r with { OutputContext = v }),
        Text("context_score", "--context-score", "ContextScore", "What compares a written token with and without the context.",
            (r, v) => r with { ContextScore = v }),
        Number("context_threshold", "--context-threshold", "ContextThreshold", "Tokens count from mean + so many standard deviations on.",
            (r, v) => r with { ContextThreshold = v }),
        Texts("methods", "--method", "Methods", "The attribution methods, by name.", (r, v) => r with { Methods = v }),
        new("baseline", FieldKind.Text, Asks.Explain, "--baseline", "Baseline", "What absent means: zero, pad, unk, mask, keep, token:ID.",
            (r, v) => ((ExplainRequest)r) with { Baseline = Baseline.Parse(v.Text) })
            { InCSharp = v => $"Baseline.Parse({Reproduction.Quoted(v)})" },
        Texts("skip", "--skip", "Skip", "Tokens that take no part.", (r, v) => r with { Skip = v }),
        Whole("steps", "--steps", "Steps", "Points of a path integral.", (r, v) => r with { Steps = v }, limits => limits.Steps),
        Number("gap", "--gap", "Gap", "Steps are added until the scores miss f(x) − f(baseline) by at most this fraction.",
            (r, v) => r with { Gap = v }),
        Text("quadrature", "--quadrature", "Quadrature", "How a path integral is summed.", (r, v) => r with { Quadrature = v }),
        Text("aggregate", "--aggregate", "Aggregate", "How a row of d_model scores becomes one.", (r, v) => r with { Aggregate = v }),
        new("compat", FieldKind.Text, Asks.Explain, "--compat", "Compat", "Whose quirks are copied: captum, inseq, dig, ferret.",
            (r, v) => ((ExplainRequest)r) with { Compat = One<Compat>(v) }) { InCSharp = v => Constant<Compat>(v) },
        Text("groups", "--groups", "Groups", "Groups of tokens that are explained as one: words, sentences, sides, regex:…, template:…",
            (r, v) => r with { Groups = v }),
        new("absent", FieldKind.Pairs, Asks.Explain, "--absent", "Absent", "With groups template:…, what a slot holds while it is absent.",
            (r, v) => ((ExplainRequest)r) with { Absent = v.Pairs }),
        Texts("hooks", "--hook", "Hooks", "Where layer and neuron methods look.", (r, v) => r with { Hooks = v }),
        Wholes("layers", "--layers", "Layers", "Which layers attention methods look at.", (r, v) => r with { Layers = v }),
        Wholes("heads", "--heads", "Heads", "Which heads attention methods look at.", (r, v) => r with { Heads = v }),
        Whole("samples", "--samples", "Samples", "Random samples of a sampling method.", (r, v) => r with { Samples = v },
            limits => limits.Samples),
        Whole("window", "--window", "Window", "How many neighbours occlusion covers at once.", (r, v) => r with { Window = v }),
        Whole("stride", "--stride", "Stride", "How far occlusion's window moves on.", (r, v) => r with { Stride = v }),
        Number("noise", "--noise", "Noise", "Standard deviation of noise on embeddings.", (r, v) => r with { Noise = v }),
        Text("around", "--around", "Around", "The gradient method that smoothgrad and vargrad run.", (r, v) => r with { Around = v }),
        Whole("seed", "--seed", "Seed", "Seed of everything random in a method.", (r, v) => r with { Seed = v }),
        Whole("trials", "--trials", "Trials", "Average so many runs of a method that draws.", (r, v) => r with { Trials = v },
            limits => limits.Trials),
        Text("words", "--words", "Words", "How pieces are merged into words: sum, absmax, …", (r, v) => r with { Words = v }),
        Texts("spans", "--span", "Spans", "Words of the text whose tokens are merged into one.", (r, v) => r with { Spans = v }),
        Texts("only", "--only", "Only", "Words of the text whose tokens are kept.", (r, v) => r with { Only = v }),
        Text("summary", "--summary", "Summary", "How the rows of all written tokens become one score.", (r, v) => r with { Summary = v }),
        new("normalize", FieldKind.Text, Asks.Explain, "--normalize", "Normalize", "What scores are divided by: l1, max, none.",
            (r, v) => ((ExplainRequest)r) with { Normalize = One<Scaling>(v) }) { InCSharp = v => Constant<Scaling>(v) },
        Text("combine", "--combine", "Combine", "How several methods become one explanation.", (r, v) => r with { Combine = v }),
    ];

    private static Field Text(string name, string option, string property, string description,
        Func<ExplainRequest, string, ExplainRequest> apply) =>
        Fields.Text(name, Asks.Explain, option, property, description, (r, v) => apply((ExplainRequest)r, v));

    private static Field Texts(string name, string option, string property, string description,
        Func<ExplainRequest, IReadOnlyList<string>, ExplainRequest> apply) =>
        Fields.Texts(name, Asks.Explain, option, property, description, (r, v) => apply((ExplainRequest)r, v));

    private static Field Number(string name, string option, string property, string description,
        Func<ExplainRequest, double, ExplainRequest> apply) =>
        Fields.Number(name, Asks.Explain, option, property, description, (r, v) => apply((ExplainRequest)r, v));

    private static Field Whole(string name, string option, string property, string description,
        Func<ExplainRequest, int, ExplainRequest> apply, Func<ServeLimits, int>? most = null) =>
        Fields.Whole(name, Asks.Explain, option, property, description, (r, v) => apply((ExplainRequest)r, v), most);

    private static Field Flag(string name, string option, string property, string description,
        Func<ExplainRequest, bool, ExplainRequest> apply) =>
        Fields.Flag(name, Asks.Explain, option, property, description, (r, v) => apply((ExplainRequest)r, v));

    private static Field Wholes(string name, string option, string property, string description,
        Func<ExplainRequest, int[], ExplainRequest> apply) =>
        new(name, FieldKind.Wholes, Asks.Explain, option, property, description, (r, v) => apply((ExplainRequest)r, v.Wholes));

    // The members of an enumeration, by their names in small letters.
    private static T One<T>(FieldValue value) where T : struct, Enum =>
        Enum.GetNames<T>().FirstOrDefault(name => name.Equals(value.Text, StringComparison.OrdinalIgnoreCase)) is { } found
        ? Enum.Parse<T>(found)
        : throw value.Wrong($"'{value.Text}'", string.Join(", ", Enum.GetNames<T>().Select(name => name.ToLowerInvariant())));

    private static string Constant<T>(string value) where T : struct, Enum =>
        $"{typeof(T).Name}.{Enum.GetNames<T>().First(name => name.Equals(value, StringComparison.OrdinalIgnoreCase))}";
}
