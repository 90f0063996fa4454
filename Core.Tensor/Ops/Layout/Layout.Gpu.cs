using ILGPU;

namespace Vitrine.Tensors;

/// <summary>The copies of the layout ops on a GPU: one item per element, which finds its place by the axes and their strides.</summary>
internal static class LayoutGpu
{
    public static IReadOnlyList<GpuCode> Kernels { get; } =
    [
        new("copy_strided", Copy<int>), new("copy_strided_2", Copy<short>), new("copy_strided_1", Copy<sbyte>), new("fill", Fill),
    ];

    private static void Copy<T>(ArrayView<T> x, ArrayView<T> y, Work work, Axes axes) where T : unmanaged
    {
        int i = Grid.GlobalIndex.X;
        if (i < work.X)
        {
            axes.Find(i, out int from, out int to);
            y[to] = x[from];
        }
    }

    private static void Fill(ArrayView<float> y, Work work, float value)
    {
        int i = Grid.GlobalIndex.X;
        if (i < work.X)
        {
            y[i] = value;
        }
    }
}
