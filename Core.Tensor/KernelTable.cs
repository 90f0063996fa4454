namespace Vitrine.Tensors;

/// <summary>A kernel: its name, and what runs it on each kind of device.</summary>
/// <param name="Name">The op's name and what it does for it: <c>layer_norm_forward</c>.</param>
/// <param name="Cpu">The function; null for what only GPUs need, a part of another kernel or a special case of it.</param>
/// <param name="Gpu">Where it is written for OpenCL and CUDA, and how its work is cut.</param>
internal sealed record Kernel(string Name, CpuKernel? Cpu, GpuKernel Gpu);

/// <summary>All kernels by name: those of the op table's rows, those of training, and one that measures a device.</summary>
internal static class KernelTable
{
    private static readonly IReadOnlyList<Kernel> s_all =
    [
        .. OpTable.All.SelectMany(row => row.Kernels).Concat(OptimizerKernels.Kernels).Distinct(), // several ops share sum_rows
        new("peak_multiply_add", null, GpuKernel.Elements("peak")),
    ];

    /// <summary>The functions that run on the CPU.</summary>
    public static IReadOnlyDictionary<string, CpuKernel> Cpu { get; } =
        s_all.Where(kernel => kernel.Cpu is not null).ToDictionary(kernel => kernel.Name, kernel => kernel.Cpu!);

    /// <summary>What OpenCL and CUDA compile.</summary>
    public static IReadOnlyDictionary<string, GpuKernel> Gpu { get; } = s_all.ToDictionary(kernel => kernel.Name, kernel => kernel.Gpu);
}
