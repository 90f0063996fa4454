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
    public static string ToCsv(IEnumerable<IReadOnlyList<AttributionResult>> texts)
    {
        var table = new CsvText(
            "text", "method", "step", "target", "label", "label_id", "label_position", "sequence_length", "probability", "f_x",
            "f_baseline", "delta",
            "side", "position", "token", "token_id", "surface", "start", "end", "is_special", "is_written", "score");
        int text = 0;
        foreach (IReadOnlyList<AttributionResult> results in texts)
        {
            text++;
            foreach (AttributionResult result in results)
            {
                Add(table, text, result);
            }
        }
        return table.ToString();
    }

    private static void Add(CsvText table, int text, AttributionResult result)
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
