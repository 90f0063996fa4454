using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Vitrine.Tensors;

namespace Vitrine.Bench;

/// <summary>The header of every report: what was measured where.</summary>
internal static class Machine
{
    public static string Header() => string.Create(CultureInfo.InvariantCulture,
        $"{Processor()}; {Device.Current.Description}; {RuntimeInformation.OSDescription}; {RuntimeInformation.FrameworkDescription}; "
            + $"commit {Commit()}; {DateTime.UtcNow:yyyy-MM-dd}");

    private static string Processor() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1]
            .Trim() ?? "unknown processor"
        : RuntimeInformation.ProcessArchitecture.ToString();

    private static string Commit()
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", "rev-parse --short HEAD")
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true
            });
            return git?.StandardOutput.ReadToEnd().Trim() is { Length: > 0 } commit ? commit : "unknown";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "unknown"; // no git here: the report says so
        }
    }
}
