using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>A written text as its model sees it twice: after an input with its context, and after the same input without.</summary>
public sealed class ContextualText
{
    private readonly ITokenizer? _tokenizer;

    private ContextualText(
        ITransformer model, WrittenText written, IReadOnlyList<bool[]> isContext, Func<IReadOnlyList<int>, StepOptions, ScoreFunction> with,
        Func<IReadOnlyList<int>, StepOptions, ScoreFunction> without) =>
        (_tokenizer, Written, IsContext, With, Without) = (Spelling.OfWritten(model), written, isContext, with, without);

    /// <summary>The written text.</summary>
    public WrittenText Written { get; }

    /// <summary>Which tokens of each side of <see cref="With"/> are the context. <c>[side][pos]</c></summary>
    public IReadOnlyList<bool[]> IsContext { get; }

    /// <summary>From numbers of written tokens, and what is taken of them, to their function after the input with context.</summary>
    public Func<IReadOnlyList<int>, StepOptions, ScoreFunction> With { get; }

    /// <summary>The same after the input without context.</summary>
    public Func<IReadOnlyList<int>, StepOptions, ScoreFunction> Without { get; }

    /// <summary>How a token id reads, without the space before a word.</summary>
    internal string Spell(int id) => Spelling.Bare(id, _tokenizer);

    /// <summary>What a causal model wrote.</summary>
    /// <param name="model">A causal language model.</param>
    /// <param name="with">Everything before the written text, the context included.</param>
    /// <param name="isContext">Which of its tokens are the context.</param>
    /// <param name="without">The same without the context.</param>
    /// <param name="written">The written text.</param>
    /// <exception cref="VitrineException">Nothing is written, there is no context, or nothing is left without it.</exception>
    public static ContextualText Continuation(ILanguageModel model, ExplainedText with, IReadOnlyList<bool> isContext,
        ExplainedText without, WrittenText written)
    {
        Check(isContext, written);
        return without.Tokens.Count == 0
            ? throw new VitrineException("context: nothing is left without it; got a text of context alone; expected some text after it.")
            : new(
                model, written, [[.. isContext, .. Later(written)]],
                (numbers, step) => written.Score(model, with, numbers, step), (numbers, step) =>
                    written.Score(model, without, numbers, step));
    }

    /// <summary>What an encoder–decoder wrote.</summary>
    /// <param name="model">An encoder–decoder.</param>
    /// <param name="with">The source with its context.</param>
    /// <param name="isContext">Which of its tokens are the context.</param>
    /// <param name="without">The source without.</param>
    /// <param name="said">The context on the target side: what was said before the written text; may be empty.</param>
    /// <param name="written">The written text.</param>
    /// <exception cref="VitrineException">Nothing is written, or there is no context.</exception>
    public static ContextualText Translation(
        ILanguageModel model, ExplainedText with, IReadOnlyList<bool> isContext, ExplainedText without, WrittenText said,
            WrittenText written)
    {
        Check([.. isContext, .. said.Tokens.Select(_ => true)], written);
        bool hasSaid = said.Tokens.Count > 0;
        TranslationSides sides = hasSaid ? TranslationSides.Both : TranslationSides.Source;
        bool[] target = [false, .. said.Tokens.Select(_ => true), .. Later(written)];
        return new(
            model, written, hasSaid ? [[.. isContext], target] : [[.. isContext]],
            (numbers, step) => written.Score(model, with, numbers, step, sides, said), (numbers, step) =>
                written.Score(model, without, numbers, step, sides));
    }

    // The last token is read by no target.
    private static IEnumerable<bool> Later(WrittenText written) => Enumerable.Repeat(false, written.Tokens.Count - 1);

    private static void Check(IReadOnlyList<bool> isContext, WrittenText written)
    {
        if (written.Tokens.Count == 0 || !isContext.Contains(true))
        {
            throw new VitrineException($"context: nothing to compare; got {isContext.Count(is1 => is1)} tokens of context and "
                + $"{written.Tokens.Count} written; expected at least one of each.");
        }
    }
}
