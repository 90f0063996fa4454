using Vitrine.Attributions;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Field;

/// <summary>Texts that came from a file or an argument neither move a cursor nor become a formula.</summary>
public sealed class HostileTextTests : IDisposable
{
    private const string Bad = "\u001b]0;X\u0007\u009b2J";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Show_OfAFileFullOfControlCharacters_ShowsThem()
    {
        AttributionResult result = Saved();
        _folder.Write("a.json", System.Text.Encoding.UTF8.GetBytes(result.ToJson()));
        _folder.Write("b.json", System.Text.Encoding.UTF8.GetBytes($"[{result.ToJson()},{(result with { Method = "b" + Bad }).ToJson()}]"));

        foreach (string[] words in (string[][])[["show", "a.json"], ["show", "b.json"], ["report", "--from", "a.json"],
            ["combine", "b.json"], ["show", "a.json", "--html", "-"], ["show", "a.json", "--svg", "-"], ["show", $"{Bad}.json"],
            ["explain", "x", "--model", $"m{Bad}"], ["explain", "x", $"--{Bad}"], [$"x{Bad}"]])
        {
            CliRun run = CliRun.Of(words, folder: _folder.Path, width: 40);

            Assert.DoesNotContain(run.Output + run.Error, c => c is (< ' ' and not '\n') or (>= '\x7F' and < '\xA0'));
            Assert.Contains('␛', run.Output + run.Error);
        }
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("-2+3", "'-2+3")]
    [InlineData("-0.5", "-0.5")]
    [InlineData("+1E-05", "+1E-05")]
    [InlineData("plain", "plain")]
    [InlineData("\"=a,\"\"b\"\"\"", "\"'=a,\"\"b\"\"\"")]
    [InlineData("\"two\nlines\"", "\"two\nlines\"")]
    [InlineData("\t=1", "'␉=1")]
    [InlineData("＝1", "'＝1")]
    [InlineData("a\u001bb", "a␛b")]
    [InlineData("\"\"", "\"\"")]
    public void Csv_ForSpreadsheets_HoldsNoFormula(string field, string safe)
    {
        Assert.Equal($"{safe},1\r\nx,{safe}\r\n,\r\n", SpreadsheetCsv.Safe($"{field},1\r\nx,{field}\r\n,\r\n"));
    }

    [Theory]
    [InlineData("a,\"=1\"", "a,\"'=1\"")]
    [InlineData("a,=1", "a,'=1")]
    public void Csv_WithoutALastLineBreak_IsMadeSafeToItsEnd(string csv, string safe) => Assert.Equal(safe, SpreadsheetCsv.Safe(csv));

    [Fact]
    public void Csv_OfTheCommand_IsSafeOnlyWhereAsked()
    {
        _folder.Write("a.json", System.Text.Encoding.UTF8.GetBytes((Saved() with { Method = "=cmd" }).ToJson()));

        Assert.Contains(",=cmd,", CliRun.Of(["show", "a.json", "--csv", "-"], folder: _folder.Path).IsDone().Output,
            StringComparison.Ordinal);
        Assert.Contains(",'=cmd,", CliRun.Of(["show", "a.json", "--csv", "-", "--csv-safe"], folder: _folder.Path).IsDone().Output,
            StringComparison.Ordinal);
    }

    private static AttributionResult Saved() => new()
    {
        Method = "m" + Bad,
        StepName = "s" + Bad,
        Model = "model" + Bad,
        Targets =
        [
            new()
            {
                Label = "label" + Bad, Id = 1, Position = 0, Score = 1, Reach = [2],
                StepScores = new Dictionary<string, double> { ["e" + Bad] = 1 },
            },
        ],
        Sides =
        [
            new()
            {
                Name = "source" + Bad, Texts = ["ab"], GivenLength = 2, Scores = [[0.5f, -0.25f]],
                Tokens = [new(1, "a" + Bad, 0, 1), new(2, "b", 1, 2)],
            },
        ],
        Parameters = new Dictionary<string, string> { ["k" + Bad] = "v" + Bad },
        Warnings = ["w" + Bad],
    };
}
