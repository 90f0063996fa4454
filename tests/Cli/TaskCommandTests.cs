using Vitrine.Attributions;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

public sealed class TaskCommandTests
{
    [Theory]
    [InlineData(10, 4, 1, "0-4 3-7 6-10")]
    [InlineData(10, 4, 0, "0-4 4-8 8-10")]
    [InlineData(4, 4, 2, "0-4")]
    public void Windows_OfAContext_ShareTheStride(int context, int room, int stride, string expected)
    {
        InputToken[] tokens =
        [
            new(101, "[CLS]", Text: -1, IsSpecial: true), new(5, "who", 0, 3), new(102, "[SEP]", Text: -1, IsSpecial: true),
            .. Enumerable.Range(0, context).Select(i => new InputToken(i, "w", i, i + 1, 1)), new(102, "[SEP]", Text: -1, IsSpecial: true),
        ];

        IReadOnlyList<ExplainedText> windows = AnswerWindows.Of(new() { Tokens = tokens, Texts = ["who", new string('w', context)] }, room + 4, stride);

        string[] spans = [.. windows.Select(w => w.Tokens.Where(t => t.Text == 1).ToArray()).Select(t => $"{t[0].Start}-{t[^1].End}")];
        Assert.Equal(expected, string.Join(' ', spans));
        Assert.All(windows, w => Assert.InRange(w.Tokens.Count, 5, room + 4));
    }

    [Fact]
    public void Explain_AContextLongerThanTheModel_ReadsItInWindows()
    {
        using var model = new TinyModel("bert_qa");

        CliRun run = CliRun.Of(["explain", "who wrote it", "--context", string.Concat(Enumerable.Repeat("ada wrote it by a movie. ", 30)), "--model", model.Path, "--method", "saliency", "--doc-stride", "8"]);

        Assert.Contains("answer", run.IsDone().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Show_WhatExplainWrote_IsTheSamePicture()
    {
        using var model = new TinyModel();
        using var folder = new TempFolder();
        CliRun.Of(["explain", "good movie", "--model", model.Path, "--json", "a.json", "--svg", "a.svg", "--steps", "4"], folder: folder.Path).IsDone();

        CliRun.Of(["show", "a.json", "--svg", "b.svg"], folder: folder.Path).IsDone();

        Assert.Equal(File.ReadAllText(folder.File("a.svg")), File.ReadAllText(folder.File("b.svg")));
    }

    [Fact]
    public void Show_AFileOfInseqs_IsDrawn()
    {
        CliRun run = CliRun.Of(["show", GoldenFolder.Find("inseq_saved", "inseq_marian_saliency.json")]);

        Assert.Contains("t33", run.IsDone().Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nowhere.json", ExitCode.Input)]
    [InlineData("bad.json", ExitCode.Input)]
    public void Show_WhatCannotBeRead_IsRefused(string file, ExitCode code)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("bad.json"), "{");

        CliRun.Of(["show", file], folder: folder.Path).IsRefused(code, file);
    }
}
