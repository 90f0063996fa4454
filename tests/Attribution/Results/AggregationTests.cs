using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions;

public class AggregationTests
{
    private static readonly AttributionResult s_pieces = Results.Of("m", "[CLS] un ##believ ##able movie [SEP]", 0, 0.5f, -1, 0.25f, 2, 0);

    [Theory]
    [InlineData("sum", -0.25)]
    [InlineData("mean", -0.25 / 3)]
    [InlineData("max", 0.5)]
    [InlineData("min", -1)]
    [InlineData("prod", -0.125)]
    [InlineData("absmax", -1)]
    [InlineData("vnorm", 1.1456439)]
    [InlineData("l1", 1.75)]
    public void Words_EachAggregator_AsDefined(string name, double expected)
    {
        AttributionResult words = s_pieces.Words(Aggregators.Get(name));

        Assert.Equal(["[CLS]", "unbelievable", "movie", "[SEP]"], words.Sides[0].Tokens.Select(t => t.Piece));
        Assert.Equal(expected, words.Sides[0].Scores[0][1], 1e-6);
        Assert.Equal(2f, words.Sides[0].Scores[0][2]);
        Assert.Equal([4], words.Targets[0].Reach);
    }

    [Fact]
    public void Words_Sum_KeepsTotalAndGap()
    {
        AttributionResult words = s_pieces.Words();

        Assert.Equal(s_pieces.Sides[0].Scores[0].Sum(), words.Sides[0].Scores[0].Sum());
        Assert.Equal(0.125, words.Targets[0].Delta);
        Assert.Equal("f(x) − f(baseline)", words.SumsTo);
        Assert.Null(s_pieces.Words(Aggregators.Get("absmax")).SumsTo);
    }

    [Fact]
    public void Words_WrittenText_MergesRowsAndColumns()
    {
        // "the cat" | "jum ped over": the third row cannot see the last written token.
        AttributionResult pieces = Results.Written("Ġthe Ġcat Ġjum ped Ġover", 2, [1, 2, 0, 0], [3, 4, 5, 0], [6, 7, 8, 9]);

        AttributionResult words = pieces.Words();

        Assert.Equal(["Ġthe", "Ġcat", "Ġjumped"], words.Sides[0].Tokens.Select(t => t.Piece));
        Assert.Equal(["Ġjumped", "Ġover"], words.Targets.Select(t => t.Label));
        Assert.Equal([4f, 6, 5], words.Sides[0].Scores[0]);
        Assert.Equal([6f, 7, 17], words.Sides[0].Scores[1]);
        Assert.Equal(0.25, words.Targets[0].Probability);
        Assert.Equal(0.25, words.Targets[0].Score);
        Assert.Equal([3], words.Targets[0].Reach);
        Assert.Equal(2, words.Sides[0].GivenLength);
    }

    [Fact]
    public void Words_MeanOfWhatATargetCannotSee_DoesNotCountIt()
    {
        AttributionResult pieces = Results.Written("Ġthe Ġcat Ġjum ped Ġover", 2, [1, 2, 0, 0], [3, 4, 5, 0], [6, 7, 8, 9]);

        Assert.Equal([2f, 3, 5], pieces.Words(Aggregators.Mean).Sides[0].Scores[0]);
    }

    [Fact]
    public void Words_ChineseInOneWordOfTheTokenizer_StaysApart()
    {
        const string Text = "我喜欢 reading-rooms!";
        SideScores side = new()
        {
            Name = "source",
            Texts = [Text],
            Tokens = [new(1, "我", 0, 1, 0, 0), new(2, "喜欢", 1, 3, 0, 0), new(3, "▁read", 4, 8, 0, 1), new(4, "ing", 8, 11, 0, 1),
                new(5, "-", 11, 12, 0, 1), new(6, "rooms", 12, 17, 0, 1), new(7, "!", 17, 18, 0, 1)],
            GivenLength = 7,
            Scores = [[1, 2, 3, 4, 5, 6, 7]],
        };

        AttributionResult words = (s_pieces with { Sides = [side], Targets = [s_pieces.Targets[0] with { Reach = [7] }] }).Words();

        Assert.Equal(["我", "喜欢", "reading-rooms", "!"], words.Sides[0].Tokens.Select(t => t.Piece));
        Assert.Equal([1f, 2, 18, 7], words.Sides[0].Scores[0]);
    }

    [Fact]
    public void Spans_OfPhrases_BecomeOneToken()
    {
        const string Text = "not good at all";
        AttributionResult result = s_pieces with
        {
            Targets = [s_pieces.Targets[0] with { Reach = [4] }],
            Sides = [new() { Name = "source", Texts = [Text], Tokens =
                [new(1, "not", 0, 3), new(2, "good", 4, 8), new(3, "at", 9, 11), new(4, "all", 12, 15)], GivenLength = 4,
                    Scores = [[-3, 2, 0.5f, 0.25f]] }],
        };

        AttributionResult merged = result.Spans(TokenSpan.Find(result, "Not good"));

        Assert.Equal(["not good", "at", "all"], merged.Sides[0].Tokens.Select(t => t.Piece));
        Assert.Equal([-1f, 0.5f, 0.25f], merged.Sides[0].Scores[0]);
        Assert.Equal([2f, 0.25f], result.Slices([new(0, 1, 2), new(0, 3, 4)]).Sides[0].Scores[0]);
        Assert.Null(result.Slices([new(0, 1, 2)]).Targets[0].Delta);
        Assert.Throws<VitrineException>(() => TokenSpan.Find(result, "bad"));
        Assert.Throws<VitrineException>(() => result.Spans([new(0, 0, 2), new(0, 1, 3)]));
        Assert.Throws<VitrineException>(() => result.Spans([new(0, 3, 5)]));
    }

    [Fact]
    public void Minus_TwoTexts_FirstMinusSecond()
    {
        AttributionResult he = Results.Of("m", "he is a nurse", 1, 2, 3, 4), she = Results.Of("m", "she is a nurse", 0.5f, 1, 1, 5);

        AttributionResult difference = he.Minus(she);

        Assert.Equal([0.5f, 1, 2, -1], difference.Sides[0].Scores[0]);
        Assert.Equal(["he → she", "is", "a", "nurse"], difference.Sides[0].Tokens.Select(t => t.Piece));
        Assert.Throws<VitrineException>(() => he.Minus(Results.Of("m", "she is", 1, 2)));
    }

    [Fact]
    public void Chain_WordsThenNormalise_SumsToOneInMagnitude()
    {
        AttributionResult result = s_pieces.Words().Normalise();

        Assert.Equal(1, result.Sides[0].Scores[0].Sum(MathF.Abs), 1e-6);
        Assert.Equal("sum", result.Parameters["words"]);
        Assert.Equal("l1", result.Parameters["normalised"]);
    }

    [Fact]
    public void Words_OfAShippedModelsText_FollowTheSentence()
    {
        using var tiny = new TinyModel();
        ITransformer model = ModelLoader.Load(tiny.Path);
        ScoreFunction f = Targets.Labels(model, ExplainedText.Of(model.Tokenizer!.Encode("A good filmed movie.")));

        AttributionResult words = new Saliency().Attribute(f, AttributionRequest.Default).Words(Aggregators.Get("absmax"));

        Assert.Equal(["[CLS]", "a", "good", "filmed", "movie", ".", "[SEP]"], words.Sides[0].Tokens.Select(t => t.Piece));
    }
}
