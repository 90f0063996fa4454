using ILGPU;

namespace Vitrine.Tensors;

/// <summary>Pick on a GPU; its backward is max's too.</summary>
internal static class PickGpu
{
    public static IReadOnlyList<GpuCode> Kernels { get; } = [new("pick_forward", Forward), new("pick_backward", Backward)];

    private static void Forward(ArrayView<float> x, ArrayView<int> ids, ArrayView<float> y, Work work, int d)
    {
        int row = Grid.GlobalIndex.X;
        if (row < work.X)
        {
            y[row] = x[(row * d) + ids[row]];
        }
    }

    // dx[seed, row, .] = dy[seed, row] at ids[row], else 0: a group per row.
    private static void Backward(ArrayView<int> ids, ArrayView<float> dys, ArrayView<float> dx, Work work, int d)
    {
        int seedRow = (Grid.IdxY * work.X) + Grid.IdxX, id = ids[Grid.IdxX];
        float dy = dys[seedRow];
        for (int i = Group.IdxX; i < d; i += Group.DimX)
        {
            dx[(seedRow * d) + i] = i == id ? dy : 0;
        }
    }
}
