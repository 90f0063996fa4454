namespace Vitrine.Attributions;

/// <summary>
/// Explanations as a table for spreadsheets and statistics: one record per text, method, target and token. The columns are in
/// <c>docs/CSV.md</c>.
/// </summary>
public static class AttributionCsv
{
    /// <summary>The results of one text.</summary>
    public static string ToCsv(this IReadOnlyList<AttributionResult> results) => ToCsv([results]);

    /// <summary>The results of several texts, numbered from 1.</summary>
    public static string ToCsv(IEnumerable<IReadOnlyList<AttributionResult>> texts) => ToTable(texts).ToCsv();

    /// <summary>The results of several texts, numbered from 1, as typed columns.</summary>
    public static ResultTable ToTable(IEnumerable<IReadOnlyList<AttributionResult>> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        (Type whole, Type real, Type flag, Type word) = (typeof(long), typeof(double), typeof(bool), typeof(string));
        var table = new ResultTable(
            ("text", whole), ("method", word), ("step", word), ("target", whole), ("label", word), ("label_id", whole),
            ("label_position", whole), ("sequence_length", whole), ("probability", real), ("f_x", real), ("f_baseline", real),
            ("delta", real), ("side", word), ("position", whole), ("token", word), ("token_id", whole), ("surface", word),
            ("start", whole), ("end", whole), ("is_special", flag), ("is_written", flag), ("score", real));
        int text = 0;
        foreach (IReadOnlyList<AttributionResult> results in texts)
        {
            text++;
            foreach (AttributionResult result in results)
            {
                Add(table, text, result);
            }
        }
        return table;
    }

    private static void Add(ResultTable table, int text, AttributionResult result)
    {
        for (int t = 0; t < result.Targets.Count; t++)
        {
            ExplainedTarget target = result.Targets[t];
            for (int s = 0; s < result.Sides.Count; s++)
            {
                SideScores side = result.Sides[s];
                for (int p = 0; p < side.Tokens.Count; p++)
                {
                    InputToken token = side.Tokens[p];
                    bool hasText = token.Text >= 0 && token.Text < side.Texts.Count && token.End > token.Start
                        && token.End <= side.Texts[token.Text].Length;
                    table.Add(
                        text, result.Method, result.StepName, t, target.Label, target.Id, target.Position, target.SequenceLength,
                        target.Probability, target.Score, target.BaselineScore, target.Delta,
                        side.Name, p, token.Piece, token.Id, hasText ? side.Texts[token.Text][token.Start..token.End] : "", token.Start,
                        token.End, token.IsSpecial,
                        side.Name == "target" || p >= side.GivenLength, p < target.Reach[s] ? side.Scores[t][p] : null);
                }
            }
        }
    }
}
