using ILGPU;

namespace Vitrine.Tensors;

/// <summary>What changes tensors in place, on a GPU: an item per element, and a group per chunk of a sum.</summary>
internal static class OptimizerGpu
{
    public static IReadOnlyList<GpuCode> Kernels { get; } =
    [
        new("adamw_step", AdamW), new("sgd_step", Sgd), new("average_step", Average), new("exchange", Exchange),
        new("square_sums", SquareSums<InMemory>), new("root_sum", RootSum<InMemory>),
    ];

    private static void AdamW(ArrayView<float> w, ArrayView<float> gs, ArrayView<float> ms, ArrayView<float> vs, Work work, float scale,
        float beta1, float beta2, float rate, float rootScale, float epsilon, float decay)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= work.X)
        {
            return;
        }
        float g = gs[i] * scale, m = (ms[i] * beta1) + (g * (1 - beta1)), v = (vs[i] * beta2) + (g * g * (1 - beta2));
        w[i] = (w[i] * (1 - decay)) - (m * rate / ((MathF.Sqrt(v) * rootScale) + epsilon));
        ms[i] = m;
        vs[i] = v;
    }

    private static void Sgd(ArrayView<float> ws, ArrayView<float> g, ArrayView<float> ms, Work work, float keep, float scale, float decay,
        float rate)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= work.X)
        {
            return;
        }
        float w = ws[i], m = (keep * ms[i]) + (g[i] * scale) + (decay * w);
        ms[i] = m;
        ws[i] = w - (rate * m);
    }

    private static void Average(ArrayView<float> a, ArrayView<float> w, Work work, float part)
    {
        int i = Grid.GlobalIndex.X;
        if (i < work.X)
        {
            a[i] += part * (w[i] - a[i]);
        }
    }

    private static void Exchange(ArrayView<float> a, ArrayView<float> b, Work work)
    {
        int i = Grid.GlobalIndex.X;
        if (i < work.X)
        {
            (a[i], b[i]) = (b[i], a[i]);
        }
    }

    // sums[chunk] = the sum of the chunk's squares.
    private static void SquareSums<TGroup>(ArrayView<float> x, ArrayView<float> sums, int n, int chunk) where TGroup : struct, IGroup
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MostItems);
        int from = Grid.IdxX * chunk, end = n - from < chunk ? n : from + chunk;
        float part = 0;
        for (int i = from + Group.IdxX; i < end; i += Group.DimX)
        {
            part += x[i] * x[i];
        }
        float sum = GroupReduction.Sum<TGroup>(part, Group.DimX, shared);
        if (Group.IdxX == 0)
        {
            sums[Grid.IdxX] = sum;
        }
    }

    // The root of the sum of all sums.
    private static void RootSum<TGroup>(ArrayView<float> sums, ArrayView<float> norm, int count) where TGroup : struct, IGroup
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MostItems);
        float part = 0;
        for (int i = Group.IdxX; i < count; i += Group.DimX)
        {
            part += sums[i];
        }
        float sum = GroupReduction.Sum<TGroup>(part, Group.DimX, shared);
        if (Group.IdxX == 0)
        {
            norm[0] = MathF.Sqrt(sum);
        }
    }
}
