using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary><c>vitrine quantize</c>, and weights in fewer bits at load.</summary>
public sealed class QuantizeCommandTests : IDisposable
{
    private readonly TinyModel _model = new();

    public void Dispose() => _model.Dispose();

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
}
