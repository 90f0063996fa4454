using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Xml.Linq;

namespace Vitrine.Cli;

/// <summary>Turns a picture into PNG with a program that is installed: <c>rsvg-convert</c>, else Chromium.</summary>
internal static class PngFile
{
    private const int Scale = 2; // sharp on dense screens and in print
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);
    private static readonly string[] s_browsers = ["chromium", "chromium-browser", "google-chrome", "chrome"];

    /// <summary>Finds out before long work whether there is a program to draw with.</summary>
    /// <param name="path">The file; null: none was asked for.</param>
    /// <param name="terminal">Where programs are looked for.</param>
    /// <exception cref="CommandException">There is none, or the path is standard output.</exception>
    public static void Probe(string? path, Terminal terminal)
    {
        if (path == "-")
        {
            throw new CommandException(ExitCode.Usage, "png: a picture is no text; got '-' for standard output; expected a path.");
        }
        if (path is not null && Converter(terminal) is null && Browser(terminal) is null)
        {
            throw new CommandException(ExitCode.Output, $"png: nothing to draw with; got neither rsvg-convert nor {s_browsers[0]} on the PATH; expected one of them. Install librsvg2-bin or chromium, or write --svg.");
        }
    }

    /// <summary>Draws.</summary>
    /// <param name="path">The file, which is replaced whole or not at all.</param>
    /// <param name="svg">The picture.</param>
    /// <param name="terminal">Where paths start.</param>
    /// <exception cref="CommandException">The program failed, or the file cannot be written.</exception>
    public static void Write(string path, string svg, Terminal terminal)
    {
        Probe(path, terminal);
        DirectoryInfo work = Directory.CreateTempSubdirectory("vitrine-");
        try
        {
            string from = Path.Combine(work.FullName, "picture.svg"), to = Path.Combine(work.FullName, "picture.png");
            File.WriteAllText(from, svg);
            if (Converter(terminal) is { } converter)
            {
                Run(converter, ["--zoom", Scale.ToString(CultureInfo.InvariantCulture), "--output", to, from]);
            }
            else
            {
                XElement root = XDocument.Parse(svg).Root ?? throw new InvalidOperationException("png: the picture is empty.");
                string size = $"{Math.Ceiling((double)root.Attribute("width")!)},{Math.Ceiling((double)root.Attribute("height")!)}";
                Run(Browser(terminal)!, ["--headless", $"--user-data-dir={Path.Combine(work.FullName, "profile")}", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", $"--force-device-scale-factor={Scale}", $"--window-size={size}", $"--screenshot={to}", $"file://{from}"]);
            }
            OutputFile.Write(path, File.ReadAllBytes(to), terminal);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private static string? Converter(Terminal terminal) => Find("rsvg-convert", terminal);

    private static string? Browser(Terminal terminal) => s_browsers.Select(browser => Find(browser, terminal)).FirstOrDefault(found => found is not null);

    private static string? Find(string program, Terminal terminal) => terminal.Programs.Split(Path.PathSeparator)
        .Where(folder => folder.Length > 0)
        .SelectMany(folder => new[] { Path.Combine(folder, program), Path.Combine(folder, program + ".exe") })
        .FirstOrDefault(File.Exists);

    private static void Run(string program, string[] arguments)
    {
        string? why;
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })
                ?? throw new Win32Exception();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            process.OutputDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            if (!process.WaitForExit(s_patience))
            {
                process.Kill(entireProcessTree: true);
                why = "it did not end within a minute";
            }
            else
            {
                why = process.ExitCode == 0 ? null : $"it ended with {process.ExitCode.ToString(CultureInfo.InvariantCulture)}: {errors.Result.Trim()}";
            }
        }
        catch (Win32Exception e)
        {
            why = e.Message;
        }
        if (why is not null)
        {
            throw new CommandException(ExitCode.Output, $"png: '{program}' failed; {why.TrimEnd('.')}. Write --svg instead.");
        }
    }
}
