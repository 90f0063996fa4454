using System.Globalization;
using System.Xml.Linq;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Drawing;

/// <summary>PNG from the command, and charts in each form.</summary>
public sealed class PngCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TinyModel _model = new();

    public void Dispose()
    {
        _folder.Dispose();
        _model.Dispose();
    }

    [Fact]
    public void Explain_Png_IsThePictureTwiceAsDense()
    {
        TestFonts.NeedAny();
        Explain("good movie", "--svg", "a.svg").IsDone();

        byte[] png = File.ReadAllBytes(_folder.File("a.png"));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], png[..4]);
        Assert.Equal(Math.Ceiling(2 * Drawn("width")), Number(png, 16));
        Assert.Equal(Math.Ceiling(2 * Drawn("height")), Number(png, 20));
    }

    [Fact]
    public void Explain_PngToStandardOutput_IsRefused() =>
        CliRun.Of(["explain", "good", "--model", _model.Path, "--png", "-"]).IsRefused(ExitCode.Usage, "png", "path");

    [Theory]
    [InlineData("c.png", "\u0089PNG")]
    [InlineData("c.svg", "<?xml")]
    [InlineData("c.pdf", "%PDF-1.")]
    public void Evaluate_Plot_IsWrittenInTheFormOfItsEnding(string name, string head)
    {
        TestFonts.NeedAny();
        CliRun.Of(["evaluate", "good movie", "--model", _model.Path, "--method", "saliency,random", "--metric", "comprehensiveness",
            "--plot", name], folder: _folder.Path).IsDone();

        Assert.Equal(head, string.Concat(File.ReadAllBytes(_folder.File(name)).Take(head.Length).Select(b => (char)b)));
    }

    [Fact]
    public void Evaluate_PlotWithAnotherEnding_IsRefusedBeforeTheWork() =>
        CliRun.Of(["evaluate", "good", "--model", _model.Path, "--plot", "c.gif"]).IsRefused(ExitCode.Usage, "plot", "c.gif", ".svg");

    [Fact]
    public void Circuit_PlotWithoutCurve_IsRefused() =>
        CliRun.Of(["circuit", "--plot", "c.png"]).IsRefused(ExitCode.Usage, "plot", "--curve");

    private CliRun Explain(string text, params string[] more) => CliRun.Of(
        ["explain", text, "--model", _model.Path, "--png", "a.png", "--steps", "4", .. more], folder: _folder.Path);

    private double Drawn(string name) => double.Parse(XDocument.Load(_folder.File("a.svg")).Root!.Attribute(name)!.Value,
        CultureInfo.InvariantCulture);

    // Big-endian, as PNG writes it.
    private static int Number(byte[] png, int at) => (png[at] << 24) | (png[at + 1] << 16) | (png[at + 2] << 8) | png[at + 3];
}
