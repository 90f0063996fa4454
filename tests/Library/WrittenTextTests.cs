using Vitrine.Attributions;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Library;

/// <summary>One road to every text that a model writes: its tokens always read the same.</summary>
public class WrittenTextTests
{
    [Fact]
    public void Continuation_ByTargetsAndByTheExplainer_ReadsTheSame()
    {
        using Explainer explainer = Explainer.Load("shakespeare");
        ExplainedText prompt = ExplainedText.Of(explainer.Tokenizer.Encode("ROMEO:"));
        int[] said = explainer.Tokenizer.Encode("\nI'll go", special: false).Ids;

        ScoreFunction score = Targets.Continuation((ILanguageModel)explainer.Model, prompt, said);
        AttributionResult result = explainer.Explain("ROMEO:", new ExplainRequest { Forced = "\nI'll go", Methods = [Methods.Saliency] })
            .Results[0];

        Assert.Equal("\nI'll go", string.Concat(score.Targets.Select(target => target.Label)));
        Assert.Equal(score.Targets.Select(target => target.Label), result.Targets.Select(target => target.Label));
        Assert.Equal(score.Sides[0].Tokens, result.Sides[0].Tokens);
        Assert.Equal(["ROMEO:", "\nI'll go"], score.Sides[0].Texts);
    }

    [Fact]
    public void Translation_ByTargetsAndByTheExplainer_ReadsTheSame()
    {
        using Explainer explainer = Explainer.Load("zh-en");
        ExplainedText source = ExplainedText.Of(explainer.Tokenizer.Encode("我喜歡音樂。"));
        int[] said = Spelling.OfWritten(explainer.Model)!.Encode("I like music.").Ids;

        ScoreFunction score = Targets.Translation((ILanguageModel)explainer.Model, source, said);
        AttributionResult result =
            explainer.Explain("我喜歡音樂。", new ExplainRequest { Forced = "I like music.", Methods = [Methods.Saliency] }).Results[0];

        Assert.Equal(score.Targets.Select(target => target.Label), result.Targets.Select(target => target.Label));
        Assert.Equal(score.Sides[1].Tokens, result.Sides[1].Tokens);
        Assert.DoesNotContain(score.Targets, target => target.Label.Contains('▁', StringComparison.Ordinal));
    }

    [Fact]
    public void Ranked_SpansOfAContext_StayInsideAndShort()
    {
        InputToken[] tokens = [new(1, "[CLS]", Text: -1, IsSpecial: true), new(2, "who", 0, 3), .. Enumerable.Range(0, 40)
            .Select(i => new InputToken(3, "w", i, i + 1, 1))];
        var text = new ExplainedText { Tokens = tokens, Texts = ["who", new string('w', 40)] };
        float[] probabilities = new float[2 * tokens.Length];
        // the likeliest start is the question
        (probabilities[1], probabilities[2], probabilities[5]) = (0.9f, 0.2f, 0.1f);
        // the likeliest end is too far away
        (probabilities[tokens.Length + 41], probabilities[tokens.Length + 6]) = (0.9f, 0.3f);

        Assert.Equal((2, 6), SpanRule.Ranked(text, probabilities, 1) is [var best] ? (best.Start, best.End) : default);
        Assert.Equal((5, 6), SpanRule.Ranked(text, probabilities, 1, start: 5) is [var from] ? (from.Start, from.End) : default);
        Assert.All(SpanRule.Ranked(text, probabilities, int.MaxValue), span =>
            Assert.InRange(span.End - span.Start, 0, SpanRule.Longest - 1));
    }
}
