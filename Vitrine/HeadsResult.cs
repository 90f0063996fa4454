using System.Globalization;
using System.Text.Json.Nodes;
using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>The random tokens by which heads are measured.</summary>
public sealed record HeadsRequest
{
    /// <summary>A text whose tokens are drawn from; null: the vocabulary without special tokens.</summary>
    public string? Tokens { get; init; }

    /// <summary>Tokens per round; each sequence is two equal rounds of different tokens. From 2 on.</summary>
    public int Length { get; init; } = 24;

    /// <summary>Sequences, from 1 on.</summary>
    public int Count { get; init; } = 32;

    /// <summary>Equal seeds give equal sequences.</summary>
    public int Seed { get; init; } = 1;

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Count} sequences of twice {Length} tokens, seed {Seed}");
}

/// <summary>Which heads of a language model look back in random tokens that come twice, and what repetition costs without each.</summary>
public sealed record HeadsResult
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>All numbers.</summary>
    public required HeadScores Scores { get; init; }

    /// <summary>Sequences.</summary>
    public required int Count { get; init; }

    /// <summary>Tokens per round.</summary>
    public required int Length { get; init; }

    /// <summary>Every head's pattern on the first sequence, by layer and head: weight of [query, key], 0–1.</summary>
    public required IReadOnlyList<IReadOnlyList<float[,]>> Patterns { get; init; }

    /// <summary>The tokens of the first sequence.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>What should be known about how the model was read; empty for most.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>The table that <c>vitrine heads</c> prints.</summary>
    public override string ToString()
    {
        var text = new StringWriter { NewLine = "\n" };
        Table().WriteWhole(text);
        return text.ToString();
    }

    /// <summary>The table in Markdown.</summary>
    public string ToMarkdown() => Table().Markdown();

    /// <summary>Every head's pattern on the first sequence.</summary>
    public string ToSvg() => AttentionMap.Svg(Patterns, Tokens, Tokens,
        string.Create(CultureInfo.InvariantCulture, $"{Model}: where each head looks in {Length} random tokens, twice"));

    /// <summary>All numbers as JSON (<c>docs/JSON.md</c>).</summary>
    public string ToJson() => ResultJsonText.Of(new()
    {
        ["format"] = "vitrine.heads",
        ["version"] = 1,
        ["model"] = Model,
        ["sequences"] = Count,
        ["length"] = Length,
        ["first_loss"] = Scores.FirstLoss,
        ["repeat_loss"] = Scores.RepeatLoss,
        ["heads"] = new JsonArray([.. Scores.Heads.Select(head => (JsonNode)new JsonObject
        {
            ["layer"] = head.Layer,
            ["head"] = head.Head,
            ["previous"] = head.Previous,
            ["duplicate"] = head.Duplicate,
            ["induction"] = head.Induction,
            ["loss_without"] = head.LossWithout,
        })]),
        ["warnings"] = ResultJsonText.Texts(Notices),
    });

    private Grid Table() => new()
    {
        Title = string.Create(CultureInfo.InvariantCulture,
            $"{Markup.Visible(Model)}: loss {Scores.FirstLoss:0.00} nats per token in the first round, {Scores.RepeatLoss:0.00} in the "
                + $"second"),
        Head = ["head", ">previous", ">duplicate", ">induction", ">second round without it"],
        Rows = [.. Scores.Heads.Select(h => (string[])[$"{h.Layer}.{h.Head}", Number(h.Previous), Number(h.Duplicate), Number(h.Induction),
            Number(h.LossWithout)])],
        Note = string.Create(CultureInfo.InvariantCulture,
            $"{Count} sequences of {Length} random tokens, twice. Mean attention to the token before; and in the "
                + $"second round to the same token in the first, and to what followed it there."),
    };

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
