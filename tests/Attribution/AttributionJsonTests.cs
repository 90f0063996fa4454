using Vitrine.Attributions;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Attributions;

public class AttributionJsonTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FromJson_WhatToJsonWrote_IsTheSame(bool indented)
    {
        AttributionResult result = new IntegratedGradients().Attribute(Toys.TwoSides(), new() { KeepRaw = true, Baseline = Baseline.Token(2) });

        AttributionResult read = AttributionJson.FromJson(result.ToJson(indented));

        Assert.Equal(result.ToJson(), read.ToJson());
        Assert.Equal(result.Sides[1].Scores, read.Sides[1].Scores);
        Assert.Equal(result.Sides[1].Raw!.ToArray(), read.Sides[1].Raw!.ToArray());
        Assert.Equal(result.Targets[0].Delta, read.Targets[0].Delta);
        Assert.Equal("token:2", read.Baseline);
    }

    [Fact]
    public void ToJson_Compact_IsOneLine() =>
        Assert.DoesNotContain('\n', new Saliency().Attribute(Toys.Network(), new()).ToJson(indented: false));

    [Theory]
    [InlineData("", "cannot be read")]
    [InlineData("[1]", "cannot be read")]
    [InlineData("{\"format\": \"vitrine.attribution\", \"version\": 1}", "cannot be read")]
    [InlineData("null", "another format")]
    public void FromJson_NotOurs_SaysSo(string json, string part) =>
        Assert.Contains(part, Assert.Throws<VitrineException>(() => AttributionJson.FromJson(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void FromJson_NewerVersion_SaysSo()
    {
        string json = new Saliency().Attribute(Toys.Network(), new()).ToJson().Replace("\"version\": 1", "\"version\": 2", StringComparison.Ordinal);

        Assert.Contains("got 2; expected 1 to 1", Assert.Throws<VitrineException>(() => AttributionJson.FromJson(json)).Message, StringComparison.Ordinal);
    }
}
