using System.Diagnostics;
using System.Text;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Cli;

/// <summary>
/// The kernels in C# and ILGPU are loaded when a device of theirs is asked for, and not before: a command on the CPU starts as fast as
/// without them. The runtime writes down which assemblies it loads.
/// </summary>
public sealed class GpuAssemblyTests
{
    [Fact]
    public async Task Explain_OnTheCpu_LoadsNoGpuAssembly()
    {
        string model = Path.Combine(GoldenFolder.SourceTree(), "models", "sentiment"),
            loaded = await LoadedBy("explain", "--model", model, "a good movie");

        Assert.Contains("Vitrine.Tensors.dll", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("Vitrine.Gpu.dll", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("ILGPU.dll", loaded, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Devices_Listed_LoadThem()
    {
        string loaded = await LoadedBy("devices");

        Assert.Contains("Vitrine.Gpu.dll", loaded, StringComparison.Ordinal);
        Assert.Contains("ILGPU.dll", loaded, StringComparison.Ordinal);
    }

    /// <summary>The trace of a command's process, as text: names in it are UTF-16.</summary>
    private static async Task<string> LoadedBy(params string[] words)
    {
        using var folder = new TempFolder();
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Vitrine.Cli.dll"), .. words])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_EnableEventPipe"] = "1";
        start.Environment["DOTNET_EventPipeConfig"] = "Microsoft-Windows-DotNETRuntime:0x8:4"; // loader events
        start.Environment["DOTNET_EventPipeOutputPath"] = folder.File("loaded.nettrace");
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation);
        string error = await process.StandardError.ReadToEndAsync(cancellation);
        _ = await output;
        await process.WaitForExitAsync(cancellation).WaitAsync(TimeSpan.FromMinutes(2), cancellation);
        Assert.True(process.ExitCode == 0, error);

        byte[] trace = await File.ReadAllBytesAsync(folder.File("loaded.nettrace"), cancellation);
        return Encoding.Unicode.GetString(trace) + Encoding.Unicode.GetString(trace.AsSpan(1)); // a name may begin at any byte
    }
}
