using Vitrine.Cli;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests;

/// <summary><c>--profile</c>: a table on standard error, the result untouched. Whole devices are watched, so nothing else may run
/// then.</summary>
[Collection(nameof(Backends.WorkerCount))]
public sealed class ProfileTests : IDisposable
{
    private readonly TinyModel _model = new();

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData("predict")]
    [InlineData("explain")]
    public void Profile_OfACommand_StandsOnStandardErrorAndChangesNoResult(string command)
    {
        string[] words = [command, "a good movie", "--model", _model.Path];
        CliRun plain = CliRun.Of(words).IsDone(), profiled = CliRun.Of([.. words, "--profile"]);

        Assert.Equal(ExitCode.Success, profiled.Code);
        Assert.Equal(plain.Output, profiled.Output);
        Assert.Contains("profile of cpu: ", profiled.Error, StringComparison.Ordinal);
        Assert.Contains("mat_mul_forward", profiled.Error, StringComparison.Ordinal);
        Assert.Contains("peaks measured now: copy ", profiled.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_Kernels_ShowRatesAndTheNearerLimit()
    {
        var profile = new DeviceProfile("cpu", 1,
            [new("mat_mul_forward", 8, 0.5, 0.1, 1e9, new(40e9, 20e9)), new("fill", 2, 0.5, 0.3, 5e9, default)],
            new(3, 0.001, 1234), new(1, 0.002, 20_000_000), default, default);

        string text = Text(new(profile, new(20, 100, 5)));

        Assert.Contains("kernels 1000.000 ms in 10 launches", text, StringComparison.Ordinal);
        Assert.Contains("3 copies to it, 1234 bytes, 1.000 ms; 1 copies from it, 20.0 MB, 2.000 ms; 0 waits", text,
            StringComparison.Ordinal);
        Assert.Matches(@"mat_mul_forward +8 +500\.000 +100\.000 +50\.0 % +2\.0 +80\.0 +80\.0 % +units", text);
        Assert.Matches(@"fill +2 +500\.000 +300\.000 +50\.0 % +10\.0 +50\.0 % +copy", text);
    }

    [Fact]
    public void Report_KernelsCompiled_AreSaid()
    {
        var profile = new DeviceProfile("opencl:0", 1, [new("fill", 2, 0.5, 0.3, 5e9, default)], default, default, default,
            new(1, 0.25, 0));

        Assert.Contains("1 kernels compiled or loaded, 250.000 ms", Text(new(profile, new(20, 100, 0))), StringComparison.Ordinal);
    }

    [Fact]
    public void Limit_DivisionsNotMeasured_AreLeftOut() => Assert.Equal(("units", 1.0), new Peaks(20, 100, 0).Limit(0, new(1e8, 5e7, 1e9)));

    private static string Text(ProfileReport report)
    {
        var writer = new StringWriter { NewLine = "\n" };
        report.WriteTo(writer);
        return writer.ToString();
    }
}
