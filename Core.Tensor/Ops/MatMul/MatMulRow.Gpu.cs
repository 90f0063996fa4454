using System.Runtime.CompilerServices;
using ILGPU;

namespace Vitrine.Tensors;

/// <summary>
/// Products with one row of A on a GPU: every number of B is used once, and all that counts is to read it in the order in which it lies. A
/// group makes 64 columns.
/// </summary>
internal static class MatMulRowGpu
{
    private const int Tile = 64, Items = 256;
    private const int Parts = Items / Tile; // B as it is: so many items share a column, neighbours read neighbouring columns of a row of B
    private const int Lanes = 32;           // B transposed: so many items share a column, neighbours read neighbours of a stored row

    public static IReadOnlyList<GpuCode> Kernels { get; } =
    [
        new("mat_mul_row", Forward<float, Full>), new("half_mat_mul_row", Forward<ushort, Half16>), new("int8_mat_mul_row", Int8Forward),
    ];

    private static void Forward<T, TWeight>(ArrayView<float> a, ArrayView<T> b, ArrayView<float> y, ArrayView<float> bias,
        ArrayView<int> offsets, Work work, int depth, int transposeA, int strideA, int transposeB, int strideB)
        where T : unmanaged where TWeight : struct, IWeight<T>
    {
        int batch = Grid.IdxZ;
        ArrayView<float> row = a.SubView(offsets[batch]);
        ArrayView<T> matrix = b.SubView(offsets[work.Z + batch]);
        Multiply<T, TWeight, One>(row, transposeA != 0 ? strideA : 1, matrix, strideB, transposeB != 0, a, y.SubView(batch * work.X), bias,
            work.X, depth);
    }

    private static void Int8Forward(ArrayView<float> x, ArrayView<sbyte> integers, ArrayView<float> scales, ArrayView<float> y,
        ArrayView<float> bias, Work work, int depth, int transposed) =>
        Multiply<sbyte, Int8, PerRow>(x, 1, integers, transposed != 0 ? depth : work.X, transposed != 0, scales, y, bias, work.X, depth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply<T, TWeight, TScale>(ArrayView<float> a, int step, ArrayView<T> b, int stride, bool transposed,
        ArrayView<float> scales, ArrayView<float> y, ArrayView<float> bias, int n, int depth)
        where T : unmanaged where TWeight : struct, IWeight<T> where TScale : struct, IScale
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Items);
        int first = Grid.IdxX * Tile, item = Group.IdxX;
        if (!transposed)
        {
            int column = first + (item % Tile);
            float sum = 0;
            for (int k = column < n ? item / Tile : depth; k < depth; k += Parts)
            {
                sum += a[k * step] * default(TWeight).Widen(b[(k * stride) + column], default(TScale).Of(scales, k));
            }
            shared[item] = sum;
            Group.Barrier();
            if (item < Tile && column < n)
            {
                Store(y, bias, column, Sum(shared, item, Parts, Tile));
            }
            return;
        }
        for (int from = first; from < first + Tile; from += Items / Lanes)
        {
            int column = from + (item / Lanes);
            float sum = 0;
            for (int k = column < n ? item % Lanes : depth; k < depth; k += Lanes)
            {
                sum += a[k * step] * default(TWeight).Widen(b[(column * stride) + k], 1);
            }
            shared[item] = sum;
            Group.Barrier();
            if (item % Lanes == 0 && column < n)
            {
                Store(y, bias, column, Sum(shared, item, Lanes, 1) * default(TScale).Of(scales, column));
            }
            Group.Barrier();
        }
    }

    // Over the items that share a column, in a fixed order.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(ArrayView<float> shared, int item, int count, int apart)
    {
        float sum = 0;
        for (int part = 0; part < count; part++)
        {
            sum += shared[item + (part * apart)];
        }
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ArrayView<float> y, ArrayView<float> bias, int column, float sum) =>
        y[column] = bias.Length > 0 ? sum + bias[column] : sum;
}
