using System.Text.Json;

namespace Vitrine.Attributions;

/// <summary>A report over many explanations as JSON. The schema is in <c>docs/JSON.md</c>.</summary>
public static class DossierJson
{
    /// <summary>The value of <c>format</c>.</summary>
    public const string Format = "vitrine.report";

    /// <summary>The report: its facts, methods, findings, words and measurements.</summary>
    public static string ToJson(this Dossier dossier) => JsonSerializer.Serialize(
        new DossierDocument
        {
            Format = Format,
            Version = 1,
            Title = dossier.Title,
            Facts = dossier.Facts,
            Methods = dossier.Methods,
            Findings = dossier.Findings,
            Words = [.. dossier.Tally.TopWords().Select(row => new LabelWords(row.Label, row.Words))],
            Evaluation = dossier.Board is null ? null : ScoreboardJson.Document(dossier.Board, dossier.Facts),
            Analyses = dossier.Tally.Briefs,
        },
        ResultJson.Indented.DossierDocument);
}

/// <summary>The outermost object of the file.</summary>
internal sealed record DossierDocument
{
    public required string Format { get; init; }

    public required int Version { get; init; }

    public required string Title { get; init; }

    public required IReadOnlyDictionary<string, string> Facts { get; init; }

    public required IReadOnlyList<string> Methods { get; init; }

    public required IReadOnlyList<Finding> Findings { get; init; }

    public required IReadOnlyList<LabelWords> Words { get; init; }

    public required ScoreboardDocument? Evaluation { get; init; }

    public required IReadOnlyList<AnalysisDocument> Analyses { get; init; }
}

/// <summary>The words of a label in JSON.</summary>
internal sealed record LabelWords(string Label, IReadOnlyList<TokenTotal> Words);
