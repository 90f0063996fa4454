using System.CommandLine;
using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary>A text that a model writes with a context before its input: what of it depends on the context.</summary>
internal sealed class ContextSubject
{
    private readonly Option<string> _template = new("--context-template")
    {
        Description = "How context and text make the input of a model that writes, e.g. \"{context}\\n\\n{current}\".",
        HelpName = "text",
        DefaultValueFactory = _ => "{context} {current}",
    };

    private readonly Option<string?> _said = new("--output-context") { Description = "Context on the written side: what was said before the text that is looked at.", HelpName = "text" };
    private readonly Option<string> _score = new("--context-score")
    {
        Description = "What compares every written token with and without the context: kl_divergence, pcxmi, …",
        HelpName = "name",
        DefaultValueFactory = _ => "kl_divergence",
    };

    private readonly Option<double> _threshold = new("--context-threshold")
    {
        Description = "Tokens count from mean + so many standard deviations on, written ones and those of the context.",
        HelpName = "k",
        DefaultValueFactory = _ => 1,
    };

    /// <summary>All options, for a command.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { _template, _said, _score, _threshold };

    /// <summary>Whether a command line asks for it: a model that writes, and a context.</summary>
    public static bool IsAsked(ParseResult parsed, LoadedModel loaded, InputOptions input) =>
        loaded.Model.Info.Task is ModelTask.CausalLanguageModel or ModelTask.SequenceToSequence && (parsed.GetValue(input.Context) ?? parsed.GetValue(input.ContextFile)) is not null;

    /// <summary>How reliance is measured, as a command line says.</summary>
    /// <exception cref="CommandException">Something is asked for that has no meaning here.</exception>
    public ContextOptions Options(ParseResult parsed, StepChoice.Chosen score, IAttributionMethod[] methods)
    {
        if (methods.Length > 1 || score.Contrast is not null || score.Other is not null || score.Sides is not null || score.IsSequence || score.HasWhole)
        {
            throw new CommandException(ExitCode.Usage, "context: one contrastive explanation; got several methods, --contrast, --contrast-input, --side or the score of a whole text; expected none of these beside --context.");
        }
        var standard = new ContextOptions();
        double threshold = parsed.GetValue(_threshold);
        return standard with
        {
            Metric = parsed.GetValue(_score) ?? standard.Metric,
            Deviations = threshold,
            CueDeviations = threshold,
            Step = score.Name ?? standard.Step,
            Method = methods is [var one] ? one : standard.Method,
        };
    }

    /// <summary>Reads text and context, lets the model write unless the command line says what.</summary>
    /// <exception cref="CommandException">The texts do not fit the model, or there is nothing written.</exception>
    public (ContextualText Text, string Written) Find(ParseResult parsed, LoadedModel loaded, InputOptions input, SubjectOptions options, Terminal terminal, CancellationToken cancellation)
    {
        IGenerator model = Written.Generator(loaded);
        bool isTranslation = model.Info.Task == ModelTask.SequenceToSequence, areIds = parsed.GetValue(input.Ids) is not null;
        int[]? forced = WrittenSubject.Forced(parsed, loaded, options);
        GenerationOptions writing = options.Writing.Options(parsed, model);
        int reserve = isTranslation ? 0 : forced?.Length - 1 ?? writing.MaxNewTokens;
        ExplainedText without = input.ReadAlone(parsed, loaded, terminal, reserve);
        (ExplainedText with, bool[] isContext) = areIds ? Behind(without, InputOptions.ParseIds(parsed.GetValue(input.Context) ?? "", model), model)
            : Filled(loaded, input.Second(parsed, terminal) ?? "", without.Texts[0], parsed, input, reserve);
        ExplainedText said = Said(parsed, loaded, areIds);
        if (said.Tokens.Count > 0 && isTranslation && forced is null)
        {
            throw new CommandException(ExitCode.Usage, "output-context: the model cannot be made to go on from it; got no --forced; expected the translation that follows.");
        }
        if (!isTranslation)
        {
            with = Joined(with, said);
            isContext = [.. isContext, .. said.Tokens.Select(_ => true)];
        }
        int[] ids = forced ?? [.. Written.By(loaded, with, writing, terminal, cancellation).Tokens];
        InputToken[] tokens = Spelling.Place(ids, Written.Tokenizer(model), 0, out string whole);
        string[] surfaces = Spelling.Surfaces(tokens, whole);
        ExplainedText written = new() { Tokens = [.. tokens.Select((token, i) => token with { Piece = surfaces[i] })], Texts = whole.Length > 0 ? [whole] : [] };
        return (isTranslation ? ContextualText.Translation(model, with, isContext, without, said, written)
            : ContextualText.Continuation(model, with, isContext, without, written), whole.Trim());
    }

    private static (ExplainedText, bool[]) Behind(ExplainedText text, int[] context, ITransformer model) => (
        text with { Tokens = [.. ExplainedText.Of(context, model.Tokenizer).Tokens, .. text.Tokens] },
        [.. context.Select(_ => true), .. text.Tokens.Select(_ => false)]);

    /// <summary>The template with both texts in it, and which tokens overlap the context.</summary>
    private (ExplainedText, bool[]) Filled(LoadedModel loaded, string context, string current, ParseResult parsed, InputOptions input, int reserve)
    {
        const string Context = "{context}", Current = "{current}";
        string template = (parsed.GetValue(_template) ?? "").Replace("\\n", "\n", StringComparison.Ordinal);
        if (template.Split(Context).Length != 2 || template.Split(Current).Length != 2)
        {
            throw new CommandException(ExitCode.Usage, $"context-template: both texts must have their place; got '{template}'; expected {Context} and {Current} once each.");
        }
        string before = template[..template.IndexOf(Context, StringComparison.Ordinal)].Replace(Current, current, StringComparison.Ordinal);
        string after = template[(template.IndexOf(Context, StringComparison.Ordinal) + Context.Length)..].Replace(Current, current, StringComparison.Ordinal);
        ExplainedText text = InputOptions.Prepare(loaded, before + context + after, null, input.Limit(parsed), reserve);
        return (text, [.. text.Tokens.Select(token => !token.IsSpecial && token.Text == 0 && token.Start < before.Length + context.Length && token.End > before.Length)]);
    }

    private ExplainedText Said(ParseResult parsed, LoadedModel loaded, bool areIds)
    {
        if (parsed.GetValue(_said) is not { } said)
        {
            return ExplainedText.Of([]);
        }
        ITokenizer? tokenizer = Written.Tokenizer(loaded.Model);
        int[] ids = areIds ? InputOptions.ParseIds(said, loaded.Model) : (tokenizer ?? loaded.Tokenizer).Encode(TextSource.Argued(said), special: false).Ids;
        InputToken[] tokens = Spelling.Place(ids, tokenizer, 0, out string whole);
        return new() { Tokens = tokens, Texts = whole.Length > 0 ? [whole] : [] };
    }

    private static ExplainedText Joined(ExplainedText first, ExplainedText next) => first with
    {
        Tokens = [.. first.Tokens, .. next.Tokens.Select(token => token with { Text = token.Text < 0 ? -1 : token.Text + first.Texts.Count })],
        Texts = [.. first.Texts, .. next.Texts],
    };
}
