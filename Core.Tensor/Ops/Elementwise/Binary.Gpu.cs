using ILGPU;

namespace Vitrine.Tensors;

/// <summary>Add, sub, mul, div, masked_fill and scale on a GPU: one item per element.</summary>
internal static class BinaryGpu
{
    public static IReadOnlyList<GpuCode> Kernels { get; } =
    [
        new("add_forward", Forward<BinaryCpu.Plus>), new("sub_forward", Forward<BinaryCpu.Minus>),
        new("mul_forward", Forward<BinaryCpu.Times>), new("div_forward", Forward<BinaryCpu.Over>),
        new("masked_fill_forward", MaskedFill), new("scale_forward", Scale),
    ];

    private static void Forward<TFunction>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, Work work, Axes axes)
        where TFunction : struct, IBinaryFunction
    {
        int i = Grid.GlobalIndex.X;
        if (i < work.X)
        {
            axes.Find(i, out int atA, out int atB);
            y[i] = default(TFunction).Apply(a[atA], b[atB]);
        }
    }

    private static void MaskedFill(ArrayView<float> a, ArrayView<int> mask, ArrayView<float> y, Work work, Axes axes, float value)
    {
        int i = Grid.GlobalIndex.X;
        if (i < work.X)
        {
            axes.Find(i, out int atA, out int atMask);
            y[i] = mask[atMask] == 0 ? a[atA] : value;
        }
    }

    private static void Scale(ArrayView<float> x, ArrayView<float> y, Work work, float factor, float shift)
    {
        int i = Grid.GlobalIndex.X;
        if (i < work.X)
        {
            y[i] = (x[i] * factor) + shift;
        }
    }
}
