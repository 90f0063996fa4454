using System.Text.RegularExpressions;
using Vitrine.Tests.Docs;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Scale;

/// <summary>The scripts of docs/SCALE.md, with the command as a program on the PATH: what they gather is what one run writes.</summary>
public sealed partial class ScalePageTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public ScalePageTests()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "no bash");
        Directory.CreateSymbolicLink(_folder.File("models"), Path.Combine(GoldenFolder.SourceTree(), "models"));
        File.WriteAllLines(_folder.File("reviews.jsonl"), Enumerable.Range(0, 7)
            .Select(i => $"{{\"id\":{i},\"text\":\"a {(i % 2 == 0 ? "witty" : "dull")} film, part {i}\"}}"));
        File.WriteAllText(_folder.File("vitrine"),
            $"#!/bin/bash\nexec dotnet '{Path.Combine(AppContext.BaseDirectory, "Vitrine.Cli.dll")}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_folder.File("vitrine"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Loop_AsOnThePage_GathersWhatOneRunWrites() => IsTheWhole(() => Bash(Block("sh", "for i in")));

    [Fact]
    public void Parallel_AsOnThePage_GathersWhatOneRunWrites()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/parallel"), "no GNU parallel");

        IsTheWhole(() => Bash(Block("sh", "| parallel ")));
    }

    [Fact]
    public void SlurmArray_AsOnThePage_GathersWhatOneRunWrites() => IsTheWhole(() =>
    {
        for (int task = 1; task <= 3; task++)
        {
            Bash(Block("bash", "#SBATCH"), ("SLURM_ARRAY_TASK_ID", $"{task}"), ("SLURM_ARRAY_TASK_MIN", "1"), ("SLURM_ARRAY_TASK_MAX", "3"),
                ("SLURM_ARRAY_TASK_COUNT", "3"));
        }
        Bash(Gather().Match(Pages.Text("docs/SCALE.md")).Groups[1].Value);
    });

    [Fact]
    public void SparkPipe_AsOnThePage_GivesEveryRowItsLine()
    {
        string pipe = Pipe().Match(Block("python", "textFile")).Groups[1].Value;

        // What Spark does: every partition's lines into a process of its own, what comes out one after the other.
        string labels = Bash($"head -n 4 reviews.jsonl | {pipe}; tail -n +5 reviews.jsonl | {pipe}");

        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"\"id\":\"{i}\""),
            labels.TrimEnd().Split('\n').Select(line => Id().Match(line).Value));
    }

    private void IsTheWhole(Action run)
    {
        Bash("vitrine explain --input reviews.jsonl --method saliency --output whole.jsonl");

        run();

        Assert.Equal(File.ReadAllText(_folder.File("whole.jsonl")), File.ReadAllText(_folder.File("scores.jsonl")));
    }

    // Three shards are enough here.
    private static string Block(string language, string holds) => Number().Replace(Blocks("docs/SCALE.md")
        .Single(block => block.Language == language && block.Text.Contains(holds, StringComparison.Ordinal)).Text, "n=3");

    private static IEnumerable<(string Language, string Text)> Blocks(string page) => Pages.Text(page).Split("```")
        .Where((_, i) => i % 2 == 1)
        .Select(block => block.Split('\n', 2)).Select(block => (block[0], block[1]));

    private string Bash(string script, params (string Name, string Value)[] variables)
    {
        using Child bash = Child.Start("/bin/bash", ["-euo", "pipefail", "-c", script], _folder.Path, "",
            [("PATH", $"{_folder.Path}:{Environment.GetEnvironmentVariable("PATH")}"), .. variables]);
        return bash.Wait().IsDone().Output;
    }

    [GeneratedRegex("^n=[0-9]+$", RegexOptions.Multiline)]
    private static partial Regex Number();

    [GeneratedRegex("--wrap \"(vitrine gather [^\"]+)\"")]
    private static partial Regex Gather();

    [GeneratedRegex("pipe\\(\"([^\"]+)\"\\)")]
    private static partial Regex Pipe();

    [GeneratedRegex("\"id\":\"[0-9]\"")]
    private static partial Regex Id();
}
