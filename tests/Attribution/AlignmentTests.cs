using Vitrine.Attributions;
using Xunit;

namespace Vitrine.Tests;

public sealed class AlignmentTests
{
    [Fact]
    public void Alignment_OfATranslation_LinksTheStrongestSourceToken()
    {
        AttributionResult result = Samples.Translation.Results[0];

        IReadOnlyList<AlignmentLink> links = Alignment.Of(result);

        Assert.Equal("0-0 1-1 2-2 3-3", Alignment.Pharaoh(links)); // </s> has none
        Assert.All(links, link => Assert.InRange(link.Score, 0.2f, 1));
    }

    [Fact]
    public void Alignment_OfAClassification_IsEmpty() => Assert.Empty(Alignment.Of(Samples.Sentiment.Results[0]));

    [Theory]
    [InlineData("0-0 1-1", 0)]
    [InlineData("0-1 1-0", 1)]
    [InlineData("0-0 1p1", 0)]
    [InlineData("0-0 1-0", 0.5)]
    [InlineData("0p0", 0.5)]
    public void ErrorRate_OfTwoLinks_IsOchAndNeys(string reference, double rate) =>
        Assert.Equal(rate, Alignment.ErrorRate([new(0, 0, 1), new(1, 1, 1)], reference), 12);
}
