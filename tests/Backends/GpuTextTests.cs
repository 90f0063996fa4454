using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Backends;

/// <summary>What ILGPU makes of the kernels in C#, in every way that some call may take. No device is needed.</summary>
public sealed partial class GpuTextTests
{
    [Fact]
    public void Table_AgainstKernelC_HasTheSameKernels() =>
        Assert.Equal(KernelTable.Gpu.Where(row => row.Value.Parts is null).Select(row => row.Key).Order(), GpuTable.All.Keys.Order());

    /// <summary>
    /// Nothing is called that is not in the text, nothing lies in local memory, and the parameters are what the backend passes. (Above 8.0
    /// ILGPU names sm_80 as the target, which drivers of later devices take.)
    /// </summary>
    [Theory]
    [InlineData(52, 60)]
    [InlineData(75, 63)]
    [InlineData(80, 70)]
    [InlineData(90, 78)]
    [InlineData(120, 87)]
    public void Ptx_EveryKernel_CallsNothingAndTakesWhatIsPassed(int capability, int version)
    {
        using Context context = GpuDevices.Open(devices: false);
        var architecture = new CudaArchitecture(capability / 10, capability % 10);
        using var backend = new PTXBackend(context, new CudaCapabilityContext(architecture), architecture,
            new CudaInstructionSet(version / 10, version % 10), null);
        foreach (GpuCode code in GpuTable.All.Values.Where(code => capability >= 80 || !IsForTensorCores(code)))
        {
            foreach (Ways ways in code.All(Ways.Warps | (capability >= 80 ? Ways.TensorCores : 0)))
            {
                MethodInfo method = code.With(ways);
                string ptx = PtxText.Of(code.Name,
                    ((PTXCompiledKernel)IlgpuBackend.Compile(backend, code.Name, method)).PTXAssembly);

                Assert.Contains($".target sm_{Math.Min(80, capability)}\n", ptx.ReplaceLineEndings("\n"), StringComparison.Ordinal);
                Assert.False(ptx.Contains("call", StringComparison.Ordinal) || ptx.Contains(".extern", StringComparison.Ordinal),
                    $"{code.Name}, {ways}: calls a function");
                Assert.False(ptx.Contains(".local", StringComparison.Ordinal), $"{code.Name}, {ways}: local memory");
                Assert.Equal(IsForTensorCores(code), ptx.Contains("mma.sync", StringComparison.Ordinal));
                Assert.Equal(new KernelParameters(method).All.Select(parameter => parameter.Size), Parameter().Matches(ptx).Select(Size));
            }
        }
    }

    /// <summary>Loads and stores of a place become moves of its register; an address that goes elsewhere is refused.</summary>
    [Fact]
    public void InRegisters_PlaceOfFourBytes_IsARegister()
    {
        const string Text = "\t.local .align 4 .b8 __local_depot3[4];\n\tmov.b64\t%rd7, __local_depot3;\n"
            + "\tst.local.f32\t[%rd7], 0f3F800000;\n\tld.local.b32\t%r9, [%rd7];\n\tadd.u64\t%rd70, %rd71, 4;\n";

        Assert.Equal("\t.reg .b32 %local3;\n\tmov.f32\t%local3, 0f3F800000;\n\tmov.b32\t%r9, %local3;\n\tadd.u64\t%rd70, %rd71, 4;\n",
            PtxText.InRegisters("k", Text));
        Assert.StartsWith("k: local memory is not only loaded and stored; got the address %rd7",
            Assert.Throws<DeviceException>(() => PtxText.InRegisters("k", Text + "\tadd.u64\t%rd8, %rd7, 4;\n")).Message,
            StringComparison.Ordinal);
    }

    /// <summary>ILGPU 1.5.3 fences global memory alone: without a fence for memory of the group, items would read it too early.</summary>
    [Fact]
    public void OpenCl_EveryKernel_FencesMemoryOfTheGroupAndHasNoGenericPointer()
    {
        using Context context = GpuDevices.Open(devices: false);
        using var translator = new OpenClText(context);
        bool any = false;
        foreach (GpuCode code in GpuTable.All.Values)
        {
            foreach (Ways ways in code.All(0))
            {
                string text = translator.Of(code.Name, code.With(ways)).Text;
                string body = text[text.IndexOf("#endif", StringComparison.Ordinal)..];

                Assert.StartsWith("#define work_group_barrier(fence) barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)\n", text,
                    StringComparison.Ordinal);
                Assert.DoesNotMatch(@"(?<!work_group_)barrier\b|__generic|\bfma\b", body);
                any |= body.Contains("work_group_barrier", StringComparison.Ordinal);
            }
        }
        Assert.True(any);
    }

    [Fact]
    public void OpenCl_TheSameKernelTwice_IsTheSameText()
    {
        MethodInfo method = GpuTable.All["softmax_forward"].With(0);

        Assert.Equal(Text(), Text());

        string Text()
        {
            using Context context = GpuDevices.Open(devices: false);
            using var translator = new OpenClText(context);
            return translator.Of("softmax_forward", method).Text;
        }
    }

    private static bool IsForTensorCores(GpuCode code) => code.Name.EndsWith("_mma", StringComparison.Ordinal);

    // .param .align 8 .b8 _x_1[16], or .param .b32 _d_2.
    private static int Size(Match parameter) => parameter.Groups["bytes"].Success
        ? int.Parse(parameter.Groups["bytes"].Value, System.Globalization.CultureInfo.InvariantCulture) : sizeof(int);

    [GeneratedRegex(@"\.param (\.align \d+ \.b8 \w+\[(?<bytes>\d+)\]|\.[bf]32 \w+)")]
    private static partial Regex Parameter();
}
