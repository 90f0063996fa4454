using System.Globalization;
using System.Text.RegularExpressions;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Docs;

/// <summary>Every file of <c>lessons/</c> is short, runs, and prints what it teaches; its exercises have answers.</summary>
[Collection(Programs.Name)]
public sealed class LessonTests
{
    private const int MostLines = 119;

    private static readonly Dictionary<string, Action<string>> s_lessons = new()
    {
        ["01-tensors-and-tape.cs"] = output =>
        {
            Assert.Contains("x·W has [2, 2]: [4 5 10 11]", output, StringComparison.Ordinal);
            Assert.Contains("d Σx² / dx = [2 4 6 8 10 12]", output, StringComparison.Ordinal);
            Assert.All(Pairs(output, @"backward ([-+.\d]+), measured ([-+.\d]+)"), pair => Assert.Equal(pair.A, pair.B, 3e-3));
            Assert.Contains("step 200: y = 3.0", output, StringComparison.Ordinal);
        },
        ["02-attention-by-hand.cs"] = output =>
        {
            Assert.Contains("the looks back at the 100%, cat 0%, sat 0%", output, StringComparison.Ordinal);
            Assert.All(Numbers(output, @"largest difference .*: ([-e.\d]+)"), difference => Assert.InRange(difference, 0, 1e-6));
        },
        ["03-gpt2.cs"] = output =>
        {
            Assert.InRange(Numbers(output, @"difference from the library: ([-e.\d]+)")[0], 0, 1e-4);
            Assert.EndsWith("the library writes the same: True\n", output, StringComparison.Ordinal);
        },
        ["04-training-a-sorter.cs"] = output =>
        {
            Assert.InRange(Numbers(output, @"(\d+) of 50 right by chance")[0], 0, 2);
            Assert.InRange(Numbers(output, @"after: (\d+) of 50 right")[0], 45, 50);
            Assert.EndsWith("9081 sorted is 0189\n", output, StringComparison.Ordinal);
        },
        ["05-hooks.cs"] = output =>
        {
            Assert.Contains("the model says 7", output, StringComparison.Ordinal);
            Assert.Contains("without blocks.0.hook_attn_out", output, StringComparison.Ordinal);
            Assert.EndsWith("read after block 2: 7\n", output, StringComparison.Ordinal);
        },
        ["06-attribution.cs"] = output =>
        {
            double[] differences = Numbers(output, @"difference from the library ([.\d]+)");
            Assert.InRange(differences[0], 0, 2e-3);
            Assert.InRange(differences[1], 0, 5e-3);
            Assert.InRange(differences[2], 0, 0.2);
            (double whole, double sum) = Pairs(output, @"adds up to ([-.\d]+); f\(x\) − f\(nothing\) is ([-.\d]+)")[0];
            Assert.Equal(whole, sum, 1e-2);
        },
        ["07-induction-head.cs"] = output =>
        {
            (double first, double second) = Pairs(output, @"first time ([.\d]+) nats, the second ([.\d]+)")[0];
            Assert.True(second < first / 3, output);
            Assert.Contains(Numbers(output, @"head 1\.\d: previous letter \d+%, induction (\d+)%"), share => share > 50);
            Assert.Contains(Numbers(output, @"head 0\.\d: previous letter (\d+)%"), share => share > 25);
            Assert.True(Numbers(output, @"does induction for (\d+)%")[0] < 30, output);
        },
        ["08-a-kernel.cs"] = output =>
        {
            Assert.Equal(4, Numbers(output, @"largest error ([-e.\d]+)").Length);
            Assert.All(Numbers(output, @"largest error ([-e.\d]+)"), error => Assert.InRange(error, 0, 1e-6));
            Assert.Contains("NaN, NaN; safe: 0.268", output, StringComparison.Ordinal);
        },
    };

    public static TheoryData<string> Names => [.. s_lessons.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Lesson_Run_PrintsWhatItTeaches(string name)
    {
        string output = CSharpProgram.Run(name, File.ReadAllText(Path.Combine(GoldenFolder.SourceTree(), "lessons", name)));

        s_lessons[name](output.Replace(" %", "%", StringComparison.Ordinal));
    }

    [Fact]
    public void Lessons_AllOfThem_AreShortListedHereAndHaveThreeExercisesWithAnswers()
    {
        string folder = Path.Combine(GoldenFolder.SourceTree(), "lessons");
        string[] files = [.. Directory.GetFiles(folder, "*.cs").Order(StringComparer.Ordinal)];
        string[] answers = [.. File.ReadAllText(Path.Combine(folder, "README.md")).Split("\n### ").Skip(1)];

        Assert.Equal(s_lessons.Keys, files.Select(Path.GetFileName));
        Assert.Equal(files.Length, answers.Length);
        Assert.All(files, file => Assert.InRange(File.ReadLines(file).Count(), 1, MostLines));
        Assert.All(files, file => Assert.Equal(["// 1.", "// 2.", "// 3."], File.ReadAllText(file).Split("// Exercises")[1]
            .Split('\n').Skip(1).Where(line => line.Length > 0).Select(line => line[..5])));
        Assert.All(answers, answer => Assert.All((string[])["\n1. ", "\n2. ", "\n3. "], number =>
            Assert.Contains(number, answer, StringComparison.Ordinal)));
    }

    private static double[] Numbers(string output, string pattern) =>
        [.. Regex.Matches(output, pattern).Select(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))];

    private static (double A, double B)[] Pairs(string output, string pattern) => [.. Regex.Matches(output, pattern).Select(m =>
        (double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture), double.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture)))];
}
