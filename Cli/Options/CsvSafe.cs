using System.CommandLine;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary><c>--csv-safe</c>: tables that a spreadsheet may open.</summary>
internal sealed class CsvSafe
{
    private const string Name = "--csv-safe";

    /// <summary>The option.</summary>
    public Option<bool> Option { get; } = new(Name)
    {
        Description = "Write tables for spreadsheets: an apostrophe before texts that would be taken for formulas, control characters made "
            + "visible (docs/CSV.md).",
    };

    /// <summary>A table as a command line wants it.</summary>
    public static Func<string> Of(ParseResult parsed, Func<string> csv) =>
        parsed.GetValue<bool>(Name) ? () => SpreadsheetCsv.Safe(csv()) : csv;
}
