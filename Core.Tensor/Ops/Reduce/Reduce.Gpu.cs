using System.Runtime.CompilerServices;
using ILGPU;

namespace Vitrine.Tensors;

/// <summary>The reductions on a GPU: a group per row, or 16 columns to a group. Orders of summation are fixed.</summary>
internal static class ReduceGpu
{
    public static IReadOnlyList<GpuCode> Kernels { get; } =
    [
        new("sum_rows", SumRows), new("sum_columns", SumColumns), new("max_forward", MaxForward<Loose, InMemory>),
        new("norm_forward", NormForward<InMemory>), new("norm_backward", NormBackward),
    ];

    private static void SumRows(ArrayView<float> xs, ArrayView<float> ys, int width, float factor)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MostItems);
        ArrayView<float> x = Row.Of(xs, Grid.IdxX, width);
        int item = Group.IdxX, items = Group.DimX;
        var total = new Total(0, 0);
        for (int i = item; i < width; i += items)
        {
            total = total.Plus(x[i]);
        }
        for (int step = 1; step < items; step *= 16) // sixteen at a time: here, too, errors are carried along
        {
            shared[item] = total.Sum;
            Group.Barrier();
            int end = item % (16 * step) == 0 ? Math.Min(16 * step, items - item) : 0;
            for (int other = step; other < end; other += step)
            {
                total = total.Plus(shared[item + other]);
            }
            Group.Barrier();
        }
        if (item == 0)
        {
            ys[Grid.IdxX] = factor * total.Sum;
        }
    }

    private static void SumColumns(ArrayView<float> x, ArrayView<float> y, Work work, int rows, float factor)
    {
        ArrayView<float> sums = SharedMemory.Allocate<float>(Columns.Items), lost = SharedMemory.Allocate<float>(Columns.Items);
        int column = Columns.Mine, columns = work.X, outer = Grid.IdxY;
        var total = new Total(0, 0);
        for (int row = column < columns ? Columns.FirstRow : rows; row < rows; row += Columns.Strands)
        {
            total = total.Plus(x[(((outer * rows) + row) * columns) + column]);
        }
        sums[Group.IdxX] = total.Sum;
        lost[Group.IdxX] = total.Lost;
        Group.Barrier();
        if (Columns.FirstRow > 0 || column >= columns)
        {
            return;
        }
        for (int other = Columns.Strands; other < Columns.Items; other += Columns.Strands)
        {
            total = total.Plus(sums[Group.IdxX + other]).Plus(-lost[Group.IdxX + other]);
        }
        y[(outer * columns) + column] = factor * total.Sum;
    }

    // NaN is greater than all.
    private static void MaxForward<TRow, TGroup>(ArrayView<float> xs, ArrayView<float> ys, ArrayView<int> places, int width)
        where TRow : struct, IRow where TGroup : struct, IGroup
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MostItems);
        ArrayView<int> first = SharedMemory.Allocate<int>(GroupReduction.MostItems);
        ArrayView<float> x = Row.Of(xs, Grid.IdxX, width);
        float max = Row.Max<TRow, Unmasked, TGroup>(x, x, width, shared);
        int place = width;
        for (int i = Group.IdxX; i < width && place == width; i += Group.DimX)
        {
            if (x[i] == max || float.IsNaN(x[i]))
            {
                place = i; // if there is a NaN, nothing equals the maximum
            }
        }
        place = GroupReduction.First<TGroup>(place, Group.DimX, first);
        if (Group.IdxX == 0)
        {
            ys[Grid.IdxX] = x[place];
            places[Grid.IdxX] = place;
        }
    }

    private static void NormForward<TGroup>(ArrayView<float> xs, ArrayView<float> ys, int width) where TGroup : struct, IGroup
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MostItems);
        ArrayView<float> x = Row.Of(xs, Grid.IdxX, width);
        float part = 0;
        for (int i = Group.IdxX; i < width; i += Group.DimX)
        {
            part += x[i] * x[i];
        }
        float sum = GroupReduction.Sum<TGroup>(part, Group.DimX, shared);
        if (Group.IdxX == 0)
        {
            ys[Grid.IdxX] = MathF.Sqrt(sum);
        }
    }

    // dx = x dy / y, 0 where y is 0.
    private static void NormBackward(ArrayView<float> xs, ArrayView<float> ys, ArrayView<float> dys, ArrayView<float> dxs, Work work,
        int width)
    {
        int seedRow = (Grid.IdxY * work.X) + Grid.IdxX;
        ArrayView<float> x = Row.Of(xs, Grid.IdxX, width), dx = Row.Of(dxs, seedRow, width);
        float y = ys[Grid.IdxX], factor = y == 0 ? 0 : dys[seedRow] / y;
        for (int i = Group.IdxX; i < width; i += Group.DimX)
        {
            dx[i] = x[i] * factor;
        }
    }

    /// <summary>A sum with the rounding errors carried along (Kahan): the CPU sums in float64, which a GPU may not have.</summary>
    private readonly struct Total(float sum, float lost)
    {
        public readonly float Sum = sum, Lost = lost;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Total Plus(float x)
        {
            float y = x - Lost, sum = Sum + y, lost = (sum - Sum) - y;
            return new(sum, sum - sum == 0 ? lost : 0); // infinite: ∞ − ∞ would make it NaN
        }
    }
}
