using System.Text.RegularExpressions;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Backends;

/// <summary>
/// The committed PTX is that of today's sources, and its functions take what the CUDA backend passes. No device is needed, and none was at
/// hand.
/// </summary>
public sealed partial class PtxTests
{
    public static TheoryData<string> Sources => [.. KernelSource.Names];

    [Theory]
    [MemberData(nameof(Sources))]
    public void Ptx_FirstLine_HoldsTheHashOfTheSource(string source)
    {
        string first = KernelSource.Ptx(source).Split('\n')[0];

        Assert.True(first == $"// source {KernelSource.CudaHash(source)}",
            $"{source}.ptx is stale: run Core.Tensor/Backends/Cuda/compile-ptx.");
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public unsafe void Ptx_EveryKernelOfTheTable_IsAnEntryForBuffersAndNumbers(string source)
    {
        string ptx = KernelSource.Ptx(source);
        Assert.Contains(ptx.Contains("mma.sync", StringComparison.Ordinal)
            ? ".target sm_80" : ".target sm_52", ptx, StringComparison.Ordinal);
        Dictionary<string, string> entries = Entry().Matches(ptx).ToDictionary(m => m.Groups["name"].Value,
            m => m.Groups["parameters"].Value);

        string[] expected = [.. KernelTable.Gpu.Where(row => row.Value.Source == source).Select(row => row.Key)];

        Assert.Equal(expected.Order(), entries.Keys.Order());
        Assert.All(entries, entry =>
        {
            string[] parameters = entry.Value.Split(',');
            Assert.All(parameters[..^1], p => Assert.Contains(".param .u64", p, StringComparison.Ordinal));
            Assert.Contains($".param .align 4 .b8 {entry.Key}_param_{parameters.Length - 1}[{sizeof(GpuCall)}]", parameters[^1],
                StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Ptx_TensorCores_AreAskedByTheirKernelsAlone() =>
        Assert.Equal(["mat_mul_mma"], KernelSource.Names.Where(name => KernelSource.Ptx(name)
            .Contains("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", StringComparison.Ordinal)));

    [GeneratedRegex(@"\.visible \.entry (?<name>\w+)\((?<parameters>[^)]*)\)")]
    private static partial Regex Entry();
}
