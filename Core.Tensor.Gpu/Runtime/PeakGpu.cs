using ILGPU;

namespace Vitrine.Tensors;

/// <summary>
/// The arithmetic that a device can do at best, to hold kernels against: an item multiplies and adds in 8 chains of 4 numbers in registers,
/// and touches memory once, at the end.
/// </summary>
internal static class PeakGpu
{
    public static IReadOnlyList<GpuCode> Kernels { get; } = [new("peak_multiply_add", MultiplyAdd)];

    private static void MultiplyAdd(ArrayView<float> y, Work work, int rounds)
    {
        if (Grid.GlobalIndex.X >= work.X)
        {
            return;
        }
        Floats4 factor = Floats4.Of(0.999f), shift = Floats4.Of(0.001f * (Group.IdxX + 1));
        Floats4 c0 = Floats4.Of(0), c1 = Floats4.Of(1), c2 = Floats4.Of(2), c3 = Floats4.Of(3), c4 = Floats4.Of(4), c5 = Floats4.Of(5),
            c6 = Floats4.Of(6), c7 = Floats4.Of(7);
        for (int round = 0; round < rounds; round++)
        {
            c0 = Floats4.Fma(c0, factor, shift);
            c1 = Floats4.Fma(c1, factor, shift);
            c2 = Floats4.Fma(c2, factor, shift);
            c3 = Floats4.Fma(c3, factor, shift);
            c4 = Floats4.Fma(c4, factor, shift);
            c5 = Floats4.Fma(c5, factor, shift);
            c6 = Floats4.Fma(c6, factor, shift);
            c7 = Floats4.Fma(c7, factor, shift);
        }
        y[Grid.GlobalIndex.X] = Floats4.Sum(((c0 + c1) + (c2 + c3)) + ((c4 + c5) + (c6 + c7)));
    }
}
