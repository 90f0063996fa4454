using ILGPU;

namespace Vitrine.Tensors;

/// <summary>
/// Softmax and log_softmax on a GPU: a group per row, which it passes over once for the maximum, once for the denominator and once to
/// write. After the first pass the row is in cache, and exponentials are cheaper than what a running maximum asks for: a branch per number.
/// </summary>
internal static class SoftmaxGpu
{
    public static IReadOnlyList<GpuCode> Kernels { get; } =
    [
        new("softmax_forward", Forward<Loose, Masked, InMemory>),
        new("softmax_backward", Backward<Loose, InMemory>),
        new("log_softmax_forward", LogForward<Loose, InMemory>),
        new("log_softmax_backward", LogBackward<Loose, InMemory>),
    ];

    private static void Forward<TRow, TMask, TGroup>(ArrayView<float> xs, ArrayView<float> mask, ArrayView<float> ys, int d, Axes axes)
        where TRow : struct, IRow where TMask : struct, IMask where TGroup : struct, IGroup
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MostItems);
        ArrayView<float> x = Row.Of(xs, Grid.IdxX, d), y = Row.Of(ys, Grid.IdxX, d);
        axes.Find(Grid.IdxX, out int at, out _);
        mask = mask.SubView(at, d);
        float max = Row.Max<TRow, TMask, TGroup>(x, mask, d, shared), sum = Row.ExpSum<TRow, TMask, TGroup>(x, mask, max, d, shared);
        float scale = max == float.NegativeInfinity ? 0 : 1 / sum; // where everything is hidden there is no weight anywhere
        float shift = max == float.NegativeInfinity ? 0 : max;
        for (int i = Row.First; i < d; i += Row.Step)
        {
            default(TRow).Store(y, i, d, SimdMath.Exp(Row.Masked<TRow, TMask>(x, mask, i, d) - shift) * scale);
        }
    }

    // dx = y (dy − Σ dy y).
    private static void Backward<TRow, TGroup>(ArrayView<float> ys, ArrayView<float> dys, ArrayView<float> dxs, Work work, int d)
        where TRow : struct, IRow where TGroup : struct, IGroup
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MostItems);
        int seedRow = (Grid.IdxY * work.X) + Grid.IdxX;
        ArrayView<float> y = Row.Of(ys, Grid.IdxX, d), dy = Row.Of(dys, seedRow, d), dx = Row.Of(dxs, seedRow, d);
        TRow row = default;
        var sum = Floats4.Of(0);
        for (int i = Row.First; i < d; i += Row.Step)
        {
            sum = Floats4.Fma(row.Load(dy, i, d, 0), row.Load(y, i, d, 0), sum);
        }
        float dot = GroupReduction.Sum<TGroup>(Floats4.Sum(sum), Group.DimX, shared);
        for (int i = Row.First; i < d; i += Row.Step)
        {
            row.Store(dx, i, d, row.Load(y, i, d, 0) * (row.Load(dy, i, d, 0) - dot));
        }
    }

    private static void LogForward<TRow, TGroup>(ArrayView<float> xs, ArrayView<float> ys, int d)
        where TRow : struct, IRow where TGroup : struct, IGroup
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MostItems);
        ArrayView<float> x = Row.Of(xs, Grid.IdxX, d), y = Row.Of(ys, Grid.IdxX, d);
        TRow row = default;
        float max = Row.Max<TRow, Unmasked, TGroup>(x, x, d, shared);
        float logSum = SimdMath.Log(new Floats1(Row.ExpSum<TRow, Unmasked, TGroup>(x, x, max, d, shared))).Value;
        for (int i = Row.First; i < d; i += Row.Step)
        {
            row.Store(y, i, d, row.Load(x, i, d, 0) - max - logSum); // two subtractions: max + log would round digits away
        }
    }

    // dx = dy − e^y Σ dy.
    private static void LogBackward<TRow, TGroup>(ArrayView<float> ys, ArrayView<float> dys, ArrayView<float> dxs, Work work, int d)
        where TRow : struct, IRow where TGroup : struct, IGroup
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MostItems);
        int seedRow = (Grid.IdxY * work.X) + Grid.IdxX;
        ArrayView<float> y = Row.Of(ys, Grid.IdxX, d), dy = Row.Of(dys, seedRow, d), dx = Row.Of(dxs, seedRow, d);
        TRow row = default;
        var part = Floats4.Of(0);
        for (int i = Row.First; i < d; i += Row.Step)
        {
            part += row.Load(dy, i, d, 0);
        }
        float sum = GroupReduction.Sum<TGroup>(Floats4.Sum(part), Group.DimX, shared);
        for (int i = Row.First; i < d; i += Row.Step)
        {
            row.Store(dx, i, d, Floats4.Fma(SimdMath.Exp(row.Load(y, i, d, 0)), Floats4.Of(-sum), row.Load(dy, i, d, 0)));
        }
    }
}
