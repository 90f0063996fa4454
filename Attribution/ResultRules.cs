using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>
/// What holds in every result: a file is read only where its lists are as long as one another says, and its indices point at something.
/// </summary>
internal static class ResultRules
{
    /// <summary>The result, where it keeps the rules.</summary>
    /// <exception cref="VitrineException">A member is null, of another length, or out of range; the message names it.</exception>
    public static AttributionResult Checked(AttributionResult? result)
    {
        Require(result is not null, "result", "null", "an object");
        Require(result.Sides.All(side => side is not null), "sides", "null", "objects");
        result = Filled(result);
        Texts(result.Warnings, "warnings");
        Texts(result.AggregatedAxes, "aggregated_axes");
        Texts(result.Parameters.Values, "parameters");
        Texts(result.Versions.Values, "versions");
        Require(result.Sides.Count is 1 or 2, "sides", result.Sides.Count, "one or two");
        Require(result.Targets.Count > 0, "targets", 0, "at least one");
        for (int s = 0; s < result.Sides.Count; s++)
        {
            Side(result.Sides[s], result.Targets.Count, string.Create(CultureInfo.InvariantCulture, $"sides[{s}]"));
        }
        for (int t = 0; t < result.Targets.Count; t++)
        {
            Target(result.Targets[t], result.Sides, string.Create(CultureInfo.InvariantCulture, $"targets[{t}]"));
        }
        if (result.TargetTokens is { } tokens)
        {
            Require(tokens.All(token => token is { Piece: not null }), "target_tokens", "null", "tokens");
        }
        foreach (AlignmentLink link in result.Alignment ?? [])
        {
            Require(link.Source >= 0 && link.Source < result.Sides[0].Tokens.Count && link.Target >= 0
                && link.Target < result.Targets.Count,
                "alignment", $"{link.Source}-{link.Target}", "a position of the source and the number of a target");
        }
        return result;
    }

    /// <summary>Lists that a file may leave out, such as those of a later version, are empty then: the deserialiser leaves null.</summary>
    private static AttributionResult Filled(AttributionResult result) => result with
    {
        Warnings = result.Warnings ?? [],
        AggregatedAxes = result.AggregatedAxes ?? [],
        Parameters = result.Parameters ?? new Dictionary<string, string>(),
        Versions = result.Versions ?? new Dictionary<string, string>(),
        Sides = [.. result.Sides.Select(side => side with { Texts = side.Texts ?? [], RawAxes = side.RawAxes ?? [] })],
    };

    private static void Side(SideScores side, int targets, string path)
    {
        Texts(side.Texts, $"{path}.texts");
        Texts(side.RawAxes, $"{path}.raw_axes");
        int count = side.Tokens.Count;
        Require(count > 0, $"{path}.tokens", 0, "at least one");
        Require(side.GivenLength >= 0 && side.GivenLength <= count, $"{path}.given_length", side.GivenLength, $"0 to {count}");
        for (int p = 0; p < count; p++)
        {
            InputToken? token = side.Tokens[p];
            string at = string.Create(CultureInfo.InvariantCulture, $"{path}.tokens[{p}]");
            Require(token is { Piece: not null }, at, "null", "a token with its piece");
            Require(token.Text >= -1 && (side.Texts.Count == 0 || token.Text < side.Texts.Count), $"{at}.text", token.Text,
                $"-1 to {side.Texts.Count - 1}");
            int length = side.Texts.Count > 0 && token.Text >= 0 ? side.Texts[token.Text].Length : int.MaxValue;
            Require(token.Start >= 0 && token.End >= token.Start && token.End <= length, $"{at}.end", $"{token.Start} to {token.End}",
                "offsets into the text");
        }
        Require(side.Scores.Count == targets, $"{path}.scores", side.Scores.Count, $"{targets} rows, one per target");
        foreach (float[]? row in side.Scores)
        {
            Require(row is not null && row.Length == count, $"{path}.scores", row?.Length, $"rows of {count} numbers, one per token");
        }
        if (side.Raw is { } raw)
        {
            Require(raw.Shape.Rank >= 2 && raw.Shape[0] == targets && raw.Shape[1] == count && raw.Shape.Rank == 2 + side.RawAxes.Count,
                $"{path}.raw", raw.Shape, $"[{targets}, {count}] and an axis for each of raw_axes");
        }
    }

    private static void Target(ExplainedTarget? target, IReadOnlyList<SideScores> sides, string path)
    {
        Require(target is { Label: not null, Reach: not null }, path, "null", "a target with label and reach");
        Require(target.Reach.Count == sides.Count, $"{path}.reach", target.Reach.Count, $"{sides.Count} numbers, one per side");
        for (int s = 0; s < sides.Count; s++)
        {
            Require(target.Reach[s] >= 0 && target.Reach[s] <= sides[s].Tokens.Count, $"{path}.reach", target.Reach[s],
                $"0 to {sides[s].Tokens.Count}");
        }
        Require(target.Position is null or >= 0, $"{path}.position", target.Position, "at least 0");
        Require(target.SequenceLength is null or > 0, $"{path}.sequence_length", target.SequenceLength, "at least 1");
        Require(target.Probability is null or double.NaN or (>= 0 and <= 1.000001), $"{path}.probability", target.Probability, "0 to 1");
    }

    private static void Texts(IEnumerable<string> texts, string path) =>
        Require(texts.All(text => text is not null), path, "null", "texts");

    private static void Require([DoesNotReturnIf(false)] bool holds, string path, object? got, string expected)
    {
        if (!holds)
        {
            throw new VitrineException(string.Create(CultureInfo.InvariantCulture, $"attribution json: result.{path} does not fit; "
                + $"got {got ?? "null"}; expected {expected}."));
        }
    }
}
