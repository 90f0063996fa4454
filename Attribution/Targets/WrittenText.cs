using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>A text that a model writes, or is made to write: its tokens, each with its place in the text that all of them make.</summary>
/// <remarks>
/// Every way to a score of written tokens leads through here: continuations, translations, and both with and without a context. What a
/// causal model reads is the prompt and all of the text but its last token; what a decoder reads is its start token, what was said before,
/// and the same.
/// </remarks>
public sealed record WrittenText
{
    private WrittenText(IReadOnlyList<InputToken> tokens, string text) => (Tokens, Text) = (tokens, text);

    /// <summary>The tokens. A token without text of its own, such as an end of text, has <see cref="InputToken.Text"/> −1.</summary>
    public IReadOnlyList<InputToken> Tokens { get; }

    /// <summary>The text; empty where the model has no tokenizer.</summary>
    public string Text { get; }

    /// <summary>Token ids. <c>[pos]</c></summary>
    public int[] Ids => [.. Tokens.Select(token => token.Id)];

    /// <summary>How the tokens read one after the other: the characters of each, a dot for a further byte of a character that has been
    /// named.</summary>
    public IReadOnlyList<string> Surfaces => [.. Tokens.Select((token, i) =>
        token.Text < 0 || token.End <= token.Start ? token.Piece
        : i > 0 && Tokens[i - 1].Text >= 0 && token.Start < Tokens[i - 1].End ? "·" : Text[token.Start..token.End])];

    /// <summary>The text of token ids.</summary>
    /// <param name="ids">Token ids; may be empty.</param>
    /// <param name="tokenizer">The tokenizer of what is written (<see cref="Spelling.OfWritten"/>); null: tokens are numbers.</param>
    public static WrittenText Of(IReadOnlyList<int> ids, ITokenizer? tokenizer)
    {
        if (tokenizer is null)
        {
            return new([.. ids.Select(id => ExplainedText.Token(id, null) with { Text = -1 })], "");
        }
        string all = tokenizer.Decode(ids);
        var tokens = new InputToken[ids.Count];
        int start = 0;
        for (int i = 0; i < tokens.Length; i++)
        {
            InputToken token = ExplainedText.Token(ids[i], tokenizer);
            int end = token.IsSpecial ? start : Math.Max(start, all.AsSpan().CommonPrefixLength(tokenizer.Decode([.. ids.Take(i + 1)])));
            bool isPart = end == start && !token.IsSpecial; // some bytes of the next character
            tokens[i] = token with { Start = start, End = isPart ? Math.Min(start + 1, all.Length) : end, Text = token.IsSpecial ? -1 : 0 };
            start = end;
        }
        return new(tokens, all);
    }

    /// <summary>The text after what was given: the input of a causal model that is to write it. Its last token is read by no target and
    /// left out.</summary>
    /// <param name="given">What was given.</param>
    public ExplainedText After(ExplainedText given) => After(given, Tokens.Count - 1);

    /// <summary>All of the text after what was given.</summary>
    /// <param name="given">What was given.</param>
    public ExplainedText Whole(ExplainedText given) => After(given, Tokens.Count);

    /// <summary>Some tokens of it, each a target, in one teacher-forced forward.</summary>
    /// <param name="model">A causal language model, or an encoder–decoder.</param>
    /// <param name="given">The prompt, or the source of a translation.</param>
    /// <param name="numbers">Which tokens; null: all.</param>
    /// <param name="step">Which number, e.g. <c>"probability"</c>, the default.</param>
    /// <param name="sides">Of a translation: which inputs are explained.</param>
    /// <param name="said">Of a translation: what was said before it; null: nothing.</param>
    /// <param name="start">Of a translation: the token its decoder starts with; null: the model's own.</param>
    /// <exception cref="VitrineException">Another kind of model, or nothing to explain.</exception>
    public ScoreFunction Score(
        ILanguageModel model, ExplainedText given, IReadOnlyList<int>? numbers = null, StepOptions? step = null,
        TranslationSides sides = TranslationSides.Both, WrittenText? said = null, int? start = null)
    {
        numbers ??= [.. Enumerable.Range(0, Tokens.Count)];
        IReadOnlyList<string> surfaces = Surfaces;
        string[] labels = [.. numbers.Select(n => surfaces[n])];
        if (model.Info.Task != ModelTask.SequenceToSequence)
        {
            return Targets.Words(model, After(given), At(given.Tokens.Count), step, given.Tokens.Count, labels);
        }
        ExplainedText first = First(model, start);
        ExplainedText before = said?.Whole(first) ?? first;
        return Targets.Translation(model, given, After(before), At(before.Tokens.Count), step, sides, labels);

        TokenTarget[] At(int first) => [.. numbers.Select(n => new TokenTarget(first - 1 + n, Tokens[n].Id))];
    }

    /// <summary>The first so many tokens after others.</summary>
    private ExplainedText After(ExplainedText given, int count) => given with
    {
        Tokens = [.. given.Tokens, .. Tokens.Take(count).Select(token => token with { Text = token.Text < 0 ? -1 : given.Texts.Count })],
        Texts = Text.Length > 0 ? [.. given.Texts, Text] : given.Texts,
        Types = null,
        Mask = given.Mask is null ? null : [.. given.Mask, .. Tokens.Take(count).Select(_ => 1)],
    };

    private static ExplainedText First(ILanguageModel model, int? given)
    {
        int start = given ?? model.Info.DecoderStartId
            ?? throw new VitrineException("targets: the config names no decoder_start_token_id; expected one in an encoder–decoder.");
        return new() { Tokens = [ExplainedText.Token(start, model.Tokenizer) with { IsSpecial = true, Text = -1 }] };
    }
}
