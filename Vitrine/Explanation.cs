using System.Text;
using Vitrine.Attributions;
using Vitrine.Transformers;
using Vitrine.Viz;

namespace Vitrine;

/// <summary>Which words made a model decide as it did: what it said, and what every method found.</summary>
public sealed class Explanation
{
    private readonly ITokenizer? _written;
    private readonly int? _top;

    internal Explanation(Figure figure, int? top, IReadOnlyList<string> notices, ITokenizer? written) =>
        (Figure, _top, Notices, _written) = (figure, top, notices, written);

    /// <summary>Whether the written text was given and not generated.</summary>
    internal bool IsForced { get; init; }

    /// <summary>Everything that pictures show: title, facts, predictions, results, agreement.</summary>
    public Figure Figure { get; }

    /// <summary>What the model said, most probable first; empty where it makes no choice.</summary>
    public IReadOnlyList<Prediction> Predictions => Figure.Predictions;

    /// <summary>What every method found, all numbers: targets, tokens, scores, gaps, parameters.</summary>
    public IReadOnlyList<AttributionResult> Results => Figure.Results;

    /// <summary>What a written text owes to its context; null where that was not asked.</summary>
    public ContextReliance? Context => Figure.Context;

    /// <summary>What should be known about how the model was read; empty for most.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>The words of the text and what they score for the first target by the first method; of a text that the model wrote, for
    /// all its tokens together.</summary>
    public IReadOnlyList<ScoredWord> Words => Results is [var first, ..] ? ScoredWord.Of(Whole(first).Words()) : [];

    /// <summary>The same of single tokens, those of the model's format included.</summary>
    public IReadOnlyList<ScoredWord> Tokens => Results is [var first, ..] ? ScoredWord.Of(Whole(first), withSpecial: true) : [];

    /// <summary>Several saved results as one explanation: side by side, with how far they agree.</summary>
    /// <param name="results">At least one, all over the same tokens.</param>
    /// <param name="request">What becomes of the scores: words, spans, scale, combination; null: nothing.</param>
    /// <param name="title">The heading; null: the model's name.</param>
    /// <exception cref="RequestException">There are none.</exception>
    /// <exception cref="Vitrine.Tensors.VitrineException">They are about different tokens.</exception>
    public static Explanation Of(IReadOnlyList<AttributionResult> results, ExplainRequest? request = null, string? title = null)
    {
        request ??= new();
        var figure = new Figure
        {
            Title = title ?? (results is [var first, ..] ? first.Model ?? "results"
                : throw new RequestException(Fault.Text, "explanation: no results; got none; expected at least one.")),
            Results = results,
        };
        return new(ResultForm.Of(request).Apply(figure, request.Top), request.Top, [], null);
    }

    /// <summary>What <c>vitrine explain</c> prints: in colour on a screen that has it, plain where output goes to a file or pipe.</summary>
    public override string ToString() => ToText(ConsoleOptions.OfProcess()) + string.Concat(Notices.Select(notice => $"! {notice}\n"));

    /// <summary>The same for a terminal of your own, without the model's notices.</summary>
    /// <param name="options">Its width and colours.</param>
    public string ToText(ConsoleOptions options)
    {
        var text = new StringWriter { NewLine = "\n" };
        ConsoleView.Write(Figure, text, options with { Top = options.Top ?? _top });
        return text.ToString();
    }

    /// <summary>One self-contained HTML page.</summary>
    public string ToHtml() => TokenHeatmap.Html(WithNotices());

    /// <summary>A picture: bars, a matrix for a written text, or a comparison of methods or targets.</summary>
    /// <exception cref="RequestException">There is nothing to draw: a text that does not depend on its context.</exception>
    public string ToSvg() => Results.Count > 0 ? Picture.Svg(Figure, _top) : throw new RequestException(
        Fault.Text, "output: nothing to draw; got a text that does not depend on its context. --html and --json say so.");

    /// <summary>All numbers as JSON (<c>docs/JSON.md</c>): one object, or an array for several methods.</summary>
    public string ToJson()
    {
        IReadOnlyList<AttributionResult> results = WithNotices().Results;
        if (Context is { } context)
        {
            return (results is [var attribution] ? context with { Attribution = attribution } : context).ToJson() + "\n";
        }
        if (Figure.Ranking.Count > 0)
        {
            return CombinationJson.ToJson(results[^1], [.. results.SkipLast(1)], Figure.Agreements, Figure.Ranking) + "\n";
        }
        return results is [var only] ? only.ToJson() + "\n"
            : new StringBuilder("[\n").AppendJoin(",\n", results.Select(r => r.ToJson())).Append("\n]\n").ToString();
    }

    /// <summary>A table, one record per method, target and token (<c>docs/CSV.md</c>).</summary>
    public string ToCsv() => Results.ToCsv();

    /// <summary>The same table as Parquet, with the same columns; needs the package <c>Vitrine.Data</c>.</summary>
    /// <exception cref="RequestException">It is missing.</exception>
    public byte[] ToParquet() => ColumnFiles.Parquet(AttributionCsv.ToTable([Results]));

    /// <summary>Inseq's JSON of one method on a generation or translation, which its <c>load()</c> reads.</summary>
    /// <param name="form">How arrays are written: as Inseq 0.7.1 does, in one of three precisions, or as 0.6.</param>
    /// <exception cref="RequestException">There are several methods, or none.</exception>
    public string ToInseq(InseqForm form = InseqForm.Float32) => Results.Count == 1
        ? InseqJson.Write(Results.ToInseq(Figure.Title, IsForced, _written), form)
        : throw new RequestException(Fault.Request, $"inseq: its file holds one method; got {Results.Count}; expected one --method.");

    /// <summary>Writes a file in the format that its ending names: .html, .svg, .png, .json, .csv, .parquet or .txt; it is
    /// replaced atomically.</summary>
    /// <exception cref="RequestException">The ending is another, or the file cannot be written.</exception>
    public void Save(string path) => ResultFile.Write(path, Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".html" or ".htm" => System.Text.Encoding.UTF8.GetBytes(ToHtml()),
        ".svg" => System.Text.Encoding.UTF8.GetBytes(ToSvg()),
        ".png" => PngFile.Draw(ToSvg()),
        ".json" => System.Text.Encoding.UTF8.GetBytes(ToJson()),
        ".csv" => System.Text.Encoding.UTF8.GetBytes(ToCsv()),
        ".parquet" => ToParquet(),
        ".txt" => System.Text.Encoding.UTF8.GetBytes(ToText(new())),
        var ending => throw new RequestException(
            Fault.Request, $"save: no such format; got '{(ending.Length > 0 ? ending : path)}'; expected a path that ends in .html, "
                + $".svg, .png, .json, .csv, .parquet or .txt. SaveInseq writes Inseq's JSON."),
    });

    /// <summary>Writes Inseq's JSON; gzipped where the path ends in .gz, which its <c>load</c> reads with <c>decompress=True</c>.</summary>
    /// <inheritdoc cref="ToInseq"/>
    public void SaveInseq(string path, InseqForm form = InseqForm.Float32) =>
        ResultFile.Write(path, path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? InseqJson.Compressed(ToInseq(form))
            : System.Text.Encoding.UTF8.GetBytes(ToInseq(form)));

    /// <summary>The figure with the model's notices among the warnings of every result, for files.</summary>
    internal Figure WithNotices() => Notices.Count == 0 ? Figure : Figure with
    {
        Results = [.. Results.Select(result => result with { Warnings = [.. result.Warnings, .. Notices] })],
    };

    // A written text has a target per token: together they are one.
    private static AttributionResult Whole(AttributionResult result) =>
        result.Targets.Count > 1 && (result.Sides.Count > 1 || result.Sides[0].GivenLength < result.Sides[0].Tokens.Count)
            ? result.Summary(Aggregators.Sum) : result;
}
