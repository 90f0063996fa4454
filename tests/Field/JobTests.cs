using System.Text;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Field;

/// <summary>A file of rows belongs to one job: the same program, options, model, adapter and input, all of each; another is
/// refused.</summary>
public sealed class JobTests : IDisposable
{
    private readonly TinyModel _model = new();
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("predict")]
    [InlineData("explain")]
    [InlineData("evaluate")]
    public void StandardInput_WithOtherRows_IsAnotherJob(string command)
    {
        string[] words = [command, "--input", "-", "--output", "o.jsonl", .. command == "predict" ? [] : new[] { "--method", "saliency" }];
        Run(words, "{\"text\":\"good movie\"}\n{\"text\":\"a movie\"}").IsDone();
        byte[] first = File.ReadAllBytes(_folder.File("o.jsonl"));

        Run(words, "{\"text\":\"good movie\"}\n{\"text\":\"a movie\"}").IsDone();
        Assert.Equal(first, File.ReadAllBytes(_folder.File("o.jsonl")));

        Run(words, "{\"text\":\"bad movie\"}\n{\"text\":\"a movie\"}").IsRefused(ExitCode.Output, "belongs to another job", "row 1");
        Run(words, "{\"text\":\"good movie\",\"target\":\"1\"}\n{\"text\":\"a movie\"}").IsRefused(ExitCode.Output, "another job");
        Run(words, "{\"text\":\"good movie\"}").IsRefused(ExitCode.Output, "belongs to another job", "more rows");
        Assert.Equal(first, File.ReadAllBytes(_folder.File("o.jsonl")));
    }

    [Fact]
    public void StandardInput_ThatHasGrown_IsContinued()
    {
        string[] words = ["predict", "--input", "-", "--output", "o.jsonl"];
        Run(words, "{\"text\":\"good movie\"}").IsDone();
        string first = File.ReadAllText(_folder.File("o.jsonl"));

        Run(words, "{\"text\":\"good movie\"}\n{\"text\":\"bad movie\"}").IsDone();

        string all = File.ReadAllText(_folder.File("o.jsonl"));
        Assert.StartsWith(first, all, StringComparison.Ordinal);
        Assert.Equal(3, all.Count(c => c == '\n'));
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("vocab.txt")]
    [InlineData("config.json")]
    [InlineData("generation_config.json")]
    [InlineData("chat_template.jinja")]
    public void Model_WithAnotherByteInTheMiddleOfAFile_IsAnotherJob(string name)
    {
        string file = Path.Combine(_model.Path, name);
        File.AppendAllText(file, ""); // those that this model has not are empty
        if (new FileInfo(file).Length == 0)
        {
            File.WriteAllText(file, name.EndsWith(".json", StringComparison.Ordinal) ? "{  }" : "{#  #}");
        }
        _folder.Write("in.jsonl", "{\"text\":\"good movie\"}"u8);
        string[] words = ["predict", "--input", "in.jsonl", "--output", "o.jsonl"];
        Run(words).IsDone();
        Run(words).IsDone();

        byte[] bytes = File.ReadAllBytes(file);
        DateTime written = File.GetLastWriteTimeUtc(file);
        int middle = name.EndsWith(".json", StringComparison.Ordinal) ? Array.LastIndexOf(bytes, (byte)' ')
            : name == "vocab.txt" ? bytes.Length - 3 : bytes.Length / 2;
        bytes[middle] = bytes[middle] == (byte)' ' ? (byte)'\n' : (byte)(bytes[middle] ^ 1);
        File.WriteAllBytes(file, bytes);
        File.SetLastWriteTimeUtc(file, written); // as cp -p leaves it

        Run(words).IsRefused(ExitCode.Output, "belongs to another job");
    }

    [Fact]
    public void Baseline_OfAFileWithOtherWords_IsAnotherJob()
    {
        _folder.Write("in.jsonl", "{\"text\":\"good movie\"}"u8);
        _folder.Write("words.txt", "[CLS]\na\nbad\n[SEP]"u8);
        string[] words = ["explain", "--input", "in.jsonl", "--output", "o.jsonl", "--method", "feature_ablation", "--baseline",
            "file:words.txt"];
        Run(words).IsDone();
        _folder.Write("words.txt", "[CLS]\na\nthe\n[SEP]"u8);

        Run(words).IsRefused(ExitCode.Output, "belongs to another job");
    }

    [Fact]
    public void Lists_OfTextsWithCommas_AreOthersThanLongerLists()
    {
        Assert.NotEqual(new ExplainRequest { Targets = ["a, b"] }.ToString(), new ExplainRequest { Targets = ["a", "b"] }.ToString());
        Assert.NotEqual(new ExplainRequest { Targets = ["a]"] }.ToString(), new ExplainRequest { Targets = ["a"] }.ToString() + "]");
        Assert.NotEqual(Words("a' 'b"), Words("a", "b"));

        static string Words(params string[] words) =>
            new ExplainRequest { Baseline = Vitrine.Attributions.Baseline.PerToken(words) }.ToString();
    }

    [Fact]
    public void Training_OnOtherLinesOfTheSameNumber_IsRefused()
    {
        _folder.Write("good.txt", Lines("a good film"));
        _folder.Write("bad.txt", Lines("a bad film"));
        string[] words = ["train", "classify", "--data", "positive=good.txt", "--data", "negative=bad.txt", "--out", "my", "--steps", "2",
            "--d-model", "8", "--heads", "2", "--layers", "1", "--vocab", "60", "--held-out", "0"];
        Assert.Equal(ExitCode.Success, CliRun.Of(words, folder: _folder.Path).Code);
        Assert.Equal(ExitCode.Success, CliRun.Of(words, folder: _folder.Path).Code);
        _folder.Write("good.txt", Lines("a fine film"));

        CliRun.Of(words, folder: _folder.Path).IsRefused(ExitCode.Usage, "another training", "Data");

        static byte[] Lines(string text) => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 8).Select(i => $"{text} {i}\n")));
    }

    private CliRun Run(string[] words, string? input = null)
    {
        CliRun run = CliRun.Of([.. words, "--model", _model.Path], input is null ? null : Encoding.UTF8.GetBytes(input), _folder.Path);
        return words[0] == "evaluate" ? run with { Output = "" } : run;
    }
}
