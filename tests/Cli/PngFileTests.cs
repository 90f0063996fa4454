using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

public sealed class PngFileTests
{
    [Fact]
    public void Explain_Png_IsAPictureTwiceAsDense()
    {
        Assert.SkipUnless((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "rsvg-convert"))), "no rsvg-convert on the PATH");
        using var model = new TinyModel();
        using var folder = new TempFolder();

        CliRun.Of(["explain", "good movie", "--model", model.Path, "--png", "a.png", "--svg", "a.svg", "--steps", "4"], folder: folder.Path).IsDone();

        byte[] png = File.ReadAllBytes(folder.File("a.png"));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], png[..4]);
        int width = (png[16] << 24) | (png[17] << 16) | (png[18] << 8) | png[19];
        double drawn = double.Parse(System.Xml.Linq.XDocument.Load(folder.File("a.svg")).Root!.Attribute("width")!.Value, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(width, (2 * drawn) - 2, (2 * drawn) + 2);
    }

    [Fact]
    public void Explain_PngToStandardOutput_IsRefused()
    {
        using var model = new TinyModel();

        CliRun.Of(["explain", "good", "--model", model.Path, "--png", "-"]).IsRefused(ExitCode.Usage, "png", "path");
    }
}
