using System.Runtime.CompilerServices;
using ILGPU;

namespace Vitrine.Tensors;

/// <summary>What kernels do with the row that is their group's: items take four neighbouring numbers each, until it is done.</summary>
internal static class Row
{
    /// <summary>The first of an item's numbers.</summary>
    public static int First => 4 * Group.IdxX;

    /// <summary>How far on its next ones are.</summary>
    public static int Step => 4 * Group.DimX;

    /// <summary>Row number <paramref name="row"/> of rows of <paramref name="d"/> numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ArrayView<float> Of(ArrayView<float> x, int row, int d) => x.SubView(row * d, d);

    /// <summary>The largest of a row, the mask added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max<TRow, TMask, TGroup>(ArrayView<float> x, ArrayView<float> mask, int end, ArrayView<float> shared)
        where TRow : struct, IRow where TMask : struct, IMask where TGroup : struct, IGroup
    {
        float max = float.NegativeInfinity;
        for (int i = First; i < end; i += Step)
        {
            max = Greater.Of(Floats4.Largest(Masked<TRow, TMask>(x, mask, i, end)), max);
        }
        return GroupReduction.Max<TGroup>(max, Group.DimX, shared);
    }

    /// <summary>The sum of e^(x − max) over a row, the mask added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ExpSum<TRow, TMask, TGroup>(ArrayView<float> x, ArrayView<float> mask, float max, int end, ArrayView<float> shared)
        where TRow : struct, IRow where TMask : struct, IMask where TGroup : struct, IGroup
    {
        var sum = Floats4.Of(0);
        for (int i = First; i < end; i += Step)
        {
            sum += SimdMath.Exp(Masked<TRow, TMask>(x, mask, i, end) - max);
        }
        return GroupReduction.Sum<TGroup>(Floats4.Sum(sum), Group.DimX, shared);
    }

    /// <summary>Four numbers of such a row; past its end, −∞.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Masked<TRow, TMask>(ArrayView<float> x, ArrayView<float> mask, int i, int end)
        where TRow : struct, IRow where TMask : struct, IMask =>
        default(TMask).Add(default(TRow).Load(x, i, end, float.NegativeInfinity), mask, i, end);
}
