using System.CommandLine;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary>Which number of a target is explained, and what it is compared with, as a command line says.</summary>
internal sealed class StepChoice
{
    private readonly Option<string?> _name = new("--score", "--step")
    {
        Description = "Which number to explain: logit, probability, log_probability, … ('vitrine methods --scores' lists them). Default: logit; for written text, probability.",
        HelpName = "name",
    };

    private readonly Option<string?> _contrast = new("--contrast")
    {
        Description = "Why this and not that: another label, word, answer, or continuation, token by token. Default score: contrast_logits_diff; for written text, contrast_prob_diff.",
        HelpName = "text",
    };

    private readonly Option<string> _alignment = new("--contrast-align")
    {
        Description = $"Which token of another continuation stands against which: {ContrastAlignment.Forms}.",
        HelpName = "pairs",
        DefaultValueFactory = _ => "same",
    };

    private readonly Option<string?> _other = new("--contrast-input")
    {
        Description = "Compare with what the model says of this text instead, for pcxmi (the default then), kl_divergence, in_context_pvi and contrast_….",
        HelpName = "text",
    };

    private readonly Option<string?> _side = new("--side")
    {
        Description = "What a translation is traced back to: source, target (what was said before) or both. Default: both.",
        HelpName = "side",
    };

    private readonly Option<double?> _topMass = new("--top-mass") { Description = "The probability mass of top_p_size and kl_divergence.", HelpName = "p" };
    private readonly Option<string[]> _beside = new("--step-score")
    {
        Description = "Show this number of every target beside the explanation: entropy, perplexity, … Repeatable.",
        HelpName = "name",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <summary>All options, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { _name, _contrast, _alignment, _other, _side, _topMass, _beside };

    /// <summary>What a command line says.</summary>
    /// <exception cref="CommandException">A score compares with nothing although something is given to compare with.</exception>
    /// <exception cref="Vitrine.Tensors.VitrineException">There is no such score.</exception>
    public Chosen Read(ParseResult parsed, Compat compat)
    {
        var chosen = new Chosen(parsed.GetValue(_name), parsed.GetValue(_contrast), parsed.GetValue(_other), parsed.GetValue(_beside) ?? [])
        {
            TopMass = parsed.GetValue(_topMass),
            Alignment = parsed.GetValue(_alignment) ?? "same",
            Compat = compat,
            Sides = parsed.GetValue(_side) switch
            {
                null => null,
                "both" => TranslationSides.Both,
                "source" => TranslationSides.Source,
                "target" => TranslationSides.Target,
                var side => throw new CommandException(ExitCode.Usage, $"side: not known; got '{side}'; expected source, target or both."),
            },
        };
        string[] names = [.. chosen.Name is { } name && !WholeSequence.Steps.ContainsKey(name) ? [name] : (string[])[], .. chosen.Beside];
        StepFunction[] known = [.. names.Select(StepFunctions.Get)];
        if ((chosen.Contrast ?? chosen.Other) is not null && chosen.Name is not null && known.All(step => step.Contrast == ContrastNeed.None))
        {
            throw new CommandException(ExitCode.Usage, $"score: it compares with nothing; got --score {chosen.Name} and something to compare with; "
                + $"expected one of {string.Join(", ", StepFunctions.All.Where(step => step.Contrast != ContrastNeed.None).Select(step => step.Name))}.");
        }
        return chosen;
    }

    /// <summary>What was said.</summary>
    /// <param name="Name">The score; null: the task's own.</param>
    /// <param name="Contrast">Another target.</param>
    /// <param name="Other">Another input.</param>
    /// <param name="Beside">Scores to show beside.</param>
    internal sealed record Chosen(string? Name, string? Contrast, string? Other, string[] Beside)
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

        /// <summary>Whether a written text is explained as a whole beside its tokens.</summary>
        public bool HasWhole { get; init; }

        /// <summary>Whether all tokens are one target.</summary>
        public bool IsSequence => Name is not null && WholeSequence.Steps.ContainsKey(Name);

        /// <summary>The score function that was asked for.</summary>
        /// <param name="standard">The task's own score: logit or probability.</param>
        /// <param name="make">From options to the function.</param>
        /// <param name="foils">The other class or token of each target.</param>
        /// <param name="other">From another input and the score to the function over the same targets; null: the task has no such thing.</param>
        public ScoreFunction Build(string standard, Func<StepOptions, ScoreFunction> make, IReadOnlyList<int>? foils, Func<string, StepOptions, ScoreFunction>? other)
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
                step = step.Against((other ?? throw new CommandException(
                    ExitCode.Usage, "contrast-input: another text has no answer at the same place; got a question answering model; expected --contrast with another answer."))(Other, "logit"));
            }
            ScoreFunction f = Whole(make(step));
            return Slots is null ? f : Slots.Of(f, other is null ? null : text => Whole(other(text, step)));
        }

        private ScoreFunction Whole(ScoreFunction f) => IsSequence ? new WholeSequence(f, WholeSequence.Steps[Name!]) : f;

        /// <summary>A result with the scores to show beside it.</summary>
        public AttributionResult Accompany(AttributionResult result, ScoreFunction f) => Beside.Aggregate(result, (shown, name) => shown.WithStepScore(f, StepFunctions.Get(name)));
    }
}
