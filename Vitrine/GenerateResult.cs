using System.Text.Json.Nodes;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>What a model wrote.</summary>
public sealed record GenerateResult
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The text; where the model has no tokenizer, the token ids with spaces between them.</summary>
    public required string Text { get; init; }

    /// <summary>Its tokens.</summary>
    public required IReadOnlyList<GeneratedToken> Tokens { get; init; }

    /// <summary>What should be known about how the model was read; empty for most.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>The text.</summary>
    public override string ToString() => Text;

    /// <summary>Every token with its id and probability, as <c>--scores</c> lists them.</summary>
    public string ToTable()
    {
        var text = new StringWriter { NewLine = "\n" };
        new Grid
        {
            Head = [">id", "token", ">probability"],
            Rows = [.. Tokens.Select(token => (string[])[FormattableString.Invariant($"{token.Id}"), token.Text,
                Numbers.Percent(token.Probability)])],
        }.Write(text);
        return text.ToString();
    }

    /// <summary>All numbers as JSON (<c>docs/JSON.md</c>).</summary>
    public string ToJson() => ResultJsonText.Of(new()
    {
        ["format"] = "vitrine.generation",
        ["version"] = 1,
        ["model"] = Model,
        ["text"] = Text,
        ["tokens"] = new JsonArray([.. Tokens.Select(token =>
            (JsonNode)new JsonObject { ["id"] = token.Id, ["text"] = token.Text, ["probability"] = token.Probability })]),
        ["warnings"] = new JsonArray([.. Notices.Select(notice => (JsonNode)notice)]),
    });
}

/// <summary>A token that a model wrote.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Text">How it reads.</param>
/// <param name="Probability">The model's probability of it, 0–1.</param>
public readonly record struct GeneratedToken(int Id, string Text, double Probability)
{
    /// <summary>For example <c>sat 31.0 %</c>.</summary>
    public override string ToString() => $"{Text} {Numbers.Percent(Probability)}";
}

/// <summary>A token that a model has just written, and the text up to it.</summary>
/// <param name="Token">The token.</param>
/// <param name="Text">Everything that is written so far.</param>
public readonly record struct WrittenSoFar(GeneratedToken Token, string Text)
{
    /// <summary>The text so far.</summary>
    public override string ToString() => Text;
}
