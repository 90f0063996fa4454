using System.Runtime.CompilerServices;
using ILGPU;

namespace Vitrine.Tensors;

/// <summary>
/// Products on a GPU, their B in float32, in half precision or in 8 bits: a group of 256 items makes a tile of 64 × 64, each item 4 × 4 of
/// it in registers; slices of A and B, 16 deep, pass through memory of the group. How an operand is stored decides only how its slice is
/// loaded, always along its rows.
/// </summary>
internal static class MatMulGpu
{
    private const int Tile = 64, Depth = 16, Items = 256;
    private const int Pitch = Tile + 4; // a multiple of 4 floats, so that four load as one, and not of the number of memory banks

    public static IReadOnlyList<GpuCode> Kernels { get; } =
    [
        new("mat_mul_forward", Forward<float, Full>), new("half_mat_mul_forward", Forward<ushort, Half16>),
        new("int8_mat_mul_forward", Int8Forward),
    ];

    // Y[batch] = op(A) op(B) + bias; offsets are those of A's matrices, then those of B's.
    private static void Forward<T, TWeight>(ArrayView<float> a, ArrayView<T> b, ArrayView<float> y, ArrayView<float> bias,
        ArrayView<int> offsets, Work work, int depth, int transposeA, int strideA, int transposeB, int strideB)
        where T : unmanaged where TWeight : struct, IWeight<T>
    {
        int batch = Grid.IdxZ;
        var left = new Operand(offsets[batch], strideA, work.Y, transposeA == 0);
        var right = new Operand(offsets[work.Z + batch], strideB, work.X, transposeB != 0);
        Multiply<T, TWeight, One>(a, left, b, right, a, y.SubView(batch * work.X * work.Y), bias, depth);
    }

    // Y = X W or X Wᵀ + bias, W in 8 bits, whose stored rows have a scale each.
    private static void Int8Forward(ArrayView<float> x, ArrayView<sbyte> integers, ArrayView<float> scales, ArrayView<float> y,
        ArrayView<float> bias, Work work, int depth, int transposed)
    {
        var left = new Operand(0, depth, work.Y, true);
        var right = new Operand(0, transposed != 0 ? depth : work.X, work.X, transposed != 0);
        Multiply<sbyte, Int8, PerRow>(x, left, integers, right, scales, y, bias, depth);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply<T, TWeight, TScale>(ArrayView<float> a, Operand left, ArrayView<T> b, Operand right,
        ArrayView<float> scales, ArrayView<float> y, ArrayView<float> bias, int depth)
        where T : unmanaged where TWeight : struct, IWeight<T> where TScale : struct, IScale
    {
        ArrayView<float> sliceA = SharedMemory.Allocate<float>(Depth * Pitch), sliceB = SharedMemory.Allocate<float>(Depth * Pitch);
        ArrayView<Floats4> rows = sliceA.Cast<Floats4>(), columns = sliceB.Cast<Floats4>();
        int column = Grid.IdxX * Tile, row = Grid.IdxY * Tile, right4 = Group.IdxX % 16, down4 = Group.IdxX / 16;
        Floats4 sum0 = Floats4.Of(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
        for (int from = 0; from < depth; from += Depth)
        {
            Load<float, Full, One>(sliceA, a, left, scales, row, from, depth);
            Load<T, TWeight, TScale>(sliceB, b, right, scales, column, from, depth);
            Group.Barrier();
            for (int k = 0; k < Depth; k++)
            {
                Floats4 l = rows[(k * (Pitch / 4)) + down4], r = columns[(k * (Pitch / 4)) + right4];
                sum0 = Floats4.Fma(r, Floats4.Of(l.X.Value), sum0);
                sum1 = Floats4.Fma(r, Floats4.Of(l.Y.Value), sum1);
                sum2 = Floats4.Fma(r, Floats4.Of(l.Z.Value), sum2);
                sum3 = Floats4.Fma(r, Floats4.Of(l.W.Value), sum3);
            }
            Group.Barrier();
        }
        row += 4 * down4;
        column += 4 * right4;
        Store(y, bias, row, column, left.Rows, right.Rows, sum0);
        Store(y, bias, row + 1, column, left.Rows, right.Rows, sum1);
        Store(y, bias, row + 2, column, left.Rows, right.Rows, sum2);
        Store(y, bias, row + 3, column, left.Rows, right.Rows, sum3);
    }

    // slice[k][r] = element (r, k) of an operand's rows first … first + 63 and depth from … from + 15; 0 outside.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load<T, TWeight, TScale>(ArrayView<float> slice, ArrayView<T> x, Operand operand, ArrayView<float> scales,
        int first, int from, int depth) where T : unmanaged where TWeight : struct, IWeight<T> where TScale : struct, IScale
    {
        if (operand.ByRow)
        {
            int k = Group.IdxX % Depth, at = operand.At + from + k;
            for (int r = Group.IdxX / Depth; r < Tile; r += Items / Depth)
            {
                bool inside = first + r < operand.Rows && from + k < depth;
                slice[(k * Pitch) + r] = inside
                    ? default(TWeight).Widen(x[at + ((first + r) * operand.Stride)], default(TScale).Of(scales, first + r))
                    : 0;
            }
        }
        else
        {
            int r = Group.IdxX % Tile, at = operand.At + first + r;
            for (int k = Group.IdxX / Tile; k < Depth; k += Items / Tile)
            {
                bool inside = first + r < operand.Rows && from + k < depth;
                slice[(k * Pitch) + r] = inside
                    ? default(TWeight).Widen(x[at + ((from + k) * operand.Stride)], default(TScale).Of(scales, from + k))
                    : 0;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ArrayView<float> y, ArrayView<float> bias, int row, int column, int rows, int columns, Floats4 sum)
    {
        if (row >= rows)
        {
            return;
        }
        Store(y, bias, row * columns, column, columns, sum.X.Value);
        Store(y, bias, row * columns, column + 1, columns, sum.Y.Value);
        Store(y, bias, row * columns, column + 2, columns, sum.Z.Value);
        Store(y, bias, row * columns, column + 3, columns, sum.W.Value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ArrayView<float> y, ArrayView<float> bias, int at, int column, int columns, float sum)
    {
        if (column < columns)
        {
            y[at + column] = bias.Length > 0 ? sum + bias[column] : sum;
        }
    }

    /// <summary>A matrix whose rows meet those of the other: op(A), or the columns of op(B).</summary>
    internal readonly struct Operand(int at, int stride, int rows, bool byRow)
    {
        /// <summary>Where it begins.</summary>
        public readonly int At = at;

        /// <summary>Elements between stored rows.</summary>
        public readonly int Stride = stride;

        /// <summary>How many rows it has.</summary>
        public readonly int Rows = rows;

        /// <summary>Whether it is stored by row: element (r, k) lies at r stride + k, else at k stride + r.</summary>
        public readonly bool ByRow = byRow;
    }
}

/// <summary>The scale of a stored row.</summary>
internal interface IScale
{
    float Of(ArrayView<float> scales, int row);
}

/// <summary>None.</summary>
internal readonly struct One : IScale
{
    public float Of(ArrayView<float> scales, int row) => 1;
}

/// <summary>One for each row.</summary>
internal readonly struct PerRow : IScale
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Of(ArrayView<float> scales, int row) => scales[row];
}
