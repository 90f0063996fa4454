namespace Vitrine.Tensors;

/// <summary>All kernels for OpenCL and CUDA by name: those of the ops, those of training, and one that measures a device.</summary>
internal static class GpuTable
{
    /// <summary>The kernels.</summary>
    public static IReadOnlyDictionary<string, GpuCode> All { get; } = new[]
    {
        UnaryGpu.Kernels, BinaryGpu.Kernels, LayoutGpu.Kernels, SoftmaxGpu.Kernels, LayerNormGpu.Kernels, RmsNormGpu.Kernels,
        ReduceGpu.Kernels, GatherGpu.Kernels, PickGpu.Kernels, KlDivGpu.Kernels, DropoutGpu.Kernels, CrossEntropyGpu.Kernels,
        OptimizerGpu.Kernels, PeakGpu.Kernels, MatMulGpu.Kernels, MatMulRowGpu.Kernels,
        MatMulCoresGpu.Kernels, AttentionGpu.Kernels,
    }.SelectMany(kernels => kernels).ToDictionary(code => code.Name);
}
