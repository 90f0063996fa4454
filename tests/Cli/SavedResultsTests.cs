using Vitrine.Attributions;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>Reading back what a data-set run wrote: a row of it, a report on all of it.</summary>
public sealed class SavedResultsTests : IDisposable
{
    private readonly TinyModel _model = new();
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Report_OnAFileOfRows_IsTheReportOnTheirResults()
    {
        Explain("a.jsonl", "saliency,input_x_gradient", "good movie\n\na bad movie\n");
        Run("explain", "good movie", "--model", _model.Path, "--method", "saliency,input_x_gradient", "--json", "1.json");
        Run("explain", "a bad movie", "--model", _model.Path, "--method", "saliency,input_x_gradient", "--json", "2.json");

        string rows = Run("report", "--from", "a.jsonl", "--json", "-").IsDone().Output;

        Assert.Equal(Run("report", "--from", "1.json", "--from", "2.json", "--json", "-").IsDone().Output, rows);
        Assert.Contains("\"texts\": \"2\"", rows, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_OnOneFilePerMethod_JoinsTheirTexts()
    {
        Explain("a.jsonl", "saliency", "good movie\na bad movie\n");
        Explain("b.jsonl", "input_x_gradient", "good movie\na bad movie\n");

        Analysis[] texts = [.. SavedResults.Analyses([_folder.File("a.jsonl"), _folder.File("b.jsonl")])];

        Assert.Equal(["good movie", "a bad movie"], texts.Select(text => text.Title));
        Assert.All(texts, text => Assert.Equal(["saliency", "input_x_gradient"], text.Results.Select(r => r.Method)));
    }

    [Fact]
    public void Report_OnTheSameTextTwice_CountsTwo()
    {
        Explain("a.jsonl", "saliency", "good movie\ngood movie\n");

        Assert.Contains("texts 2", Run("report", "--from", "a.jsonl").IsDone().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_OnAFileThatIsNone_SaysWhichLine()
    {
        Explain("a.jsonl", "saliency", "good movie\n");
        File.AppendAllText(_folder.File("a.jsonl"), "{\"row\": 2, \"resu");

        Run("report", "--from", "a.jsonl").IsRefused(ExitCode.Input, "line 3", "a.jsonl");
        Run("report", "--from", "none.jsonl").IsRefused(ExitCode.Input, "none.jsonl", "no such file");
        File.WriteAllText(_folder.File("empty.jsonl"), "{\"format\":\"vitrine.rows\"}\n");
        Run("report", "--from", "empty.jsonl").IsRefused(ExitCode.Input, "nothing to report on");
    }

    [Fact]
    public void Show_ARow_IsDrawnOrToldWhyNot()
    {
        Explain("a.jsonl", "saliency", "good movie\n\na bad movie\n");

        Assert.Contains("bad", Run("show", "a.jsonl", "--row", "3").IsDone().Output, StringComparison.Ordinal);
        Run("show", "a.jsonl", "--row", "2").IsRefused(ExitCode.Input, "row 2", "the error");
        Run("show", "a.jsonl", "--row", "4").IsRefused(ExitCode.Usage, "no row 4", "got 3 rows");
    }

    private CliRun Run(params string[] words) => CliRun.Of(words, folder: _folder.Path);

    private void Explain(string to, string methods, string texts)
    {
        File.WriteAllText(_folder.File("in.txt"), texts);
        Run("explain", "--model", _model.Path, "--input", "in.txt", "--method", methods, "--output", to);
    }
}
