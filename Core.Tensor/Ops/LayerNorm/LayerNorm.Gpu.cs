using ILGPU;

namespace Vitrine.Tensors;

/// <summary>LayerNorm on a GPU: a group per row. The row is read once from memory and then from cache.</summary>
internal static class LayerNormGpu
{
    public static IReadOnlyList<GpuCode> Kernels { get; } =
    [
        new("layer_norm_forward", Forward<Loose, InMemory>),
        new("layer_norm_backward", Backward<Loose, InMemory>),
        new("layer_norm_backward_gamma", BackwardGamma),
    ];

    private static void Forward<TRow, TGroup>(ArrayView<float> xs, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> ys,
        ArrayView<float> means, ArrayView<float> rstds, int d, float epsilon) where TRow : struct, IRow where TGroup : struct, IGroup
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MostItems);
        ArrayView<float> x = Row.Of(xs, Grid.IdxX, d), y = Row.Of(ys, Grid.IdxX, d);
        TRow row = default;
        Floats4 sum = Floats4.Of(0), squares = sum, rest = sum;
        for (int i = Row.First; i < d; i += Row.Step)
        {
            sum += row.Load(x, i, d, 0);
        }
        float mean = GroupReduction.Sum<TGroup>(Floats4.Sum(sum), Group.DimX, shared) / d;
        // Squares of differences, because E[x²] − mean² cancels; the differences' own sum takes the mean's rounding out.
        for (int i = Row.First; i < d; i += Row.Step)
        {
            Floats4 c = row.Load(x, i, d, mean) - mean;
            rest += c;
            squares = Floats4.Fma(c, c, squares);
        }
        float shift = GroupReduction.Sum<TGroup>(Floats4.Sum(rest), Group.DimX, shared) / d;
        float variance = (GroupReduction.Sum<TGroup>(Floats4.Sum(squares), Group.DimX, shared) / d) - (shift * shift);
        float rstd = 1 / MathF.Sqrt((variance < 0 ? 0 : variance) + epsilon);
        mean += shift;
        for (int i = Row.First; i < d; i += Row.Step)
        {
            row.Store(y, i, d, Floats4.Fma((row.Load(x, i, d, 0) - mean) * rstd, row.Load(gamma, i, d, 0), row.Load(beta, i, d, 0)));
        }
        if (Group.IdxX == 0)
        {
            means[Grid.IdxX] = mean;
            rstds[Grid.IdxX] = rstd;
        }
    }

    // dx = rstd (g − mean(g) − x̂ mean(g x̂)) with g = dy γ.
    private static void Backward<TRow, TGroup>(ArrayView<float> xs, ArrayView<float> gamma, ArrayView<float> means, ArrayView<float> rstds,
        ArrayView<float> dys, ArrayView<float> dxs, Work work, int d) where TRow : struct, IRow where TGroup : struct, IGroup
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MostItems);
        int seedRow = (Grid.IdxY * work.X) + Grid.IdxX;
        ArrayView<float> x = Row.Of(xs, Grid.IdxX, d), dy = Row.Of(dys, seedRow, d), dx = Row.Of(dxs, seedRow, d);
        TRow row = default;
        float mean = means[Grid.IdxX], rstd = rstds[Grid.IdxX];
        Floats4 sum = Floats4.Of(0), sumX = sum;
        for (int i = Row.First; i < d; i += Row.Step)
        {
            Floats4 g = row.Load(dy, i, d, 0) * row.Load(gamma, i, d, 0);
            sum += g;
            sumX = Floats4.Fma(g, (row.Load(x, i, d, 0) - mean) * rstd, sumX);
        }
        float meanG = GroupReduction.Sum<TGroup>(Floats4.Sum(sum), Group.DimX, shared) / d;
        float meanX = GroupReduction.Sum<TGroup>(Floats4.Sum(sumX), Group.DimX, shared) / d;
        for (int i = Row.First; i < d; i += Row.Step)
        {
            Floats4 g = Floats4.Fma(row.Load(dy, i, d, 0), row.Load(gamma, i, d, 0), Floats4.Of(-meanG));
            row.Store(dx, i, d, Floats4.Fma((row.Load(x, i, d, 0) - mean) * rstd, Floats4.Of(-meanX), g) * rstd);
        }
    }

    // dγ[seed, i] = Σ over rows of dy x̂.
    private static void BackwardGamma(ArrayView<float> x, ArrayView<float> means, ArrayView<float> rstds, ArrayView<float> dy,
        ArrayView<float> dgamma, Work work, int rows)
    {
        ArrayView<float> sums = SharedMemory.Allocate<float>(Columns.Items);
        int i = Columns.Mine, d = work.X, seed = Grid.IdxY;
        float sum = 0;
        for (int row = i < d ? Columns.FirstRow : rows; row < rows; row += Columns.Strands)
        {
            sum += dy[(((seed * rows) + row) * d) + i] * ((x[(row * d) + i] - means[row]) * rstds[row]);
        }
        sum = Columns.Sum(sum, sums);
        if (Columns.FirstRow == 0 && i < d)
        {
            dgamma[(seed * d) + i] = sum;
        }
    }
}
