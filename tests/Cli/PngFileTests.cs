using System.Globalization;
using System.Xml.Linq;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>PNG through each program that can draw it, alone on the path, and what is said where there is none or it fails.</summary>
public sealed class PngFileTests : IDisposable
{
    private readonly TempFolder _folder = new(), _programs = new();
    private readonly TinyModel _model = new();

    public void Dispose()
    {
        _folder.Dispose();
        _programs.Dispose();
        _model.Dispose();
    }

    [Theory]
    [InlineData("rsvg-convert")]
    [InlineData("chromium")]
    public void Explain_PngThroughOneProgram_IsAPictureTwiceAsDense(string program)
    {
        string? found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(found is null, $"no {program} on the PATH");
        File.CreateSymbolicLink(_programs.File(program), found!);

        Explain("--svg", "a.svg").IsDone();

        byte[] png = File.ReadAllBytes(_folder.File("a.png"));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], png[..4]);
        Assert.InRange(Number(png, 16), (2 * Drawn("width")) - 2, (2 * Drawn("width")) + 2);
        Assert.InRange(Number(png, 20), (2 * Drawn("height")) - 2, (2 * Drawn("height")) + 2);
        Assert.True(png.Length > 4000, $"{png.Length} bytes hold no text and no bars");
    }

    [Fact]
    public void Explain_PngWithoutAProgram_SaysWhatToInstall()
    {
        Explain().IsRefused(ExitCode.Output, "neither rsvg-convert nor chromium", "librsvg2-bin", "--svg");
        Assert.False(File.Exists(_folder.File("a.png")));
    }

    [Fact]
    public void Explain_PngThroughAProgramThatFails_SaysSoAndLeavesNothing()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("shell scripts are not programs on Windows");
            return;
        }
        string script = _programs.Write("rsvg-convert", "#!/bin/sh\necho 'no fonts' >&2\nexit 3\n"u8);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        Explain().IsRefused(ExitCode.Output, "rsvg-convert", "it ended with 3: no fonts", "--svg");
        Assert.False(File.Exists(_folder.File("a.png")));
    }

    [Fact]
    public void Explain_PngToStandardOutput_IsRefused() =>
        CliRun.Of(["explain", "good", "--model", _model.Path, "--png", "-"]).IsRefused(ExitCode.Usage, "png", "path");

    private CliRun Explain(params string[] more) => CliRun.Of(
        ["explain", "good movie", "--model", _model.Path, "--png", "a.png", "--steps", "4", .. more], folder: _folder.Path,
            programs: _programs.Path);

    private double Drawn(string name) => double.Parse(XDocument.Load(_folder.File("a.svg")).Root!.Attribute(name)!.Value,
        CultureInfo.InvariantCulture);

    // Big-endian, as PNG writes it.
    private static int Number(byte[] png, int at) => (png[at] << 24) | (png[at + 1] << 16) | (png[at + 2] << 8) | png[at + 3];
}
