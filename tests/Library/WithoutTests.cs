using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>What a model says while words are absent: words and their pieces, answers, labels of tokens.</summary>
public sealed class WithoutTests
{
    [Fact]
    public void Without_AWord_IsWithoutItsPieces()
    {
        using Explainer explainer = Load("sentiment");
        var request = new ExplainRequest { Text = "a quizzaciously witty film", Methods = [Methods.Saliency] };
        string[] pieces = [.. explainer.Explain(request).Results[0].Sides[0].Tokens.Select(token => token.Piece)];
        string[] words = [.. explainer.Explain(request with { Words = "sum" }).Results[0].Sides[0].Tokens.Select(token => token.Piece)];
        int word = Array.IndexOf(words, "quizzaciously"), first = Array.IndexOf(pieces, "a") + 1;
        int[] own = [.. Enumerable.Range(first, pieces.Length - words.Length + 1)];
        Assert.True(own.Length > 1);

        Assert.Equal(explainer.Without(request, own).After, explainer.Without(request with { Words = "sum" }, [word]).After);
        Assert.Throws<RequestException>(() => explainer.Without(request with { Words = "sum" }, [words.Length]));
    }

    [Fact]
    public void Without_WordsOfAContext_TheReaderSaysAnotherAnswer()
    {
        using Explainer explainer = Load("reader");
        var request = new ExplainRequest { Text = "Where is Ben?", Context = "Anna went to the kitchen. Ben went to the garden." };
        IReadOnlyList<AnswerSpan> answers = explainer.Predict(new PredictRequest { Text = request.Text, Context = request.Context })
            .Answers;
        string[] pieces = [.. explainer.Explain(request).Results[0].Sides[0].Tokens.Select(token => token.Piece)];

        WithoutResult without = explainer.Without(request, [Array.LastIndexOf(pieces, "ben")]);

        Assert.Equal(answers.Select(answer => answer.Text), without.Said.Select(said => said.Label));
        Assert.Equal(answers[0].Probability, without.Said[0].Probability, 6);
        Assert.True(without.SaysNow.First(said => said.Label == "garden").Probability < answers[0].Probability);
    }

    [Fact]
    public void Without_AName_ItsLabelIsLessLikely()
    {
        using Explainer explainer = Load("entities");
        var request = new ExplainRequest { Text = "Anna met Ben in Paris.", Targets = ["B-LOC"], Methods = [Methods.Saliency] };
        string[] pieces = [.. explainer.Explain(request).Results[0].Sides[0].Tokens.Select(token => token.Piece)];

        WithoutResult without = explainer.Without(request, [Array.IndexOf(pieces, "paris")]);

        Assert.Equal("paris B-LOC", without.Said[0].Label);
        Assert.True(without.SaysNow[0].Label != "paris B-LOC" || without.SaysNow[0].Probability < without.Said[0].Probability);
    }

    [Fact]
    public void Without_AWordOfASentence_SaysFirstWhatIsPredicted()
    {
        using Explainer explainer = Load("sentiment");
        WithoutResult without = explainer.Without(new ExplainRequest { Text = "a witty film" }, [2]);

        Assert.Equal(explainer.Predict("a witty film").Choices.Select(choice => (choice.Label, (float)choice.Probability)),
            without.Said.Select(choice => (choice.Label, (float)choice.Probability)));
    }

    private static Explainer Load(string name) => Explainer.Load(Path.Combine(GoldenFolder.SourceTree(), "models", name));
}
