using System.Text.Json;
using Vitrine.Attributions;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

public sealed class CommandTests : IDisposable
{
    private readonly TinyModel _model = new();

    public static TheoryData<string> Commands =>
        ["explain", "combine", "evaluate", "report", "predict", "generate", "translate", "tokenize", "inspect", "quantize", "heads",
            "hooks", "methods", "devices"];

    public void Dispose() => _model.Dispose();

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_OfEveryCommand_ShowsExamples(string command)
    {
        CliRun run = CliRun.Of([.. command.Split(' '), "--help"]).IsDone();

        Assert.Contains("Usage:", run.Output, StringComparison.Ordinal);
        Assert.Contains($"Examples:\n  vitrine {command.Split(' ')[0]}", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_OfTheWhole_ListsCommandsAndExitCodes()
    {
        CliRun run = CliRun.Of(["--help"]).IsDone();

        Assert.All(Commands, row => Assert.Contains("  " + row.Data.Split(' ')[0], run.Output, StringComparison.Ordinal));
        Assert.All(Enum.GetValues<ExitCode>(), code => Assert.Contains($"\n  {(int)code} ", run.Output, StringComparison.Ordinal));
    }

    [Fact]
    public void Explain_AClassifier_ShowsLabelsAndTokens()
    {
        CliRun run = CliRun.Of(["explain", "a good movie", "--model", _model.Path]).IsDone();

        Assert.Contains("LABEL_0", run.Output, StringComparison.Ordinal);
        Assert.Contains("integrated_gradients → LABEL_", run.Output, StringComparison.Ordinal);
        Assert.Contains("  movie ", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Output);
    }

    [Fact]
    public void Explain_SameCommandTwice_SameBytes()
    {
        string[] words = ["explain", "a good movie", "--method", "saliency", "--method", "integrated_gradients", "--model", _model.Path];

        Assert.Equal(CliRun.Of(words).IsDone().Output, CliRun.Of(words).IsDone().Output);
    }

    [Fact]
    public void Explain_TextFromArgumentFileAndPipe_SayTheSame()
    {
        File.WriteAllText(Path.Combine(_model.Path, "text.txt"), "a good movie\n");
        string[] end = ["--model", _model.Path, "--steps", "4"];

        string argument = CliRun.Of(["explain", "a good movie", .. end]).IsDone().Output;

        Assert.Equal(argument, CliRun.Of(["explain", "--file", "text.txt", .. end], folder: _model.Path).IsDone().Output);
        Assert.Equal(argument, CliRun.Of(["explain", .. end], "a good movie\n").IsDone().Output);
        Assert.Equal(argument, CliRun.Of(["explain", "-", .. end], "\uFEFFa good movie\r\n").IsDone().Output);
    }

    [Fact]
    public void Explain_Files_AreWrittenWholeAndTheScreenToo()
    {
        CliRun run = CliRun.Of(
            ["explain", "a good movie", "--model", _model.Path, "--html", "out.html", "--svg", "out.svg", "--json", "out.json", "--steps",
                "4"], folder: _model.Path).IsDone();

        Assert.NotEqual("", run.Output);
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(Path.Combine(_model.Path, "out.html")), StringComparison.Ordinal);
        Assert.Contains("<svg", File.ReadAllText(Path.Combine(_model.Path, "out.svg")), StringComparison.Ordinal);
        AttributionResult read = AttributionJson.FromJson(File.ReadAllText(Path.Combine(_model.Path, "out.json")));
        Assert.Equal("integrated_gradients", read.Method);
        Assert.Empty(Directory.EnumerateFiles(_model.Path, "*.part"));
    }

    [Fact]
    public void Explain_JsonToStandardOutput_IsJsonAlone()
    {
        CliRun run = CliRun.Of(["explain", "a good movie", "--model", _model.Path, "--json", "-", "--method", "saliency", "--method",
            "input_x_gradient"]).IsDone();

        using JsonDocument document = JsonDocument.Parse(run.Output);
        Assert.Equal(2, document.RootElement.GetArrayLength());
    }

    [Fact]
    public void Explain_TargetAll_ExplainsEveryLabel()
    {
        CliRun run = CliRun.Of(["explain", "a good movie", "--model", _model.Path, "--target", "all", "--method", "saliency"]).IsDone();

        Assert.Contains("saliency → 2 targets (logit)", run.Output, StringComparison.Ordinal);
        Assert.Matches("\n  +LABEL_0  LABEL_1\n", run.Output);
        Assert.Equal(2, run.Output.Split("  movie ").Length); // one table
    }

    [Fact]
    public void Explain_AQuestion_NamesAnAnswerOfTheContext()
    {
        using var reader = new TinyModel("bert_qa");

        CliRun run = CliRun.Of(["explain", "who wrote it?", "--context", "it was by ada.", "--model", reader.Path, "--steps", "4"])
            .IsDone();

        Assert.Equal(2, run.Output.Split(" → ").Length); // one target
        CliRun parts = CliRun.Of(["explain", "who wrote it?", "--context", "it was by ada.", "--target", "start", "--target", "end",
            "--model", reader.Path, "--method", "saliency"]).IsDone();
        Assert.Contains("saliency → 2 targets (logit)", parts.Output, StringComparison.Ordinal);
        Assert.Matches("  start [0-9]+  +end [0-9]+\n", parts.Output);
        CliRun forced = CliRun.Of(["explain", "who wrote it?", "--context", "it was by ada.", "--target", "ada", "--model", reader.Path,
            "--steps", "4"]).IsDone();
        Assert.Contains("answer ada", forced.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_AMask_ExplainsTheWord()
    {
        using var filler = new TinyModel("bert_mlm");

        CliRun run = CliRun.Of(["explain", "a good [MASK]", "--target", "movie", "--model", filler.Path, "--steps", "4"]).IsDone();

        Assert.Contains("→ movie (logit)", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_AContrast_NamesBoth()
    {
        using var filler = new TinyModel("bert_mlm");
        using var reader = new TinyModel("bert_qa");

        string label = CliRun.Of(["explain", "a good movie", "--target", "LABEL_0", "--contrast", "label_1", "--steps", "4", "--model",
            _model.Path]).IsDone().Output;
        string word = CliRun.Of(["explain", "a good [MASK]", "--target", "movie", "--contrast", "ada", "--steps", "4", "--model",
            filler.Path]).IsDone().Output;
        string answer = CliRun.Of(["explain", "who?", "--context", "it was ada.", "--target", "ada", "--contrast", "it", "--steps", "4",
            "--model", reader.Path]).IsDone().Output;
        string other = CliRun.Of(["explain", "a good movie", "--contrast-input", "a bad movie", "--method", "saliency", "--step-score",
            "kl_divergence", "--model", _model.Path]).IsDone().Output;

        Assert.Contains("→ LABEL_0 (not LABEL_1) (contrast_logits_diff)", label, StringComparison.Ordinal);
        Assert.Contains("→ movie (not ada) (contrast_logits_diff)", word, StringComparison.Ordinal);
        Assert.Contains("→ ada (not it) (contrast_logits_diff)", answer, StringComparison.Ordinal);
        Assert.Contains("(pcxmi)", other, StringComparison.Ordinal);
        Assert.Contains("kl_divergence ", other, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt2", "5 6 7", "8 9 4")]
    [InlineData("marian", "5 6 7 0", "8 9 4")]
    public void Explain_AContrastiveContinuation_LeavesOutWhatIsTheSame(string golden, string ids, string contrast)
    {
        string[] words = ["explain", "--ids", ids, "--model", GoldenFolder.Find(golden), "--forced-ids", "8 11 12 13"];

        CliRun run = CliRun.Of([.. words, "--contrast", contrast, "--step-score", "entropy", "--step-score", "contrast_prob"]).IsDone();

        Assert.Contains("→ 2 tokens (contrast_prob_diff)", run.Output, StringComparison.Ordinal);
        Assert.Contains("#11 (not #9)", run.Output, StringComparison.Ordinal);
        Assert.Contains("entropy", run.Output, StringComparison.Ordinal);
        CliRun.Of([.. words, "--contrast", "8 11 12 13"]).IsRefused(ExitCode.Input, "no token differs");
        CliRun.Of([.. words, "--contrast", contrast, "--contrast-align", "9-9"]).IsRefused(ExitCode.Usage, "not a pair of positions");
        Assert.Contains("→ 1 token", CliRun.Of([.. words, "--contrast", "8 12 13", "--contrast-align", "1-2"]).IsDone().Output,
            StringComparison.Ordinal);
        Assert.Contains("(sequence_log_probability)", CliRun.Of([.. words, "--score", "sequence_log_probability"]).IsDone().Output,
            StringComparison.Ordinal);
        Assert.Contains("(kl_divergence)", CliRun.Of([.. words, "--score", "kl_divergence", "--contrast-input", ids.Replace('5', '9')])
            .IsDone().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_OneSideOfATranslation_ShowsThatSide()
    {
        string[] words = ["explain", "--ids", "5 6 7 0", "--model", GoldenFolder.Find("marian"), "--forced-ids", "8 11 12", "--json", "-",
            "--side"];

        Assert.Equal("source", Assert.Single(AttributionJson.FromJson(CliRun.Of([.. words, "source"]).IsDone().Output).Sides).Name);
        Assert.Equal("target", Assert.Single(AttributionJson.FromJson(CliRun.Of([.. words, "target"]).IsDone().Output).Sides).Name);
    }

    [Theory]
    [InlineData("words", "integrated_gradients")]
    [InlineData("sentences", "shapley_values")]
    [InlineData("regex:good movie", "feature_ablation")]
    [InlineData("template:a {what}.", "saliency")]
    public void Explain_Groups_AreShownAsOne(string groups, string method)
    {
        CliRun run = CliRun.Of(["explain", "a good movie.", "--groups", groups, "--method", method, "--steps", "4", "--model", _model.Path])
            .IsDone();

        Assert.Contains(groups switch { "words" => "  movie ", "sentences" => "  a good movie. ", _ => "  good movie " }, run.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_SlotsWithOtherTexts_ShowsSlotsInTheirText()
    {
        using var folder = new TempFolder();
        string html = Path.Combine(folder.Path, "slots.html");

        CliRun run = CliRun.Of(["explain", "a good movie.", "--groups", "template:a {what} {thing}.", "--absent", "what=very bad",
            "--method", "kernel_shap", "--html", html, "--model", _model.Path]).IsDone();

        Assert.Contains("gap 0", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"a <span[^>]*>good</span> <span[^>]*>movie</span>\.</div>", File.ReadAllText(html));
        CliRun.Of(["explain", "a good movie.", "--groups", "template:a {what}.", "--absent", "what", "--model", _model.Path])
            .IsRefused(ExitCode.Usage, "name=text");
        CliRun.Of(["explain", "a good movie.", "--groups", "template:a {what}.", "--absent", "who=x", "--model", _model.Path])
            .IsRefused(ExitCode.Usage, "no such slot");
    }

    [Theory]
    [InlineData("gpt2", "5 6 7", "9 3")]
    [InlineData("marian", "5 6 7 0", "9 3")]
    public void Explain_AContext_SaysWhatDependsOnIt(string golden, string ids, string context)
    {
        using var folder = new TempFolder();
        string[] words = ["explain", "--ids", ids, "--context", context, "--model", GoldenFolder.Find(golden), "--forced-ids",
            "8 11 12 13"];

        CliRun run = CliRun.Of([.. words, "--output-context", "4 4", "--context-score", "pcxmi", "--context-threshold=-5", "--html",
            "out.html"], folder: folder.Path).IsDone();

        Assert.Contains("Which written tokens depend on the context?", run.Output, StringComparison.Ordinal);
        Assert.Contains("▸", run.Output, StringComparison.Ordinal);
        Assert.Contains("Which tokens of the context do they come from?", File.ReadAllText(folder.File("out.html")),
            StringComparison.Ordinal);
        using JsonDocument document =
            JsonDocument.Parse(CliRun.Of([.. words, "--method", "integrated_gradients", "--steps", "4", "--json", "-"]).IsDone().Output);
        Assert.Equal("vitrine.context", document.RootElement.GetProperty("format").GetString());
        CliRun.Of([.. words, "--context-score", "entropy"]).IsRefused(ExitCode.Usage, "compares with nothing", "kl_divergence");
        CliRun.Of([.. words, "--contrast", "9"]).IsRefused(ExitCode.Usage, "--contrast");
        CliRun.Of([.. words, "--method", "saliency", "--method", "deeplift"]).IsRefused(ExitCode.Usage, "several methods");
    }

    [Theory]
    [InlineData("layer_integrated_gradients", "--hook", "blocks.0.hook_mlp_out")]
    [InlineData("neuron_gradient", "--hook", "blocks.0.mlp.hook_post", "--neuron", "1,5")]
    [InlineData("attention", "--layers", "0", "--heads", "0,1")]
    [InlineData("occlusion", "--window", "2", "--stride", "1")]
    [InlineData("kernel_shap", "--samples", "20")]
    [InlineData("smoothgrad", "--around", "input_x_gradient", "--noise", "0.1", "--samples", "2")]
    public void Explain_ParametersOfAMethod_AreUsed(string method, params string[] options) =>
        Assert.Contains(method + " → ",
            CliRun.Of(["explain", "a good movie", "--method", method, "--steps", "4", "--model", _model.Path, .. options]).IsDone().Output,
                StringComparison.Ordinal);

    [Fact]
    public void Methods_Scores_ListsTheSteps() =>
        Assert.Contains("kl_divergence\n", CliRun.Of(["methods", "--scores"]).IsDone().Output, StringComparison.Ordinal);

    [Theory]
    [InlineData("gpt2", "5 6 7")]
    [InlineData("llama", "5 6 7")]
    [InlineData("marian", "5 6 7 0")]
    public void Explain_WrittenText_ShowsAMatrix(string golden, string ids)
    {
        string folder = GoldenFolder.Find(golden);

        CliRun own = CliRun.Of(["explain", "--ids", ids, "--model", folder, "--max-new-tokens", "3"]).IsDone();
        CliRun forced = CliRun.Of(["explain", "--ids", ids, "--model", folder, "--forced-ids", "8 9", "--target", "1"]).IsDone();

        Assert.Contains("input_x_gradient → ", own.Output, StringComparison.Ordinal);
        Assert.Contains("tokens (probability)", own.Output, StringComparison.Ordinal);
        Assert.Contains("#9", forced.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("generate", "gpt2", "5 6 7")]
    [InlineData("translate", "marian", "5 6 7 0")]
    public void Writing_WithScores_ListsTheTokens(string command, string golden, string ids)
    {
        CliRun run = CliRun.Of([command, "--ids", ids, "--model", GoldenFolder.Find(golden), "--max-new-tokens", "3", "--scores"]).IsDone();

        Assert.Contains("probability", run.Output, StringComparison.Ordinal);
        Assert.Contains(" %", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Writing_WithTheWrongModel_IsRefused() =>
        CliRun.Of(["generate", "good", "--model", _model.Path])
            .IsRefused(ExitCode.Usage, "BertForSequenceClassification", "GPT-2 or Llama");

    [Fact]
    public void Tokenize_Lines_WritesOneObjectEach()
    {
        CliRun run = CliRun.Of(["tokenize", "--jsonl", "--no-special", "--model", _model.Path], "\"a movie\"\n\n\"bad\"\n").IsDone();

        string[] lines = run.Output.TrimEnd('\n').Split('\n');
        Assert.Equal("{\"text\":\"a movie\",\"ids\":[8,7],\"pieces\":[\"a\",\"movie\"],\"offsets\":[[0,1],[2,7]]}", lines[0]);
        Assert.Equal(2, lines.Length);
    }

    [Fact]
    public void Tokenize_AText_ShowsPiecesAndOffsets()
    {
        CliRun run = CliRun.Of(["tokenize", "good ada", "--model", _model.Path]).IsDone();

        Assert.Contains("[CLS]", run.Output, StringComparison.Ordinal);
        Assert.Matches("ada +5–8 +ada", run.Output);
    }

    [Fact]
    public void Inspect_WithEverything_ListsSettingsTensorsAndParameters()
    {
        CliRun run = CliRun.Of(["inspect", "--config", "--tensors", "--parameters", "--model", _model.Path]).IsDone();

        Assert.Contains("BertForSequenceClassification", run.Output, StringComparison.Ordinal);
        Assert.Contains("hidden_size", run.Output, StringComparison.Ordinal);
        Assert.Contains("bert.embeddings.word_embeddings.weight", run.Output, StringComparison.Ordinal);
        Assert.Contains("blocks.0.attn.W_Q", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Quantize_AModel_WritesAFolderThatExplainsAlike()
    {
        using var place = new TempFolder();
        string target = place.File("small");

        CliRun run = CliRun.Of(["quantize", "--model", _model.Path, "--output", target, "--quantize", "int8-all"]).IsDone();

        Assert.Contains(" → ", run.Output, StringComparison.Ordinal);
        string[] words = ["explain", "a good movie", "--method", "saliency", "--model"];
        string atLoad = CliRun.Of([.. words, _model.Path, "--quantize", "int8-all"]).IsDone().Output, mapped = CliRun.Of([.. words, target])
            .IsDone().Output;
        Assert.Equal(atLoad.Split('\n')[1..], mapped.Split('\n')[1..]); // the first line is the folder's name
        Assert.Matches("in memory .* as int8, .* as float32, mapped from the file", CliRun.Of(["inspect", "--model", target]).IsDone()
            .Output);
    }

    [Fact]
    public void Quantize_ToHalfPrecision_ExplainsAsAtLoad()
    {
        using var place = new TempFolder();
        string target = place.File("half");

        _ = CliRun.Of(["quantize", "--model", _model.Path, "--output", target, "--quantize", "fp16"]).IsDone();

        string[] words = ["explain", "a good movie", "--method", "saliency", "--quantize", "fp16", "--model"];
        string atLoad = CliRun.Of([.. words, _model.Path]).IsDone().Output, mapped = CliRun.Of([.. words, target]).IsDone().Output;
        Assert.Equal(atLoad.Split('\n')[1..], mapped.Split('\n')[1..]);
        Assert.Matches("in memory .* as float16, .* as float32, mapped from the file",
            CliRun.Of(["inspect", "--model", target, "--quantize", "fp16"]).IsDone().Output);
        Assert.Matches("in memory .* as float32\\s*\n", CliRun.Of(["inspect", "--model", target]).IsDone().Output);
        CliRun.Of([.. words, _model.Path, "--outliers", "4"]).IsRefused(ExitCode.Usage, "outliers", "int8");
    }

    [Fact]
    public void Quantize_OutliersKept_ExplainsAsAtLoad()
    {
        using var place = new TempFolder();
        string target = place.File("small");

        _ = CliRun.Of(["quantize", "--model", _model.Path, "--output", target, "--outliers", "1.5"]).IsDone();

        string[] words = ["explain", "a good movie", "--method", "saliency", "--model"];
        string atLoad = CliRun.Of([.. words, _model.Path, "--quantize", "int8", "--outliers", "1.5"]).IsDone().Output, mapped =
            CliRun.Of([.. words, target]).IsDone().Output;
        Assert.Equal(atLoad.Split('\n')[1..], mapped.Split('\n')[1..]);
        CliRun.Of([.. words, target, "--quantize", "int8", "--outliers", "1.5"]).IsRefused(ExitCode.Model, "in 8 bits already");
        CliRun.Of([.. words, _model.Path, "--outliers", "4"]).IsRefused(ExitCode.Usage, "outliers", "int8");
    }

    [Fact]
    public void Quantize_UnknownChoice_ListsThem() =>
        CliRun.Of(["explain", "a", "--quantize", "int4", "--model", _model.Path]).IsRefused(ExitCode.Usage, "int4", "int8-all");

    [Fact]
    public void Hooks_OfAPattern_AreThoseAlone()
    {
        CliRun run = CliRun.Of(["hooks", "blocks.1.attn.hook_pattern", "--model", _model.Path]).IsDone();

        Assert.Equal(2, run.Output.TrimEnd('\n').Split('\n').Length);
        Assert.Contains("[batch, head, query, key]", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Methods_All_AreListed()
    {
        CliRun run = CliRun.Of(["methods"]).IsDone();

        Assert.All(AttributionMethods.All, method => Assert.Contains(method.Name + "\n", run.Output, StringComparison.Ordinal));
    }

    [Fact]
    public void Devices_Always_HaveTheCpu() => Assert.Contains("cpu", CliRun.Of(["devices"]).IsDone().Output, StringComparison.Ordinal);

    [Fact]
    public void BenchOps_OfOneOp_ReportsItsSizes() =>
        Assert.Contains("gather", CliRun.OfBench(["ops", "gather", "--reps", "2"]).IsDone().Output, StringComparison.Ordinal);

    [Fact]
    public void BenchCompare_OfAResultWithItself_IsOnceAsFast()
    {
        using var folder = new TempFolder();
        CliRun.OfBench(["ops", "pick", "--reps", "2", "--json", "a.json", "--markdown", "a.md"], folder: folder.Path).IsDone();

        CliRun run = CliRun.OfBench(["compare", "a.json", "a.json"], folder: folder.Path).IsDone();

        Assert.Contains("1.00", run.Output, StringComparison.Ordinal);
        Assert.Contains("| pick |", File.ReadAllText(folder.File("a.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void BenchCompare_OfAnotherFile_SaysWhatItExpects()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("a.json"), "{\"machine\": 1}");

        CliRun run = CliRun.OfBench(["compare", "a.json", "a.json"], folder: folder.Path);

        Assert.NotEqual(0, (int)run.Code);
        Assert.Contains("bench ops --json", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void BenchModel_OnATinyModel_HasThePeersKeysAndValues()
    {
        using var folder = new TempFolder();

        CliRun run = CliRun.OfBench(["model", "--model", GoldenFolder.Find("gpt2"), "--tokens", "20", "--generate", "4", "--reps", "1",
            "--values", "v.json"], folder: folder.Path).IsDone();

        using JsonDocument times = JsonDocument.Parse(run.Output), values = JsonDocument.Parse(File.ReadAllText(folder.File("v.json")));
        string[] keys = ["vitrine", "threads", "tokens", "generate", "target", "unit", "forward", "saliency", "ig50", "ig50_batched",
            "explain_generation", "peak_rss_mb"];
        Assert.Equal(keys, times.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(64, values.RootElement.GetProperty("last_logits_first_64").GetArrayLength());
        Assert.Equal([16, 17, 18, 19], values.RootElement.GetProperty("explain_generation").EnumerateArray()
            .Select(row => row.GetArrayLength()));
        double[] single = [.. values.RootElement.GetProperty("ig50").EnumerateArray().Select(v => v.GetDouble())];
        double[] batched = [.. values.RootElement.GetProperty("ig50_batched").EnumerateArray().Select(v => v.GetDouble())];
        Assert.All(single.Zip(batched), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }
}
