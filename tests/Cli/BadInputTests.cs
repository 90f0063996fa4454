using System.Buffers.Binary;
using System.Text;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>One test per kind of bad input: exit code, one line that says what, where and what to do.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly TinyModel _model = new();

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Model_MissingFolder_IsRefused() =>
        CliRun.Of(["explain", "good", "--model", "no/such/folder"]).IsRefused(ExitCode.Model, "no/such/folder", "--model");

    [Fact]
    public void Model_AFile_IsRefused() =>
        CliRun.Of(["explain", "good", "--model", Path.Combine(_model.Path, "config.json")])
            .IsRefused(ExitCode.Model, "is a file", "folder");

    [Fact]
    public void Model_FolderWithoutConfig_IsRefused()
    {
        using var empty = new TempFolder();

        CliRun.Of(["explain", "good", "--model", empty.Path]).IsRefused(ExitCode.Model, "config.json", empty.Path);
    }

    [Fact]
    public void Model_NoneShipped_IsRefused()
    {
        using var empty = new TempFolder();

        CliRun.Of(["explain", "good"], folder: empty.Path).IsRefused(ExitCode.Model, "models/sentiment", "--model");
    }

    [Fact]
    public void Model_UnsupportedType_ListsTheSupported()
    {
        _model.Edit("config.json", "\"model_type\": \"bert\"", "\"model_type\": \"mamba\"");

        Explain("good").IsRefused(ExitCode.Model, "mamba", "bert", "gpt2");
    }

    [Fact]
    public void Model_ConfigThatIsNotJson_IsRefused()
    {
        _model.Write("config.json", "{ \"model_type\": ");

        Explain("good").IsRefused(ExitCode.Model, "config.json", "JSON");
    }

    [Fact]
    public void Model_WithoutWeights_IsRefused()
    {
        File.Delete(Path.Combine(_model.Path, "model.safetensors"));

        Explain("good").IsRefused(ExitCode.Model, "safetensors", _model.Path);
    }

    [Fact]
    public void Model_TruncatedWeights_IsRefused()
    {
        _model.Edit("model.safetensors", bytes => bytes[..(bytes.Length / 2)]);

        Explain("good").IsRefused(ExitCode.Model, "model.safetensors");
    }

    [Fact]
    public void Model_WrongShapes_NamesTheTensors()
    {
        _model.Edit("config.json", "\"intermediate_size\": 64", "\"intermediate_size\": 48");

        Explain("good").IsRefused(ExitCode.Model, "intermediate.dense.weight", "64", "48");
    }

    [Fact]
    public void Model_NaNWeight_NamesTheTensor()
    {
        _model.Edit("model.safetensors", bytes =>
        {
            int header = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
            for (int at = 8 + header; at + 4 <= bytes.Length; at += 4)
            {
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(at), float.NaN);
            }
            return bytes;
        });

        Explain("good").IsRefused(ExitCode.Model, "NaN", "model.safetensors");
        CliRun.Of(["inspect", "--model", _model.Path]).IsRefused(ExitCode.Model, "NaN", "model.safetensors");
        CliRun.Of(["predict", "good", "--model", _model.Path]).IsRefused(ExitCode.Model, "NaN", "model.safetensors");
    }

    [Fact]
    public void Model_WithoutTokenizer_PointsToIds()
    {
        using var bare = new TinyModel(tokenizer: false);

        CliRun.Of(["explain", "good", "--model", bare.Path]).IsRefused(ExitCode.Model, "tokenizer", "--ids");
    }

    [Fact]
    public void Model_TokenizerOfAnotherModel_IsRefused()
    {
        _model.Edit("vocab.txt", text => [.. Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 100).Select(i => $"[x{i}]\n"))),
            .. text]);

        CliRun run = Explain("movie"); // after what was said while the model was loaded

        Assert.Equal(ExitCode.Model, run.Code);
        Assert.Contains("tokenizer does not fit", run.Error, StringComparison.Ordinal);
        Assert.Contains("88", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5 6 89", "'89' at position 2")]
    [InlineData("-1", "'-1' at position 0")]
    [InlineData("5 good", "'good' at position 1")]
    [InlineData("99999999999", "'99999999999'")]
    [InlineData(" ", "empty")]
    public void Ids_NotOfTheModel_AreRefused(string ids, string part) =>
        CliRun.Of(["explain", "--ids", ids, "--model", _model.Path]).IsRefused(ExitCode.Input, part);

    [Fact]
    public void Text_TooLong_SaysTheLimit_AndTruncateAllowsIt()
    {
        string text = string.Join(' ', Enumerable.Repeat("movie", 60));

        Explain(text).IsRefused(ExitCode.Input, "62 tokens", "at most 40", "--truncate");
        CliRun run = CliRun.Of(["explain", text, "--model", _model.Path, "--truncate", "--steps", "2"]);
        Assert.Equal(ExitCode.Success, run.Code);
        Assert.Equal("vitrine: 40 of 62 tokens were read; cut: the last 22.\n", run.Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  \t ")]
    [InlineData("\u0001\u0002")]
    public void Text_Empty_IsRefused(string text) => Explain(text).IsRefused(ExitCode.Input, "empty");

    [Fact]
    public void Text_OfAnEmptyPipe_IsRefused() =>
        CliRun.Of(["explain", "--model", _model.Path], "").IsRefused(ExitCode.Input, "empty", "standard input");

    [Fact]
    public void Text_NoneAtATerminal_SaysHow() =>
        CliRun.Of(["explain", "--model", _model.Path]).IsRefused(ExitCode.Input, "no text", "--file");

    [Fact]
    public void Text_TwoSources_AreRefused() =>
        CliRun.Of(["explain", "good", "--file", "x.txt", "--model", _model.Path]).IsRefused(ExitCode.Usage, "two texts");

    [Fact]
    public void Text_InvalidUtf8_SaysWhere()
    {
        byte[] bytes = [.. "good "u8, 0xE9, .. " movie"u8];
        using var folder = new TempFolder();
        string path = folder.Write("latin1.txt", bytes);

        CliRun.Of(["explain", "--model", _model.Path], bytes).IsRefused(ExitCode.Input, "UTF-8", "0xE9", "offset 5", "standard input");
        CliRun.Of(["explain", "--file", path, "--model", _model.Path]).IsRefused(ExitCode.Input, "UTF-8", "offset 5", path);
        Explain("good \uFFFD movie").IsRefused(ExitCode.Input, "UTF-8", "character 5", "--file");
    }

    [Fact]
    public void Text_MissingFile_IsRefused() =>
        CliRun.Of(["explain", "--file", "no.txt", "--model", _model.Path]).IsRefused(ExitCode.Input, "no.txt", "no such file");

    [Fact]
    public void Question_WithoutContext_IsRefused()
    {
        using var reader = new TinyModel("bert_qa");

        CliRun.Of(["explain", "who wrote it?", "--model", reader.Path]).IsRefused(ExitCode.Input, "context", "--context");
    }

    [Fact]
    public void Mask_NoneInTheText_IsRefused()
    {
        using var filler = new TinyModel("bert_mlm");

        CliRun.Of(["explain", "a good movie", "--model", filler.Path]).IsRefused(ExitCode.Input, "masked", "[MASK]");
    }

    [Theory]
    [InlineData("salience", "saliency")]
    [InlineData("integrated-gradient", "integrated_gradients")]
    public void Method_Unknown_SuggestsTheNearest(string method, string nearest) =>
        CliRun.Of(["explain", "good", "--method", method, "--model", _model.Path])
            .IsRefused(ExitCode.Usage, method, $"Did you mean '{nearest}'");

    [Theory]
    [InlineData("LABEL_9", "Did you mean 'LABEL_0'")]
    [InlineData("2", "0 to 1")]
    public void Label_Unknown_ListsThem(string label, string part) =>
        CliRun.Of(["explain", "good", "--target", label, "--model", _model.Path]).IsRefused(ExitCode.Usage, label, part, "LABEL_1");

    [Fact]
    public void Answer_NotInTheContext_IsRefused()
    {
        using var reader = new TinyModel("bert_qa");

        CliRun.Of(["explain", "who wrote it?", "--context", "it was ada.", "--target", "bob", "--model", reader.Path])
            .IsRefused(ExitCode.Usage, "bob", "context");
    }

    [Theory]
    [InlineData("blocks.0.hook_resid_per", "blocks.0.hook_resid_pre")]
    [InlineData("blocks.7.*", "blocks.")]
    public void Hook_Unknown_SuggestsTheNearest(string hook, string nearest) =>
        CliRun.Of(["hooks", hook, "--model", _model.Path]).IsRefused(ExitCode.Usage, hook, nearest);

    [Theory]
    [InlineData("explian", "Did you mean 'explain'")]
    [InlineData("frobnicate", "unknown command 'frobnicate'")]
    public void Command_Unknown_IsRefused(string command, string part) => CliRun.Of([command]).IsRefused(ExitCode.Usage, part, "--help");

    [Fact]
    public void Command_None_ListsThem() => CliRun.Of([]).IsRefused(ExitCode.Usage, "explain", "tokenize", "--help");

    [Theory]
    [InlineData("--metod", "Did you mean '--method'")]
    [InlineData("--frobnicate=3", "unknown option '--frobnicate'")]
    [InlineData("-q", "unknown option '-q'")]
    public void Option_Unknown_IsRefused(string option, string part) =>
        CliRun.Of(["explain", option]).IsRefused(ExitCode.Usage, part, "explain --help");

    [Theory]
    [InlineData("--steps", "many", "not a number")]
    [InlineData("--steps", "0", "a number from 1 to")]
    [InlineData("--gap", "2", "(0, 1)")]
    [InlineData("--baseline", "noise", "zero, pad, unk, mask")]
    [InlineData("--quadrature", "simpson", "gausslegendre")]
    [InlineData("--aggregate", "median", "vnorm")]
    [InlineData("--compat", "inseqq", "Did you mean 'inseq'")]
    [InlineData("--score", "logits", "Did you mean 'logit'")]
    [InlineData("--step", "entropie", "Did you mean 'entropy'")]
    [InlineData("--step-score", "perplexitty", "Did you mean 'perplexity'")]
    [InlineData("--top-mass", "1.5", "(0, 1]")]
    [InlineData("--neuron", "4;17", "not a list of numbers")]
    [InlineData("--layers", "first", "not a list of numbers")]
    [InlineData("--samples", "0", "a number from 1 to")]
    [InlineData("--noise", "-1", "at least 0")]
    [InlineData("--around", "salience", "Did you mean 'saliency'")]
    [InlineData("--contrast", "LABEL_7", "LABEL_1")]
    [InlineData("--groups", "lines", "words, sentences")]
    [InlineData("--groups", "regex:(", "not a regular expression")]
    [InlineData("--groups", "template:{} is bad", "does not fit")]
    [InlineData("--absent", "a=b", "no template")]
    [InlineData("--side", "source", "only one")]
    [InlineData("--top", "0", "at least 1")]
    [InlineData("--threads", "0", "1 to 1024")]
    public void Value_OutOfRange_IsRefused(string option, string value, string part) =>
        CliRun.Of(["explain", "good", option, value, "--model", _model.Path]).IsRefused(ExitCode.Usage, part);

    [Theory]
    [InlineData("entropy", "--contrast", "LABEL_1", "compares with nothing")]
    [InlineData("pcxmi", "--score", null, "no contrast")]
    [InlineData("kl_divergence", "--contrast", "LABEL_1", "no contrast input")]
    [InlineData("sequence_probability", "--contrast", "LABEL_1", "compares with nothing")]
    public void Score_WithoutItsContrast_IsRefused(string score, string option, string? value, string part) => CliRun.Of(
        ["explain", "good", .. value is null ? ["--score", score] : (string[])["--score", score, option, value], "--model", _model.Path])
            .IsRefused(ExitCode.Usage, part);

    [Fact]
    public void Side_Unknown_IsRefused() =>
        CliRun.Of(["explain", "--ids", "5 6 0", "--side", "left", "--model", GoldenFolder.Find("marian")])
            .IsRefused(ExitCode.Usage, "'left'", "source, target or both");

    [Fact]
    public void Text_WithoutQuotes_IsRefused() => CliRun.Of(["explain", "good", "movie"]).IsRefused(ExitCode.Usage, "'movie'", "quotes");

    [Fact]
    public void Device_Unknown_ListsThem() =>
        CliRun.Of(["explain", "good", "--device", "tpu:0", "--model", _model.Path]).IsRefused(ExitCode.Device, "tpu:0", "cpu");

    [Theory]
    [InlineData("--html")]
    [InlineData("--svg")]
    [InlineData("--json")]
    public void Output_ThatCannotBeWritten_IsRefused(string option)
    {
        CliRun.Of(["explain", "good", option, "no/such/folder/out", "--model", _model.Path])
            .IsRefused(ExitCode.Output, "no/such/folder/out", "folder does not exist");
        CliRun.Of(["explain", "good", option, _model.Path, "--model", _model.Path]).IsRefused(ExitCode.Output, "is a folder");
    }

    [Fact]
    public void Output_TwiceToStandardOutput_IsRefused() =>
        CliRun.Of(["explain", "good", "--html", "-", "--json", "-", "--model", _model.Path]).IsRefused(ExitCode.Usage, "standard output");

    [Fact]
    public void Work_Cancelled_EndsWith130AndWritesNothing()
    {
        string page = Path.Combine(_model.Path, "out.html");

        CliRun run = CliRun.Of(["explain", "good", "--html", page, "--model", _model.Path], interrupted: true);

        run.IsRefused(ExitCode.Cancelled, "cancelled");
        Assert.False(File.Exists(page));
    }

    [Fact]
    public void Lines_ThatAreNotJsonStrings_SayWhich()
    {
        CliRun run = CliRun.Of(["tokenize", "--jsonl", "--model", _model.Path], "\"good\"\n{}\n");

        Assert.Equal(ExitCode.Input, run.Code);
        Assert.Contains("line 2", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenizer_NoneInTheFolder_IsRefused()
    {
        using var empty = new TempFolder();

        CliRun.Of(["tokenize", "good", "--model", empty.Path]).IsRefused(ExitCode.Model, "vocab.txt", empty.Path);
    }

    private CliRun Explain(string text) => CliRun.Of(["explain", text, "--model", _model.Path]);
}
