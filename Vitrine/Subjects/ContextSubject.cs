using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>A text that a model writes with a context before its input: what of it depends on the context.</summary>
internal static class ContextSubject
{
    /// <summary>Whether a request asks for it: a model that writes, and a context.</summary>
    public static bool IsAsked(LoadedModel loaded, ExplainRequest request) => loaded.Writes && request.Context is not null;

    /// <summary>How reliance is measured, as a request says.</summary>
    /// <exception cref="RequestException">Something is asked for that has no meaning here.</exception>
    public static ContextOptions Options(ExplainRequest request, ScoreChoice score, IAttributionMethod[] methods)
    {
        if (methods.Length > 1 || score.Contrast is not null || score.Other is not null || score.Sides is not null || score.IsSequence
            || score.HasWhole)
        {
            throw new RequestException(Fault.Request,
                "context: one contrastive explanation; got several methods, --contrast, --contrast-input, --side or the score of a "
                    + "whole text; expected none of these together with --context.");
        }
        var standard = new ContextOptions();
        return standard with
        {
            Metric = request.ContextScore,
            Deviations = request.ContextThreshold,
            CueDeviations = request.ContextThreshold,
            Step = score.Name ?? standard.Step,
            Method = methods is [var one] ? one : standard.Method,
        };
    }

    /// <summary>Reads text and context, lets the model write unless the request says what.</summary>
    /// <exception cref="RequestException">The texts do not fit the model, or there is nothing written.</exception>
    public static (ContextualText Text, string Written) Find(LoadedModel loaded, ExplainRequest request, IProgress<WorkProgress>? progress,
        CancellationToken cancellation)
    {
        IGenerator model = Writing.Generator(loaded);
        bool isTranslation = model.Info.Task == ModelTask.SequenceToSequence, areIds = request.Ids is not null;
        int[]? forced = WrittenSubject.Forced(loaded, request);
        GenerationOptions writing = Writing.Options(request, model);
        int reserve = isTranslation ? 0 : forced?.Length - 1 ?? writing.MaxNewTokens;
        ExplainedText without = InputReader.ReadAlone(loaded, request, reserve);
        (ExplainedText with, bool[] isContext) = areIds ? After(without, InputReader.ParseIds(request.Context ?? "", model), model)
            : Filled(loaded, request, without.Texts[0], reserve);
        WrittenText said = Said(loaded, request.OutputContext, areIds);
        if (said.Tokens.Count > 0 && isTranslation && forced is null)
        {
            throw new RequestException(Fault.Request,
                "output-context: the model cannot be made to go on from it; got no --forced; expected the translation that follows.");
        }
        if (!isTranslation)
        {
            with = said.Whole(with);
            isContext = [.. isContext, .. said.Tokens.Select(_ => true)];
        }
        var written = WrittenText.Of(forced ?? [.. Writing.By(loaded, with, writing, progress, cancellation).Tokens], loaded.Written);
        return (isTranslation ? ContextualText.Translation(model, with, isContext, without, said, written)
            : ContextualText.Continuation(model, with, isContext, without, written), written.Text.Trim());
    }

    private static (ExplainedText, bool[]) After(ExplainedText text, int[] context, ITransformer model) => (
        text with { Tokens = [.. ExplainedText.Of(context, model.Tokenizer).Tokens, .. text.Tokens] },
        [.. context.Select(_ => true), .. text.Tokens.Select(_ => false)]);

    /// <summary>The template with both texts in it, and which tokens overlap the context.</summary>
    private static (ExplainedText, bool[]) Filled(LoadedModel loaded, ExplainRequest request, string current, int reserve)
    {
        const string Context = "{context}", Current = "{current}";
        string context = request.Context ?? "", template = request.ContextTemplate.Replace("\\n", "\n", StringComparison.Ordinal);
        if (template.Split(Context).Length != 2 || template.Split(Current).Length != 2)
        {
            throw new RequestException(Fault.Request,
                $"context-template: both texts must have their place; got '{template}'; expected {Context} and {Current} once each.");
        }
        string before = template[..template.IndexOf(Context, StringComparison.Ordinal)].Replace(Current, current, StringComparison.Ordinal);
        string after = template[(template.IndexOf(Context, StringComparison.Ordinal) + Context.Length)..]
            .Replace(Current, current, StringComparison.Ordinal);
        ExplainedText text = InputReader.Prepare(loaded, before + context + after, null, request.ReadLimit, reserve);
        return (text, [.. text.Tokens.Select(token =>
            !token.IsSpecial && token.Text == 0 && token.Start < before.Length + context.Length && token.End > before.Length)]);
    }

    private static WrittenText Said(LoadedModel loaded, string? said, bool areIds) => WrittenText.Of(
        said is null ? [] : areIds ? InputReader.ParseIds(said, loaded.Model) : (loaded.Written ?? loaded.Tokenizer)
            .Encode(said, special: false).Ids, loaded.Written);
}
