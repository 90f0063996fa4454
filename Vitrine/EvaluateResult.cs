using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>Which method explains best, by every metric.</summary>
public sealed record EvaluateResult
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>Every number, and what they amount to.</summary>
    public required Scoreboard Board { get; init; }

    /// <summary>What was evaluated: texts, score, baseline, seed.</summary>
    public required IReadOnlyList<Fact> Facts { get; init; }

    /// <summary>The texts in their order: the number of the row, and its <c>id</c> where it has one.</summary>
    public required IReadOnlyList<(long Row, string? Id)> Rows { get; init; }

    /// <summary>Rows that could not be used.</summary>
    public IReadOnlyList<SkippedRow> Skipped { get; init; } = [];

    /// <summary>What should be known about how the model was read; empty for most.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>The table that <c>vitrine evaluate</c> prints, 100 characters wide.</summary>
    public override string ToString() => ToText(100);

    /// <summary>The same for a terminal of your own.</summary>
    /// <param name="width">Character cells per line.</param>
    public string ToText(int width)
    {
        var text = new StringWriter { NewLine = "\n" };
        Grid table = ScoreboardView.Table(Board);
        foreach (Grid part in table.Fit(width))
        {
            part.Write(text);
            text.WriteLine();
        }
        text.WriteLine(table.Note);
        return text.ToString();
    }

    /// <summary>One self-contained HTML page.</summary>
    public string ToHtml() => ScoreboardView.Html(Model, [.. Facts, .. Notices.Select(notice => new Fact("notice", notice))], Board);

    /// <summary>The table in Markdown.</summary>
    public string ToMarkdown() => (ScoreboardView.Table(Board) with { Title = $"{Model}: which method explains best?" }).Markdown();

    /// <summary>All numbers as JSON (<c>docs/JSON.md</c>).</summary>
    public string ToJson() => ScoreboardJson.ToJson(Board, Facts.ToDictionary(f => f.Name, f => f.Value), Notices) + "\n";

    /// <summary>One record per method and metric (<c>docs/CSV.md</c>).</summary>
    public string ToCsv() => Board.ToCsv();

    /// <summary>The same table as Parquet, with the same columns; needs the package <c>Vitrine.Data</c>.</summary>
    /// <exception cref="RequestException">It is missing.</exception>
    public byte[] ToParquet() => ColumnFiles.Parquet(Board.ToTable());

    /// <summary>Every single number, one record per text, method and metric (<c>docs/CSV.md</c>).</summary>
    public string TextsToCsv() => Board.TextsToCsv(Rows);
}
