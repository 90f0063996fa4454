namespace Vitrine.Attributions;

/// <summary>
/// An evaluation as tables: what every method amounts to, and every single number. The columns are in <c>docs/CSV.md</c>.
/// </summary>
public static class ScoreboardCsv
{
    /// <summary>One record per method and metric, the best method first.</summary>
    public static string ToCsv(this Scoreboard board) => ToTable(board).ToCsv();

    /// <summary>One record per method and metric, the best method first, as typed columns.</summary>
    public static ResultTable ToTable(this Scoreboard board)
    {
        ArgumentNullException.ThrowIfNull(board);
        var table = new ResultTable(("method", typeof(string)), ("rank", typeof(double)), ("metric", typeof(string)),
            ("higher_is_better", typeof(bool)), ("mean", typeof(double)), ("half_width", typeof(double)), ("texts", typeof(long)));
        foreach ((string method, double rank) in board.Ranking())
        {
            foreach (IMetric metric in board.Metrics)
            {
                Interval score = board.Score(method, metric);
                table.Add(method, rank, metric.Name, metric.HigherIsBetter, score.Mean, score.HalfWidth, score.Count);
            }
        }
        return table;
    }

    /// <summary>One record per text, method and metric.</summary>
    /// <param name="board">The numbers.</param>
    /// <param name="texts">What each text is called: the number of its row, and its id where it has one.</param>
    /// <exception cref="ArgumentException">There are not as many as the board has texts.</exception>
    public static string TextsToCsv(this Scoreboard board, IReadOnlyList<(long Row, string? Id)> texts)
    {
        if (texts.Count != board.Texts)
        {
            throw new ArgumentException($"scoreboard: {texts.Count} names; expected {board.Texts}.", nameof(texts));
        }
        var table = new ResultTable(("row", typeof(long)), ("id", typeof(string)), ("method", typeof(string)), ("metric", typeof(string)),
            ("value", typeof(double)));
        for (int text = 0; text < texts.Count; text++)
        {
            foreach (string method in board.Methods)
            {
                foreach (IMetric metric in board.Metrics)
                {
                    table.Add(texts[text].Row, texts[text].Id, method, metric.Name, board.Values(method, metric)[text]);
                }
            }
        }
        return table.ToCsv();
    }
}
