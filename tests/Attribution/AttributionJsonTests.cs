using System.Text.Json.Nodes;
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
        AttributionResult result = new IntegratedGradients().Attribute(Toys.TwoSides(),
            new() { KeepRaw = true, Baseline = Baseline.Token(2) });

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
    [InlineData("", "not JSON")]
    [InlineData("[1]", "is of another kind")]
    [InlineData("{\"format\": \"vitrine.attribution\", \"version\": 1}", "has no 'result'")]
    [InlineData("null", "the value is null")]
    [InlineData("{\"format\": \"other\", \"version\": 1, \"result\": null}", "result is null")]
    public void FromJson_NotOurs_SaysSo(string json, string part) =>
        Assert.Contains(part, Assert.Throws<VitrineException>(() => AttributionJson.FromJson(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void FromJson_NewerVersion_SaysSo()
    {
        string json = new Saliency().Attribute(Toys.Network(), new()).ToJson()
            .Replace("\"version\": 1", "\"version\": 2", StringComparison.Ordinal);

        Assert.Contains("got 2; expected 1 to 1", Assert.Throws<VitrineException>(() => AttributionJson.FromJson(json)).Message,
            StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string> Misfits => new()
    {
        { "targets.0.reach", "[9]", "targets[0].reach" },
        { "targets.0.reach", "[]", "targets[0].reach" },
        { "targets.0.probability", "1.5", "targets[0].probability" },
        { "targets.0", "null", "targets[0]" },
        { "targets", "[]", "targets" },
        { "sides", "[]", "sides" },
        { "sides.0", "null", "sides" },
        { "sides.0.scores", "[[1]]", "sides[0].scores" },
        { "sides.0.scores", "[null]", "sides[0].scores" },
        { "sides.0.given_length", "99", "sides[0].given_length" },
        { "sides.0.tokens.0.text", "7", "sides[0].tokens[0].text" },
        { "sides.0.tokens.0.end", "-1", "sides[0].tokens[0].end" },
        { "sides.0.tokens.0", "null", "sides[0].tokens[0]" },
        { "method", "null", "result.method is null" },
        { "method", "[5]", "result.method is of another kind" },
        { "parameters", "{\"a\": null}", "parameters" },
        { "alignment", "[{\"source\": 0, \"target\": 5, \"score\": 1}]", "alignment" },
        { "sides.0.raw", "{\"shape\": [1, 2], \"data\": \"AAAA\"}", "result.sides[0] does not fit; got A tensor" },
    };

    [Theory]
    [MemberData(nameof(Misfits))]
    public void FromJson_AFieldThatDoesNotFit_IsNamed(string path, string value, string named)
    {
        JsonNode root = JsonNode.Parse(Results.Of("saliency", "a b", 1, 2).ToJson())!, place = root["result"]!;
        string[] steps = path.Split('.');
        foreach (string step in steps[..^1])
        {
            place = int.TryParse(step, out int index) ? place[index]! : place[step]!;
        }
        if (int.TryParse(steps[^1], out int last))
        {
            place[last] = JsonNode.Parse(value);
        }
        else
        {
            place[steps[^1]] = JsonNode.Parse(value);
        }
        if (path.EndsWith("tokens.0.text", StringComparison.Ordinal))
        {
            root["result"]!["sides"]![0]!["texts"] = new JsonArray("a b");
        }

        Assert.Contains(named, Assert.Throws<VitrineException>(() => AttributionJson.FromJson(root.ToJsonString())).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void FromJson_AFileFromBeforeAMemberWasAdded_IsRead()
    {
        JsonNode root = JsonNode.Parse(Results.Of("saliency", "a b", 1, 2).ToJson())!;
        foreach (string later in new[] { "aggregated_axes", "warnings", "versions", "parameters" })
        {
            root["result"]!.AsObject().Remove(later);
        }

        AttributionResult read = AttributionJson.FromJson(root.ToJsonString());

        Assert.Empty(read.AggregatedAxes);
        Assert.Empty(read.Warnings);
        Assert.Empty(read.Parameters);
    }

    [Theory]
    [InlineData("\"method\": \"saliency\"", "\"method\": \"saliency\", \"method\": \"lime\"", "result.method stands there twice")]
    [InlineData("\"saliency\"", "\"\\ud83d\"", "result.method holds half of a surrogate pair")]
    public void FromJson_KeyTwiceOrHalfAPair_IsRefused(string part, string by, string said)
    {
        string json = Results.Of("saliency", "a b", 1, 2).ToJson().Replace(part, by, StringComparison.Ordinal);

        Assert.Contains(said, Assert.Throws<VitrineException>(() => AttributionJson.FromJson(json)).Message,
            StringComparison.Ordinal);
    }
}
