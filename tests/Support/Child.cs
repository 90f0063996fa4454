using System.Diagnostics;
using Xunit;

namespace Vitrine.Tests.Support;

/// <summary>
/// A program in a process of its own. Its standard input is at its end, its output is read while it runs, and it is stopped with all its
/// children when it takes longer than <see cref="Longest"/>: a test that waits for a program ends.
/// </summary>
internal sealed class Child : IDisposable
{
    /// <summary>How long a program may take.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly Task<string> _output, _error;

    private Child(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>What it ended with; the text of both streams.</summary>
    public sealed record Ended(int Code, string Output, string Error)
    {
        /// <summary>The same, which must be an end without an error.</summary>
        public Ended IsDone()
        {
            Assert.True(Code == 0, $"exit code {Code}\n{Output}\n{Error}");
            return this;
        }
    }

    /// <summary>Starts a program.</summary>
    /// <param name="program">Its name or path.</param>
    /// <param name="words">Its arguments.</param>
    /// <param name="folder">The folder it works in; null: the test's.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="variables">Environment variables.</param>
    public static Child Start(string program, IEnumerable<string> words, string? folder = null, string input = "",
        params IEnumerable<(string Name, string Value)> variables)
    {
        var start = new ProcessStartInfo(program, words)
        {
            WorkingDirectory = folder ?? "",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }
        Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} does not start");
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        return new(process);
    }

    /// <summary>Starts the command <c>vitrine</c>.</summary>
    public static Child Vitrine(IEnumerable<string> words, string? folder = null, params IEnumerable<(string Name, string Value)> variables)
        => Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "Vitrine.Cli.dll"), .. words], folder, "", variables);

    /// <summary>Whether it ends within a time.</summary>
    public bool EndsWithin(TimeSpan time) => _process.WaitForExit(time);

    /// <summary>Stops it at once, as a power failure would.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit(Longest);
    }

    /// <summary>Waits for its end.</summary>
    public Ended Wait()
    {
        if (!_process.WaitForExit(Longest))
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"{_process.StartInfo.FileName} {string.Join(' ', _process.StartInfo.ArgumentList)} did not end within {Longest}\n"
                + $"{Read(_output)}\n{Read(_error)}");
        }
        return new(_process.ExitCode, Read(_output), Read(_error));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }
        _process.Dispose();
    }

    // A child of the program that lives longer may hold its streams open.
    private static string Read(Task<string> text) => text.Wait(TimeSpan.FromSeconds(10)) ? text.Result.ReplaceLineEndings("\n")
        : throw new InvalidOperationException("the program has ended, but something it started still holds its output");
}
