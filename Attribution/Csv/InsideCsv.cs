namespace Vitrine.Attributions;

/// <summary>Results of looking inside as a table for spreadsheets and statistics. The columns are in <c>docs/INSIDE.md</c>.</summary>
public static class InsideCsv
{
    /// <summary>Every number of a result as one record: table, metric, direction, the labels of its axes, value, interval.</summary>
    public static string ToCsv(this InsideResult result) => ToTable(result).ToCsv();

    /// <summary>The same as typed columns.</summary>
    public static ResultTable ToTable(this InsideResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        int axes = result.Tables.Select(t => t.Axes.Count).DefaultIfEmpty(0).Max();
        var csv = new ResultTable([
            .. ((string[])["method", "direction", "metric", "table", .. Enumerable.Range(1, axes)
                .SelectMany(a => new[] { $"axis_{a}", $"label_{a}" })]).Select(name => (name, typeof(string))),
            ("value", typeof(double)), ("low", typeof(double)), ("high", typeof(double)), ("text", typeof(string))]);
        foreach ((string name, double value) in result.Numbers)
        {
            csv.Add([result.Method, result.Direction, result.Metric, name, .. Enumerable.Repeat<object?>(null, 2 * axes), value, null,
                null, null]);
        }
        foreach (InsideTable table in result.Tables)
        {
            for (int i = 0; i < table.Values.Length; i++)
            {
                string[] labels = table.LabelsOf(i);
                object?[] places = [.. Enumerable.Range(0, axes)
                    .SelectMany(a => a < labels.Length ? new object?[] { table.Axes[a].Name, labels[a] } : [null, null])];
                csv.Add([result.Method, result.Direction, result.Metric, table.Name, .. places, table.Values[i], table.Low?[i],
                    table.High?[i], table.Texts?[i]]);
            }
        }
        return csv;
    }
}
