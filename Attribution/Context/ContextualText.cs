using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>A written text as its model sees it twice: after an input with its context, and after the same input without.</summary>
public sealed class ContextualText
{
    private readonly ITokenizer? _tokenizer;

    private ContextualText(
        ITransformer model, IReadOnlyList<InputToken> written, IReadOnlyList<bool[]> isContext, Func<IReadOnlyList<int>, StepOptions, ScoreFunction> with,
        Func<IReadOnlyList<int>, StepOptions, ScoreFunction> without) =>
        (_tokenizer, Written, IsContext, With, Without) = ((model.Tokenizer as MarianTokenizer)?.Target ?? model.Tokenizer, written, isContext, with, without);

    /// <summary>The written tokens.</summary>
    public IReadOnlyList<InputToken> Written { get; }

    /// <summary>Which tokens of each side of <see cref="With"/> are the context. <c>[side][pos]</c></summary>
    public IReadOnlyList<bool[]> IsContext { get; }

    /// <summary>From numbers of written tokens, and what is taken of them, to their function after the input with context.</summary>
    public Func<IReadOnlyList<int>, StepOptions, ScoreFunction> With { get; }

    /// <summary>The same after the input without context.</summary>
    public Func<IReadOnlyList<int>, StepOptions, ScoreFunction> Without { get; }

    /// <summary>How a token id reads.</summary>
    internal string Spell(int id)
    {
        if (_tokenizer is not null && _tokenizer.Vocabulary.Contains(id) && _tokenizer.Decode([id], skipSpecial: false) is { Length: > 0 } text && !text.Contains('\uFFFD', StringComparison.Ordinal))
        {
            return text is [' ', _, ..] ? text[1..] : text;
        }
        string piece = ExplainedText.Token(id, _tokenizer).Piece.Replace('Ċ', '\n'); // some bytes of a character
        return piece is ['Ġ' or '▁', _, ..] ? piece[1..] : piece;
    }

    /// <summary>What a causal model wrote.</summary>
    /// <param name="model">A causal language model.</param>
    /// <param name="with">Everything before the written text, the context included.</param>
    /// <param name="isContext">Which of its tokens are the context.</param>
    /// <param name="without">The same without the context.</param>
    /// <param name="written">The written text.</param>
    /// <exception cref="VitrineException">Nothing is written, there is no context, or nothing is left without it.</exception>
    public static ContextualText Continuation(ILanguageModel model, ExplainedText with, IReadOnlyList<bool> isContext, ExplainedText without, ExplainedText written)
    {
        Check(isContext, written);
        if (without.Tokens.Count == 0)
        {
            throw new VitrineException("context: nothing is left without it; got a text of context alone; expected some text after it.");
        }
        int later = written.Tokens.Count - 1; // the last token is not read
        return new(
            model, written.Tokens, [[.. isContext, .. Enumerable.Repeat(false, later)]], (numbers, step) => After(with, numbers, step), (numbers, step) => After(without, numbers, step));

        ScoreFunction After(ExplainedText given, IReadOnlyList<int> numbers, StepOptions step) => Targets.Words(
            model, Joined(given, written, later), [.. numbers.Select(n => new TokenTarget(given.Tokens.Count - 1 + n, written.Tokens[n].Id))], step, given.Tokens.Count);
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
        ILanguageModel model, ExplainedText with, IReadOnlyList<bool> isContext, ExplainedText without, ExplainedText said, ExplainedText written)
    {
        Check([.. isContext, .. said.Tokens.Select(_ => true)], written);
        int start = model.Info.DecoderStartId ?? throw new VitrineException("context: the config names no decoder_start_token_id; expected one in an encoder–decoder.");
        ExplainedText nothing = new() { Tokens = [ExplainedText.Token(start, model.Tokenizer) with { IsSpecial = true, Text = -1 }] };
        int later = written.Tokens.Count - 1, before = said.Tokens.Count;
        TranslationSides sides = before > 0 ? TranslationSides.Both : TranslationSides.Source;
        bool[] target = [false, .. said.Tokens.Select(_ => true), .. Enumerable.Repeat(false, later)];
        return new(
            model, written.Tokens,
            before > 0 ? [[.. isContext], target] : [[.. isContext]],
            (numbers, step) => Of(with, Joined(nothing, said, before), numbers, step),
            (numbers, step) => Of(without, nothing, numbers, step));

        ScoreFunction Of(ExplainedText source, ExplainedText prefix, IReadOnlyList<int> numbers, StepOptions step) => Targets.Translation(
            model, source, Joined(prefix, written, later), [.. numbers.Select(n => new TokenTarget(prefix.Tokens.Count - 1 + n, written.Tokens[n].Id))], step, sides);
    }

    private static ExplainedText Joined(ExplainedText first, ExplainedText next, int count) => new()
    {
        Tokens = [.. first.Tokens, .. next.Tokens.Take(count).Select(token => token with { Text = token.Text < 0 ? -1 : token.Text + first.Texts.Count })],
        Texts = [.. first.Texts, .. next.Texts],
    };

    private static void Check(IReadOnlyList<bool> isContext, ExplainedText written)
    {
        if (written.Tokens.Count == 0 || !isContext.Contains(true))
        {
            throw new VitrineException($"context: nothing to compare; got {isContext.Count(is1 => is1)} tokens of context and {written.Tokens.Count} written; expected at least one of each.");
        }
    }
}
