using Vitrine.Attributions;

namespace Vitrine;

/// <summary>Which number of a target is explained, and what it is compared with.</summary>
/// <param name="Name">The score; null: the task's own.</param>
/// <param name="Contrast">Another target.</param>
/// <param name="Other">Another input.</param>
/// <param name="StepScores">Scores that are shown next to it.</param>
internal sealed record ScoreChoice(string? Name, string? Contrast, string? Other, IReadOnlyList<string> StepScores)
{
    /// <summary>The mass of top_p_size.</summary>
    public double? TopMass { get; init; }

    /// <summary>How another continuation is aligned, as <see cref="ContrastAlignment"/> reads it.</summary>
    public string Alignment { get; init; } = "same";

    /// <summary>Whose quirks to copy.</summary>
    public Compat Compat { get; init; }

    /// <summary>Which texts of a translation are explained; null: both.</summary>
    public TranslationSides? Sides { get; init; }

    /// <summary>Whether <see cref="Contrast"/> is made of token ids.</summary>
    public bool AreIds { get; init; }

    /// <summary>The template whose slots are explained, and what they hold instead; null: tokens are explained.</summary>
    public Slots? Slots { get; init; }

    /// <summary>Whether a written text is explained as a whole next to its tokens.</summary>
    public bool HasWhole { get; init; }

    /// <summary>Whether all tokens are one target.</summary>
    public bool IsSequence => Name is not null && WholeSequence.Steps.ContainsKey(Name);

    /// <summary>What a request says.</summary>
    /// <exception cref="RequestException">A score compares with nothing although something is given to compare with, or has no meaning for
    /// a whole text.</exception>
    /// <exception cref="Tensors.VitrineException">There is no such score.</exception>
    public static ScoreChoice Of(ExplainRequest request)
    {
        var chosen = new ScoreChoice(request.Score, request.Contrast, request.ContrastInput, request.StepScores)
        {
            TopMass = request.TopMass,
            Alignment = request.ContrastAlign,
            Compat = request.Compat,
            Sides = request.Side,
            AreIds = request.ForcedIds is not null || request.Ids is not null,
            Slots = Slots.Of(request),
        };
        string[] names = [.. chosen.Name is { } name && !chosen.IsSequence ? [name] : (string[])[], .. chosen.StepScores];
        StepFunction[] known = [.. names.Select(StepFunctions.Get)];
        if ((chosen.Contrast ?? chosen.Other) is not null && chosen.Name is not null
            && known.All(step => step.Contrast == ContrastNeed.None))
        {
            throw new RequestException(Fault.Request,
                $"score: it compares with nothing; got --score {chosen.Name} and something to compare with; "
                + $"expected one of {string.Join(", ", StepFunctions.All.Where(step => step.Contrast != ContrastNeed.None)
                    .Select(step => step.Name))}.");
        }
        if (chosen.TopMass is { } mass)
        {
            _ = new StepOptions("logit") { TopP = mass };
        }
        return request.Sequence ? chosen.WithWhole() : chosen;
    }

    private ScoreChoice WithWhole() => this is { Name: null or "log_probability" or "probability", Contrast: null, Other: null }
        ? this with { Name = Name ?? "log_probability", HasWhole = true }
        : throw new RequestException(
            Fault.Request, $"sequence: these scores have no meaning for a whole text; got "
                + $"{(Contrast is not null ? "--contrast" : Other is not null ? "--contrast-input" : "--score " + Name)}; expected "
                    + "--score log_probability or probability.");

    /// <summary>The score function that was asked for.</summary>
    /// <param name="standard">The task's own score: logit or probability.</param>
    /// <param name="make">From options to the function.</param>
    /// <param name="foils">The other class or token of each target.</param>
    /// <param name="other">From another input and the score to the function over the same targets; null: the task has no such
    /// thing.</param>
    public ScoreFunction Build(string standard, Func<StepOptions, ScoreFunction> make, IReadOnlyList<int>? foils, Func<string, StepOptions,
        ScoreFunction>? other)
    {
        string name = Name switch
        {
            { } given => IsSequence ? "log_probability" : given,
            null when foils is not null => standard == "logit" ? "contrast_logits_diff" : "contrast_prob_diff",
            null => Other is null ? standard : "pcxmi",
        };
        StepOptions step = new(name) { ContrastIds = foils, TopP = TopMass, Compat = Compat };
        if (Other is not null)
        {
            step = step.Against((other ?? throw new RequestException(
                Fault.Request, "contrast-input: another text has no answer at the same place; got a question answering model; expected "
                    + "--contrast with another answer."))(Other, "logit"));
        }
        ScoreFunction f = Whole(make(step));
        return Slots is null ? f : Slots.Of(f, other is null ? null : text => Whole(other(text, step)));
    }

    private ScoreFunction Whole(ScoreFunction f) => IsSequence ? new WholeSequence(f, WholeSequence.Steps[Name!]) : f;

    /// <summary>A result with the scores to show next to it.</summary>
    public AttributionResult Accompany(AttributionResult result, ScoreFunction f) =>
        StepScores.Aggregate(result, (shown, name) => shown.WithStepScore(f, StepFunctions.Get(name)));
}
