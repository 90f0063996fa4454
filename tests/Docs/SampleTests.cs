using System.Text.RegularExpressions;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Docs;

/// <summary>Every file of <c>samples/</c> is short, compiles, runs, and says what the lessons say it does.</summary>
[Collection(Programs.Name)]
public sealed class SampleTests
{
    private const int MostLines = 59;

    private static readonly Dictionary<string, Action<string>> s_samples = new()
    {
        ["micro.cs"] = output => Assert.EndsWith("0 xor 0 → 0\n0 xor 1 → 1\n1 xor 0 → 1\n1 xor 1 → 0\n", output, StringComparison.Ordinal),
        ["hooks.cs"] = output =>
        {
            Assert.StartsWith("after \"keyfjordsagnbixkeyfjo\" comes \"r\"", output, StringComparison.Ordinal);
            Assert.Contains("head 1.1 looks at letter 6, \"r\"", output, StringComparison.Ordinal);
            Assert.True(Numbers(output, "without the heads of blocks.0: (\\d+)")[0] < 10, output);
        },
        ["train.cs"] = output =>
        {
            double[] losses = Numbers(output, @"loss ([\d.]+) nats");
            Assert.True(losses[^1] < 0.3 && losses[0] > 3, output);
            Assert.Contains("3142=1234\n", output, StringComparison.Ordinal);
        },
        ["explain.cs"] = output =>
        {
            Assert.Contains("seductive", output, StringComparison.Ordinal);
            Assert.Contains("2 methods, negative", output, StringComparison.Ordinal);
            Assert.Matches("why.html: \\d+ kB", output);
        },
        ["translate.cs"] = output =>
        {
            Assert.StartsWith("I like music", output, StringComparison.Ordinal);
            Assert.Contains(" from ", output, StringComparison.Ordinal);
        },
        ["kernel.cs"] = output => Assert.All(Numbers(output, "largest error ([-\\de.]+)"), error => Assert.InRange(error, 0, 1e-5)),
    };

    // It asks a service, which its own test starts (ClientSampleTests).
    private const string Client = "client.cs";

    public static TheoryData<string> Names => [.. s_samples.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Sample_Run_DoesWhatTheLessonsSay(string name)
    {
        string path = Path.Combine(GoldenFolder.SourceTree(), "samples", name);

        string output = CSharpProgram.Run(name, File.ReadAllText(path));

        s_samples[name](output.Replace(" %", "%", StringComparison.Ordinal));
    }

    [Fact]
    public void Samples_AllOfThem_AreShortListedHereAndNameProjectsThatExist()
    {
        string folder = Path.Combine(GoldenFolder.SourceTree(), "samples");
        string[] files = [.. Directory.GetFiles(folder, "*.cs")];

        Assert.Equal(s_samples.Keys.Append(Client).Order(), files.Select(Path.GetFileName).Order());
        Assert.All(files, file => Assert.InRange(File.ReadLines(file).Count(), 1, MostLines));
        Assert.All(files.SelectMany(File.ReadLines).Where(line => line.StartsWith("#:project ", StringComparison.Ordinal)),
            line => Assert.True(File.Exists(Path.Combine(folder, line["#:project ".Length..])), line));
    }

    [Fact]
    public void Drive_FromPython_HasTheExplanationOfEveryTextInOrder()
    {
        Assert.SkipUnless((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, "python3"))), "no python3");
        using Child python = Child.Start("python3", [Path.Combine(GoldenFolder.SourceTree(), "samples", "drive.py"), "a witty film",
            "a dull film"], GoldenFolder.SourceTree(), "", ("PYTHONIOENCODING", "utf-8"),
            ("VITRINE", $"dotnet '{Path.Combine(AppContext.BaseDirectory, "Vitrine.Cli.dll")}'"));

        string output = python.Wait().IsDone().Output.ReplaceLineEndings("\n");

        Assert.Matches(@"^positive\n(  \S+ +[+-]\d\.\d{3}\n)+negative\n(  \S+ +[+-]\d\.\d{3}\n)+$", output);
        Assert.Contains("  witty ", output, StringComparison.Ordinal);
        Assert.Contains("  dull ", output, StringComparison.Ordinal);
    }

    private static double[] Numbers(string output, string pattern) =>
        [.. Regex.Matches(output, pattern).Select(m => double.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture))];
}
