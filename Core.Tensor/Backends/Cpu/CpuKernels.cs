namespace Vitrine.Tensors;

/// <summary>The table of CPU kernels by name; a test checks that it and the op table agree.</summary>
internal static class CpuKernels
{
    public static IReadOnlyDictionary<string, CpuKernel> Table { get; } = new Dictionary<string, CpuKernel>
    {
        ["copy_strided"] = LayoutCpu.CopyStrided,
        ["copy_strided_2"] = LayoutCpu.CopyStrided2,
        ["copy_strided_1"] = LayoutCpu.CopyStrided1,
        ["fill"] = LayoutCpu.Fill,
        ["add_forward"] = BinaryCpu.Forward<BinaryCpu.Plus>,
        ["sub_forward"] = BinaryCpu.Forward<BinaryCpu.Minus>,
        ["mul_forward"] = BinaryCpu.Forward<BinaryCpu.Times>,
        ["div_forward"] = BinaryCpu.Forward<BinaryCpu.Over>,
        ["scale_forward"] = BinaryCpu.ScaleForward,
        ["sum_rows"] = ReduceCpu.SumRows,
        ["sum_columns"] = ReduceCpu.SumColumns,
        ["mat_mul_forward"] = MatMulCpu.Forward,
        ["attention_forward"] = AttentionCpu.Forward,
        ["attention_backward"] = AttentionCpu.Backward,
        ["layer_norm_forward"] = LayerNormCpu.Forward,
        ["layer_norm_backward"] = LayerNormCpu.Backward,
        ["layer_norm_backward_gamma"] = LayerNormCpu.BackwardGamma,
    };
}
