namespace Vitrine;

/// <summary>A row as the request that would ask the same: the request of the whole run, with what the row names over it.</summary>
internal static class RowRequest
{
    // What a row may say about itself. Anything else in it is its own affair: a column called "html" must not write files.
    private static readonly string[] s_fields =
        ["context", "target", "forced", "forced_ids", "ids", "contrast", "contrast_input", "choice", "gold_alignment"];

    /// <summary>The columns that mean something, for help.</summary>
    public static string Fields => "text, " + string.Join(", ", s_fields);

    /// <summary>What of a row is read by every task.</summary>
    /// <param name="run">The request of the run.</param>
    /// <param name="row">The row.</param>
    /// <exception cref="RequestException">The row is broken, or says nothing to work on.</exception>
    public static T Read<T>(T run, DataRow row)
        where T : TextRequest
    {
        if (row.Error is { } error)
        {
            throw new RequestException(Fault.Text, error);
        }
        string? ids = One(row, "ids"), text = row["text"] ?? row["question"];
        if (text is null && ids is null)
        {
            throw new RequestException(Fault.Text,
                $"no text; got the columns {string.Join(", ", row.Fields.Keys)}; expected one called text. Name it with --columns "
                    + $"text=NAME.");
        }
        return (T)(run with
        {
            Text = WithoutLineBreak(text),
            Ids = ids is null ? run.Ids : TokenIds.Parse(ids),
            Context = One(row, "context") ?? run.Context,
            Choices = Values(row, "choice") ?? run.Choices,
        });
    }

    /// <summary>What of a row an explanation reads.</summary>
    /// <inheritdoc cref="Read"/>
    public static ExplainRequest Explain(ExplainRequest run, DataRow row) => Read(run, row) with
    {
        Targets = Values(row, "target") ?? run.Targets,
        Forced = One(row, "forced") ?? run.Forced,
        ForcedIds = One(row, "forced_ids") is { } forced ? TokenIds.Parse(forced) : run.ForcedIds,
        Contrast = One(row, "contrast") ?? run.Contrast,
        ContrastInput = One(row, "contrast_input") ?? run.ContrastInput,
        GoldAlignment = One(row, "gold_alignment") ?? run.GoldAlignment,
    };

    private static string? WithoutLineBreak(string? text) =>
        text is null ? null : text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text is [.., '\n'] ? text[..^1] : text;

    private static string? One(DataRow row, string name) => Values(row, name) is { } values ? string.Join(' ', values) : null;

    private static string[]? Values(DataRow row, string name) =>
        row.Fields.TryGetValue(name.Replace('_', '-'), out string[]? values) || row.Fields.TryGetValue(name, out values) ? values : null;
}
