using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using Vitrine.Tensors;

namespace Vitrine.Bench.Suite;

/// <summary>Runs the suites of BenchmarkDotNet.</summary>
internal static class SuiteBench
{
    /// <summary>
    /// Arguments: <c>--device name</c> (optional), then those of BenchmarkDotNet: <c>--filter *softmax*</c>, <c>--job short</c>,
    /// <c>--exporters json</c>.
    /// </summary>
    public static int Run(string[] args)
    {
        Device device = args is ["--device", var name, ..] ? Device.Parse(name) : Device.Cpu;
        using Device.Scope scope = Device.Use(device);
        // In this process, on this thread: the device is ambient, and its kernels need no program of their own.
        IConfig config = ManualConfig.Create(DefaultConfig.Instance)
            .AddJob(Job.Default.WithToolchain(new InProcessNoEmitToolchain(TimeSpan.FromHours(1), logOutput: true)).AsMutator())
            .AddColumn(RateColumn.Bytes, RateColumn.Flops)
            .WithSummaryStyle(BenchmarkDotNet.Reports.SummaryStyle.Default.WithMaxParameterColumnWidth(80))
            .HideColumns(Column.Toolchain)
            .WithArtifactsPath(Path.Combine("artifacts", "benchmarks"));
        IEnumerable<BenchmarkDotNet.Reports.Summary> summaries = BenchmarkSwitcher.FromTypes([typeof(Forward), typeof(Backward)])
            .Run(device == Device.Cpu ? args : args[2..], config);
        return summaries.Any(s => s.HasCriticalValidationErrors || s.Reports.Any(r => !r.Success)) ? 1 : 0;
    }
}
