using System.Text.Json;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>Every command that prints a result writes it as JSON too, with the model's notices in it.</summary>
public sealed class JsonCommandTests : IDisposable
{
    private readonly TinyModel _model = new();

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData("vitrine.prediction", "predict", "good movie")]
    [InlineData("vitrine.tokens", "tokenize", "good movie")]
    [InlineData("vitrine.model", "inspect", "--tensors", "--parameters", "--config")]
    [InlineData("vitrine.hooks", "hooks", "blocks.0.*")]
    public void Json_OfAModel_NamesItsFormat(string format, params string[] words)
    {
        JsonElement result = JsonDocument.Parse(CliRun.Of([.. words, "--model", _model.Path, "--json", "-"]).IsDone().Output).RootElement;

        Assert.Equal((format, 1), (result.GetProperty("format").GetString(), result.GetProperty("version").GetInt32()));
    }

    [Theory]
    [InlineData("vitrine.generation", "generate", "gpt2", "5 6 7")]
    [InlineData("vitrine.generation", "translate", "marian", "5 6 7 0")]
    public void Json_OfWhatIsWritten_HasTokens(string format, string command, string golden, string ids)
    {
        JsonElement result = JsonDocument.Parse(CliRun.Of([command, "--ids", ids, "--max-new-tokens", "3", "--model",
            GoldenFolder.Find(golden), "--json", "-"]).IsDone().Output).RootElement;

        Assert.Equal(format, result.GetProperty("format").GetString());
        Assert.Equal(3, result.GetProperty("tokens").GetArrayLength());
    }

    [Theory]
    [InlineData("vitrine.methods", "methods")]
    [InlineData("vitrine.scores", "methods", "--scores")]
    [InlineData("vitrine.devices", "devices")]
    public void Json_WithoutAModel_NamesItsFormat(string format, params string[] words) =>
        Assert.Equal(format, JsonDocument.Parse(CliRun.Of([.. words, "--json", "-"]).IsDone().Output).RootElement.GetProperty("format")
            .GetString());

    [Fact]
    public void Json_IntoAFile_LeavesTheScreen()
    {
        string screen = CliRun.Of(["predict", "good", "--model", _model.Path, "--json", "a.json"], folder: _model.Path).IsDone().Output;

        Assert.Equal(CliRun.Of(["predict", "good", "--model", _model.Path]).IsDone().Output, screen);
        Assert.True(File.Exists(Path.Combine(_model.Path, "a.json")));
        CliRun.Of(["predict", "--input", "-", "--model", _model.Path, "--json", "-"], "good\n").IsRefused(ExitCode.Usage, "--output");
        CliRun.Of(["predict", "good", "--model", _model.Path, "--json", "no/such/a.json"]).IsRefused(ExitCode.Output, "no/such");
    }

    [Fact]
    public void Notices_OfAModel_ReachScreenAndJson()
    {
        // tokens without a row
        _model.Edit("config.json", "\"architectures\"", "\"former_architectures\""); // which is found out then, and said
        string[] words = ["good movie", "--model", _model.Path];

        CliRun said = CliRun.Of(["predict", .. words]), json = CliRun.Of(["predict", .. words, "--json", "-"]),
            why = CliRun.Of(["explain", .. words, "--method", "saliency", "--json", "-"]);
        string notice = said.Error["vitrine: ".Length..].TrimEnd('\n');

        Assert.NotEqual("", notice);
        Assert.Equal((said.Error, said.Error), (json.Error, why.Error));
        Assert.Equal([notice], Warnings(JsonDocument.Parse(json.Output).RootElement));
        Assert.Contains(notice, Warnings(JsonDocument.Parse(why.Output).RootElement.GetProperty("result")));
        Assert.DoesNotContain(notice, said.Output, StringComparison.Ordinal);

        static string[] Warnings(JsonElement of) => [.. of.GetProperty("warnings").EnumerateArray().Select(one => one.GetString()!)];
    }
}
