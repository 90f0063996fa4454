using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Xml.Linq;

namespace Vitrine;

/// <summary>Turns a picture into PNG with a program that is installed: <c>rsvg-convert</c>, else Chromium.</summary>
public static class PngFile
{
    private const int Scale = 2; // sharp on dense screens and in print
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);
    private static readonly string[] s_browsers = ["chromium", "chromium-browser", "google-chrome", "chrome"];

    /// <summary>Whether there is a program to draw with.</summary>
    /// <param name="programs">The folders that are looked into, as <c>PATH</c> writes them; null: the process's own.</param>
    /// <exception cref="RequestException">There is none.</exception>
    public static void Check(string? programs = null)
    {
        if (Converter(programs) is null && Browser(programs) is null)
        {
            throw new RequestException(Fault.Output,
                $"png: nothing to draw with; got neither rsvg-convert nor {s_browsers[0]} on the PATH; expected one of them. Install "
                    + $"librsvg2-bin or chromium, or write --svg.");
        }
    }

    /// <summary>Draws.</summary>
    /// <param name="svg">The picture.</param>
    /// <param name="programs">The folders that are looked into for a program; null: those of <c>PATH</c>.</param>
    /// <returns>The bytes of the file.</returns>
    /// <exception cref="RequestException">There is no such program, or it failed.</exception>
    public static byte[] Draw(string svg, string? programs = null)
    {
        Check(programs);
        DirectoryInfo work = Directory.CreateTempSubdirectory("vitrine-");
        try
        {
            string from = Path.Combine(work.FullName, "picture.svg"), to = Path.Combine(work.FullName, "picture.png");
            File.WriteAllText(from, svg);
            if (Converter(programs) is { } converter)
            {
                Run(converter, ["--zoom", Scale.ToString(CultureInfo.InvariantCulture), "--output", to, from]);
            }
            else
            {
                XElement root = XDocument.Parse(svg).Root ?? throw new InvalidOperationException("png: the picture is empty.");
                string size = $"{Math.Ceiling((double)root.Attribute("width")!)},{Math.Ceiling((double)root.Attribute("height")!)}";
                Run(Browser(programs)!, ["--headless", $"--user-data-dir={Path.Combine(work.FullName, "profile")}", "--no-sandbox",
                    "--disable-gpu", "--hide-scrollbars", $"--force-device-scale-factor={Scale}", $"--window-size={size}",
                        $"--screenshot={to}", $"file://{from}"]);
            }
            return File.ReadAllBytes(to);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private static string? Converter(string? programs) => Find("rsvg-convert", programs);

    private static string? Browser(string? programs) =>
        s_browsers.Select(browser => Find(browser, programs)).FirstOrDefault(found => found is not null);

    private static string? Find(string program, string? programs) =>
        (programs ?? Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Where(folder => folder.Length > 0)
        .SelectMany(folder => new[] { Path.Combine(folder, program), Path.Combine(folder, program + ".exe") })
        .FirstOrDefault(File.Exists);

    private static void Run(string program, string[] arguments)
    {
        string? why;
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true,
                RedirectStandardOutput = true })
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
                why = process.ExitCode == 0 ? null
                    : $"it ended with {process.ExitCode.ToString(CultureInfo.InvariantCulture)}: {errors.Result.Trim()}";
            }
        }
        catch (Win32Exception e)
        {
            why = e.Message;
        }
        if (why is not null)
        {
            throw new RequestException(Fault.Output, $"png: '{program}' failed; {why.TrimEnd('.')}. Write --svg instead.");
        }
    }
}
