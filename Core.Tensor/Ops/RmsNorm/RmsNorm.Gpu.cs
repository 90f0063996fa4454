using ILGPU;

namespace Vitrine.Tensors;

/// <summary>RmsNorm on a GPU: a group per row.</summary>
internal static class RmsNormGpu
{
    public static IReadOnlyList<GpuCode> Kernels { get; } =
    [
        new("rms_norm_forward", Forward<Loose, InMemory>),
        new("rms_norm_backward", Backward<Loose, InMemory>),
        new("rms_norm_backward_gamma", BackwardGamma),
    ];

    private static void Forward<TRow, TGroup>(ArrayView<float> xs, ArrayView<float> gamma, ArrayView<float> ys, ArrayView<float> rstds,
        int d, float epsilon) where TRow : struct, IRow where TGroup : struct, IGroup
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MostItems);
        ArrayView<float> x = Row.Of(xs, Grid.IdxX, d), y = Row.Of(ys, Grid.IdxX, d);
        TRow row = default;
        var sum = Floats4.Of(0);
        for (int i = Row.First; i < d; i += Row.Step)
        {
            Floats4 v = row.Load(x, i, d, 0);
            sum = Floats4.Fma(v, v, sum);
        }
        float rstd = 1 / MathF.Sqrt((GroupReduction.Sum<TGroup>(Floats4.Sum(sum), Group.DimX, shared) / d) + epsilon);
        for (int i = Row.First; i < d; i += Row.Step)
        {
            row.Store(y, i, d, row.Load(x, i, d, 0) * rstd * row.Load(gamma, i, d, 0));
        }
        if (Group.IdxX == 0)
        {
            rstds[Grid.IdxX] = rstd;
        }
    }

    // dx = r g − x r³ mean(g x) with g = dy γ.
    private static void Backward<TRow, TGroup>(ArrayView<float> xs, ArrayView<float> gamma, ArrayView<float> rstds, ArrayView<float> dys,
        ArrayView<float> dxs, Work work, int d) where TRow : struct, IRow where TGroup : struct, IGroup
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MostItems);
        int seedRow = (Grid.IdxY * work.X) + Grid.IdxX;
        ArrayView<float> x = Row.Of(xs, Grid.IdxX, d), dy = Row.Of(dys, seedRow, d), dx = Row.Of(dxs, seedRow, d);
        TRow row = default;
        float r = rstds[Grid.IdxX];
        var sum = Floats4.Of(0);
        for (int i = Row.First; i < d; i += Row.Step)
        {
            sum = Floats4.Fma(row.Load(dy, i, d, 0) * row.Load(gamma, i, d, 0), row.Load(x, i, d, 0), sum);
        }
        float pull = GroupReduction.Sum<TGroup>(Floats4.Sum(sum), Group.DimX, shared) / d * r * r * r;
        for (int i = Row.First; i < d; i += Row.Step)
        {
            row.Store(dx, i, d, Floats4.Fma(row.Load(x, i, d, 0), Floats4.Of(-pull), row.Load(dy, i, d, 0) * row.Load(gamma, i, d, 0) * r));
        }
    }

    // dγ[seed, i] = Σ over rows of dy x r.
    private static void BackwardGamma(ArrayView<float> x, ArrayView<float> rstds, ArrayView<float> dy, ArrayView<float> dgamma, Work work,
        int rows)
    {
        ArrayView<float> sums = SharedMemory.Allocate<float>(Columns.Items);
        int i = Columns.Mine, d = work.X, seed = Grid.IdxY;
        float sum = 0;
        for (int row = i < d ? Columns.FirstRow : rows; row < rows; row += Columns.Strands)
        {
            sum += dy[(((seed * rows) + row) * d) + i] * (x[(row * d) + i] * rstds[row]);
        }
        sum = Columns.Sum(sum, sums);
        if (Columns.FirstRow == 0 && i < d)
        {
            dgamma[(seed * d) + i] = sum;
        }
    }
}
