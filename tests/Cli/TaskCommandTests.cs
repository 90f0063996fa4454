using Vitrine.Attributions;
using Vitrine.Cli;
using Vitrine.Tensors;
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

        IReadOnlyList<ExplainedText> windows = AnswerWindows.Of(new() { Tokens = tokens, Texts = ["who", new string('w', context)] }, room
            + 4, stride);

        string[] spans = [.. windows.Select(w => w.Tokens.Where(t => t.Text == 1).ToArray()).Select(t => $"{t[0].Start}-{t[^1].End}")];
        Assert.Equal(expected, string.Join(' ', spans));
        Assert.All(windows, w => Assert.InRange(w.Tokens.Count, 5, room + 4));
    }

    [Fact]
    public void Explain_AContextLongerThanTheModel_ReadsItInWindows()
    {
        using var model = new TinyModel("bert_qa");

        CliRun run = CliRun.Of(["explain", "who wrote it", "--context", string.Concat(Enumerable.Repeat("ada wrote it by a movie. ", 30)),
            "--model", model.Path, "--method", "saliency", "--doc-stride", "8"]);

        Assert.Contains("answer", run.IsDone().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Predict_OfAReader_SaysWhatNoAnswerScores()
    {
        using var model = new TinyModel("bert_qa");
        string[] words = ["who wrote it", "--context", "ada wrote it by a movie.", "--model", model.Path];
        model.Write("rows.jsonl", "{\"text\": \"who wrote it\", \"context\": \"ada wrote it by a movie.\"}\n");
        float[] logits = Logits(model, "who wrote it", "ada wrote it by a movie.");
        double none = logits[0] + (double)logits[logits.Length / 2];

        string sure = CliRun.Of(["predict", .. words, "--null-threshold", "1000"]).IsDone().Output, unsure =
            CliRun.Of(["predict", .. words, "--null-threshold=-1000"]).IsDone().Output;
        CliRun rows = CliRun.Of(["predict", "--input", "rows.jsonl", "--model", model.Path, "--null-threshold=-1000"], folder: model.Path);

        string[] lines = unsure.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("(no answer)", lines[1].Trim(), StringComparison.Ordinal);
        Assert.StartsWith("(no answer)", sure.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^2].Trim(), StringComparison.Ordinal);
        Assert.Contains($"no answer: score {Vitrine.Viz.Numbers.Exact(none)}, best span ", unsure, StringComparison.Ordinal);
        System.Text.Json.JsonElement answer = System.Text.Json.JsonDocument.Parse(rows.Output).RootElement.GetProperty("no_answer");
        Assert.Equal(none, answer.GetProperty("score").GetDouble(), 1e-5);
        Assert.Equal(answer.GetProperty("score").GetDouble() - answer.GetProperty("best_span").GetDouble(), answer.GetProperty("difference")
            .GetDouble(), 1e-9);
        Assert.True(answer.GetProperty("is_chosen").GetBoolean());
    }

    [Fact]
    public void Explain_OfAReader_NoAnswerAboveTheThreshold_IsExplained()
    {
        using var model = new TinyModel("bert_qa");
        string[] words = ["explain", "who wrote it", "--context", "ada wrote it by a movie.", "--model", model.Path, "--method",
            "saliency"];

        string none = CliRun.Of([.. words, "--null-threshold=-1000"]).IsDone().Output, some = CliRun.Of(words).IsDone().Output, asked =
            CliRun.Of([.. words, "--null-threshold=-1000", "--target", "ada"]).IsDone().Output;

        Assert.Contains("answer (no answer)", none, StringComparison.Ordinal);
        Assert.Contains("→ (no answer) (logit)", none, StringComparison.Ordinal);
        Assert.DoesNotContain("answer (no answer)", some, StringComparison.Ordinal);
        Assert.Contains("no answer score ", some, StringComparison.Ordinal);
        Assert.Contains("answer ada", asked, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_AnAnswerInSeveralPlaces_TakesTheLikeliestUnlessANumberSaysWhich()
    {
        using var model = new TinyModel("bert_qa");
        string[] words = ["explain", "who wrote it", "--context", "ada wrote it. badada. the movie was by ada.", "--model", model.Path,
            "--method", "saliency", "--target"];

        string likeliest = CliRun.Of([.. words, "ada"]).IsDone().Output, first = CliRun.Of([.. words, "ada#1", "--target", "start"])
            .IsDone().Output, last = CliRun.Of([.. words, "ada#2", "--target", "start"]).IsDone().Output;

        Assert.Contains("places 2, explained: #", likeliest, StringComparison.Ordinal); // not inside badada
        Assert.Contains("→ start 5 (logit)", first, StringComparison.Ordinal);
        Assert.DoesNotContain("→ start 5 (logit)", last, StringComparison.Ordinal);
        CliRun.Of([.. words, "ada#3"]).IsRefused(ExitCode.Usage, "#1 to #2");
        CliRun.Of([.. words, "ada#0"]).IsRefused(ExitCode.Usage, "#1 to #2");
        words[3] = "Ada wrote it. badada. the movie was by ada."; // one in the case that is asked for
        Assert.DoesNotContain("places", CliRun.Of([.. words, "ada"]).IsDone().Output, StringComparison.Ordinal);
        Assert.Contains("places 2", CliRun.Of([.. words, "ADA"]).IsDone().Output, StringComparison.Ordinal);
        CliRun.Of([.. words, "ada", "--target", "movie"]).IsRefused(ExitCode.Usage, "'ada' and 'movie'");
    }

    [Fact]
    public void NullAnswer_OfSeveralWindows_IsTheLeast()
    {
        ExplainedText text = ExplainedText.Of([1]);

        var nothing = NullAnswer.Of([new(text, 2, 5), new(text, 7, 3), new(text, double.NegativeInfinity, 4)]);

        Assert.Equal((3, 7, -4), (nothing.Score, nothing.Span, nothing.Lead));
        Assert.Equal([true, false, false], [nothing.Wins(-5), nothing.Wins(-4), nothing.Wins(null)]);
    }

    [Fact]
    public void MaxLength_OfALongText_IsRefusedCutOrReadInWindows()
    {
        using var model = new TinyModel();
        using var reader = new TinyModel("bert_qa");
        string[] words = ["explain", "a good movie", "--model", model.Path, "--method", "saliency", "--json", "-", "--max-length"];

        CliRun cut = CliRun.Of([.. words, "4", "--truncate"]);
        Assert.Equal(4, AttributionJson.FromJson(cut.Output).Sides[0].Tokens.Count);
        Assert.Equal("vitrine: 4 of 5 tokens were read; cut: the last 1.\n", cut.Error);
        Assert.Equal(5, AttributionJson.FromJson(CliRun.Of([.. words, "5"]).IsDone().Output).Sides[0].Tokens.Count);
        CliRun.Of([.. words, "4"]).IsRefused(ExitCode.Input, "too long", "at most 4");
        CliRun.Of([.. words, "0"]).IsRefused(ExitCode.Usage, "max-length");
        AttributionResult window =
            AttributionJson.FromJson(CliRun.Of(["explain", "who?", "--context", "it was by ada. the movie was good.", "--model",
                reader.Path, "--method", "saliency", "--max-length", "9", "--doc-stride", "2", "--json", "-"]).IsDone().Output);
        Assert.InRange(window.Sides[0].Tokens.Count, 5, 9);
    }

    [Fact]
    public void Explain_AChoiceByAttention_ExplainsTheOption()
    {
        using var folder = new TempFolder();
        string[] pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "good", "bad", "movie"];
        File.WriteAllText(folder.File("vocab.txt"),
            string.Join('\n', pieces.Concat(Enumerable.Range(pieces.Length, 50 - pieces.Length).Select(i => $"[unused{i}]"))) + "\n");
        string[] words = ["a movie", "--choice", "good", "--choice", "bad movie", "--model",
            TinyModels.Write(folder.Path, "bert", "BertForMultipleChoice"), "--method", "attention,feature_ablation"];

        string shown = CliRun.Of(["explain", .. words]).IsDone().Output;
        CliRun judged = CliRun.Of(["evaluate", .. words, "--metric", "comprehensiveness"]);

        Assert.Contains("attention looks inside", shown, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, judged.Code);
    }

    private static float[] Logits(TinyModel folder, string question, string context)
    {
        Vitrine.Transformers.ITransformer model = Vitrine.Transformers.ModelLoader.Load(folder.Path);
        ExplainedText text = ExplainedText.Of(model.Tokenizer!.Encode(question, context));
        return model.Forward(Choices.Input(text)).Transpose().ToArray();
    }

    [Fact]
    public void Show_WhatExplainWrote_IsTheSamePicture()
    {
        using var model = new TinyModel();
        using var folder = new TempFolder();
        CliRun.Of(["explain", "good movie", "--model", model.Path, "--json", "a.json", "--svg", "a.svg", "--steps", "4"],
            folder: folder.Path).IsDone();

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
