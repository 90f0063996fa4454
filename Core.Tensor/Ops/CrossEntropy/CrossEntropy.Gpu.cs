using ILGPU;

namespace Vitrine.Tensors;

/// <summary>Cross-entropy on a GPU: a group per row.</summary>
internal static class CrossEntropyGpu
{
    public static IReadOnlyList<GpuCode> Kernels { get; } =
    [
        new("cross_entropy_forward", Forward<Loose, InMemory>), new("cross_entropy_backward", Backward),
    ];

    private static void Forward<TRow, TGroup>(ArrayView<float> logits, ArrayView<int> targets, ArrayView<float> losses,
        ArrayView<float> logSums, int classes, int ignore, float smoothing) where TRow : struct, IRow where TGroup : struct, IGroup
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MostItems);
        ArrayView<float> x = Row.Of(logits, Grid.IdxX, classes);
        float max = Row.Max<TRow, Unmasked, TGroup>(x, x, classes, shared);
        float log = SimdMath.Log(new Floats1(Row.ExpSum<TRow, Unmasked, TGroup>(x, x, max, classes, shared))).Value;
        var part = Floats4.Of(0);
        for (int i = Row.First; i < (smoothing == 0 ? 0 : classes); i += Row.Step)
        {
            part += default(TRow).Load(x, i, classes, 0);
        }
        float sum = GroupReduction.Sum<TGroup>(Floats4.Sum(part), Group.DimX, shared);
        if (Group.IdxX != 0)
        {
            return;
        }
        int target = targets[Grid.IdxX];
        logSums[Grid.IdxX] = max + log;
        if (target == ignore)
        {
            losses[Grid.IdxX] = 0;
            return;
        }
        float loss = log + (max - x[target]);
        losses[Grid.IdxX] = smoothing == 0 ? loss : ((1 - smoothing) * loss) + (smoothing * (log + (max - (sum / classes))));
    }

    // dx = weight dy[seed] (p − q).
    private static void Backward(ArrayView<float> logits, ArrayView<int> targets, ArrayView<float> logSums, ArrayView<float> dy,
        ArrayView<float> dxs, Work work, int classes, int ignore, float smoothing, float weight)
    {
        ArrayView<float> x = Row.Of(logits, Grid.IdxX, classes), dx = Row.Of(dxs, (Grid.IdxY * work.X) + Grid.IdxX, classes);
        int target = targets[Grid.IdxX];
        float logSum = logSums[Grid.IdxX], factor = weight * dy[Grid.IdxY];
        for (int i = Group.IdxX; i < classes; i += Group.DimX)
        {
            float q = (smoothing / classes) + (i == target ? 1 - smoothing : 0);
            dx[i] = target == ignore ? 0 : factor * (SimdMath.Exp(new Floats1(x[i] - logSum)).Value - q);
        }
    }
}
