using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.Runtime.OpenCL;

namespace Vitrine.Tensors;

/// <summary>Kernels as OpenCL C 1.2. The text is the same for every device, and can be made without one.</summary>
internal sealed partial class OpenClText : IDisposable
{
    /// <summary>The option for devices without fused multiply–add, where it would be a long function.</summary>
    public const string WithoutFma = "-D NO_FMA";

    // ILGPU 1.5.3 fences global memory alone at a barrier: memory of the group would be out of order. And it does not know fma.
    private const string Prelude = """
        #define work_group_barrier(fence) barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
        #ifdef NO_FMA
        #define FusedMultiplyAdd(a, b, c) ((a) * (b) + (c))
        #else
        #define FusedMultiplyAdd(a, b, c) fma(a, b, c)
        #endif

        """;

    private readonly CLBackend _backend;

    /// <summary>A translator.</summary>
    /// <param name="context">ILGPU's.</param>
    public OpenClText(Context context)
    {
        // No generic pointers occur in what the kernels become, whether the device has them or not.
        var capabilities = new CLCapabilityContext(float16: false, float64: false, genericAddressSpace: true, int64_Atomics: false,
            subGroups: false);
        _backend = new(context, capabilities, CLDeviceVendor.Other, CLCVersion.CL12);
    }

    /// <summary>The text of a kernel, and what its function is called there.</summary>
    public (string Text, string Entry) Of(string name, MethodInfo method)
    {
        var compiled = (CLCompiledKernel)IlgpuBackend.Compile(_backend, name, method);
        return (Prelude + Renumbered(compiled.Source), compiled.Name);
    }

    // ILGPU numbers types and labels through all kernels of a process; numbered again, a text is the same in every process, and drivers
    // that keep what they compiled find it.
    private static string Renumbered(string text)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        return Number().Replace(text, match =>
        {
            if (!numbers.TryGetValue(match.Value, out int number))
            {
                numbers[match.Value] = number = numbers.Count;
            }
            return $"{match.Groups[1].Value}_{number}";
        });
    }

    [GeneratedRegex(@"\b(type|L)_[0-9]+")]
    private static partial Regex Number();

    public void Dispose() => _backend.Dispose();
}
