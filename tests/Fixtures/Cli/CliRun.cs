using System.Text;
using Vitrine.Cli;
using Xunit;

namespace Vitrine.Tests;

/// <summary>A command line run inside the test process: what it wrote, and how it ended.</summary>
internal sealed record CliRun(ExitCode Code, string Output, string Error)
{
    /// <summary>Runs <c>vitrine</c> with these words; standard input holds <paramref name="input"/>.</summary>
    public static CliRun Of(IReadOnlyList<string> words, byte[]? input = null, string? folder = null, int width = 100,
        bool interrupted = false) => Of(Application.Run, words, input, folder, width, interrupted);

    /// <summary>Runs a benchmark with these words.</summary>
    public static CliRun OfBench(IReadOnlyList<string> words, string? folder = null) =>
        Of(Bench.BenchCommands.Run, words, null, folder, 100, false);

    private static CliRun Of(
        Func<IReadOnlyList<string>, Terminal, CancellationToken, ExitCode> run, IReadOnlyList<string> words, byte[]? input, string? folder,
            int width, bool interrupted)
    {
        var output = new StringWriter { NewLine = "\n" };
        var error = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal
        {
            Input = () => new MemoryStream(input ?? []),
            Output = output,
            Error = error,
            InputIsInteractive = input is null,
            Width = width,
            WorkingDirectory = folder ?? Path.GetTempPath(),
            ProgramDirectory = folder ?? Path.GetTempPath(),
        };
        ExitCode code = run(words, terminal, interrupted
            ? new CancellationToken(canceled: true) : TestContext.Current.CancellationToken);
        return new(code, output.ToString(), error.ToString());
    }

    /// <summary>The same with UTF-8 text as standard input.</summary>
    public static CliRun Of(IReadOnlyList<string> words, string input, string? folder = null) =>
        Of(words, Encoding.UTF8.GetBytes(input), folder);

    /// <summary>
    /// Asserts that it was refused: this exit code, one line on standard error with these parts, nothing on standard output.
    /// </summary>
    public void IsRefused(ExitCode code, params ReadOnlySpan<string> parts)
    {
        Assert.Equal(code, Code);
        Assert.StartsWith("vitrine: ", Error, StringComparison.Ordinal);
        Assert.Equal(Error.Length - 1, Error.IndexOf('\n', StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        Assert.Equal("", Output);
        foreach (string part in parts)
        {
            Assert.Contains(part, Error, StringComparison.OrdinalIgnoreCase);
        }
    }

    /// <summary>Asserts that it was done, silently on standard error.</summary>
    public CliRun IsDone()
    {
        Assert.Equal("", Error);
        Assert.Equal(ExitCode.Success, Code);
        return this;
    }
}
