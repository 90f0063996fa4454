using System.Runtime.CompilerServices;
using ILGPU;

namespace Vitrine.Tensors;

/// <summary>
/// Products on tensor cores, with B in float32 or in half precision: a group of 128 items makes a tile of 64 × 64, each of its four warps
/// 32 × 32 of it, in pieces of 16 × 8. A tensor core reads numbers with 10 bits of fraction (TF32). So each float32 is taken apart into two
/// of them, x = big + rest, and a product is big big + big rest + rest big: what is left out is 2⁻²² of it. Half precision is one such
/// number: two products do. Tensor cores cut sums instead of rounding them. Therefore they add up no more than 16 products: the slices are
/// added in float32.
/// </summary>
internal static class MatMulCoresGpu
{
    private const int Tile = 64, Depth = 16, Warp = 32, Items = 128;
    private const int Pitch = Depth + 4; // the 32 items of a warp then read 32 different banks

    public static IReadOnlyList<GpuCode> Kernels { get; } =
    [
        new("mat_mul_mma", Forward<float, Full, EmulatedCore>), new("half_mat_mul_mma", Forward<ushort, Half16, EmulatedCore>),
    ];

    private static void Forward<T, TWeight, TCore>(ArrayView<float> a, ArrayView<T> b, ArrayView<float> y, ArrayView<float> bias,
        ArrayView<int> offsets, Work work, int depth, int transposeA, int strideA, int transposeB, int strideB)
        where T : unmanaged where TWeight : struct, IWeight<T> where TCore : struct, ITensorCore
    {
        ArrayView<float> bigA = SharedMemory.Allocate<float>(Tile * Pitch), restA = SharedMemory.Allocate<float>(Tile * Pitch),
            bigB = SharedMemory.Allocate<float>(Tile * Pitch), restB = SharedMemory.Allocate<float>(TWeight.IsTf32 ? 1 : Tile * Pitch),
            lanes = SharedMemory.Allocate<float>(6 * Items);
        int batch = Grid.IdxZ, row = Grid.IdxY * Tile, column = Grid.IdxX * Tile, lane = Group.IdxX % Warp, warp = Group.IdxX / Warp;
        var left = new MatMulGpu.Operand(offsets[batch], strideA, work.Y, transposeA == 0);
        var right = new MatMulGpu.Operand(offsets[work.Z + batch], strideB, work.X, transposeB != 0);
        int down = (warp / 2 * 32) + (lane / 4), across = (warp % 2 * 32) + (lane / 4), t = lane % 4;
        Floats4 s00 = Floats4.Of(0), s01 = s00, s02 = s00, s03 = s00, s10 = s00, s11 = s00, s12 = s00, s13 = s00;
        for (int from = 0; from < depth; from += Depth)
        {
            Load<float, Full>(bigA, restA, a, left, row, from, depth);
            Load<T, TWeight>(bigB, restB, b, right, column, from, depth);
            Group.Barrier();
            s00 += Piece<T, TWeight, TCore>(bigA, restA, bigB, restB, down, across, t, lanes);
            s01 += Piece<T, TWeight, TCore>(bigA, restA, bigB, restB, down, across + 8, t, lanes);
            s02 += Piece<T, TWeight, TCore>(bigA, restA, bigB, restB, down, across + 16, t, lanes);
            s03 += Piece<T, TWeight, TCore>(bigA, restA, bigB, restB, down, across + 24, t, lanes);
            s10 += Piece<T, TWeight, TCore>(bigA, restA, bigB, restB, down + 16, across, t, lanes);
            s11 += Piece<T, TWeight, TCore>(bigA, restA, bigB, restB, down + 16, across + 8, t, lanes);
            s12 += Piece<T, TWeight, TCore>(bigA, restA, bigB, restB, down + 16, across + 16, t, lanes);
            s13 += Piece<T, TWeight, TCore>(bigA, restA, bigB, restB, down + 16, across + 24, t, lanes);
            Group.Barrier();
        }
        ArrayView<float> product = y.SubView(batch * work.X * work.Y);
        row += down;
        column += (warp % 2 * 32) + (2 * t);
        Store(product, bias, row, column, work, s00);
        Store(product, bias, row, column + 8, work, s01);
        Store(product, bias, row, column + 16, work, s02);
        Store(product, bias, row, column + 24, work, s03);
        Store(product, bias, row + 16, column, work, s10);
        Store(product, bias, row + 16, column + 8, work, s11);
        Store(product, bias, row + 16, column + 16, work, s12);
        Store(product, bias, row + 16, column + 24, work, s13);
    }

    // The slices' product for one piece: rows of A from `down`, of B from `across`, both the item's.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Floats4 Piece<T, TWeight, TCore>(ArrayView<float> bigA, ArrayView<float> restA, ArrayView<float> bigB,
        ArrayView<float> restB, int down, int across, int t, ArrayView<float> lanes)
        where T : unmanaged where TWeight : struct, IWeight<T> where TCore : struct, ITensorCore
    {
        TCore core = default;
        var sum = Floats4.Of(0);
        for (int k = t; k < Depth; k += 8)
        {
            int at = (down * Pitch) + k, to = (across * Pitch) + k;
            var big = Floats4.Of(bigA[at], bigA[at + (8 * Pitch)], bigA[at + 4], bigA[at + (8 * Pitch) + 4]);
            var rest = Floats4.Of(restA[at], restA[at + (8 * Pitch)], restA[at + 4], restA[at + (8 * Pitch) + 4]);
            sum = core.MultiplyAdd(sum, rest, bigB[to], bigB[to + 4], lanes);
            if (!TWeight.IsTf32)
            {
                sum = core.MultiplyAdd(sum, big, restB[to], restB[to + 4], lanes);
            }
            sum = core.MultiplyAdd(sum, big, bigB[to], bigB[to + 4], lanes);
        }
        return sum;
    }

    // big and rest of an operand's rows first … first + 63 and depth from … from + 15; 0 outside.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load<T, TWeight>(ArrayView<float> big, ArrayView<float> rest, ArrayView<T> x, MatMulGpu.Operand operand, int first,
        int from, int depth) where T : unmanaged where TWeight : struct, IWeight<T>
    {
        for (int i = Group.IdxX; i < Tile * Depth; i += Items)
        {
            int r = operand.ByRow ? i / Depth : i % Tile, k = operand.ByRow ? i % Depth : i / Tile;
            bool inside = first + r < operand.Rows && from + k < depth;
            int at = operand.ByRow ? ((first + r) * operand.Stride) + from + k : ((from + k) * operand.Stride) + first + r;
            float v = inside ? default(TWeight).Widen(x[operand.At + at], 1) : 0, near = Nearest(v);
            big[(r * Pitch) + k] = near;
            if (!TWeight.IsTf32)
            {
                rest[(r * Pitch) + k] = Nearest(v - near);
            }
        }
    }

    // The nearest number with 10 bits of fraction; what is infinite or nearly so, or NaN, stays.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Nearest(float x) =>
        Floats1.Abs(new(x)).Value < 3.4e38f ? Interop.IntAsFloat((Interop.FloatAsInt(x) + 0x1000) & 0xffffe000) : x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ArrayView<float> y, ArrayView<float> bias, int row, int column, Work work, Floats4 v)
    {
        Store(y, bias, row, column, work, v.X.Value);
        Store(y, bias, row, column + 1, work, v.Y.Value);
        Store(y, bias, row + 8, column, work, v.Z.Value);
        Store(y, bias, row + 8, column + 1, work, v.W.Value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ArrayView<float> y, ArrayView<float> bias, int row, int column, Work work, float v)
    {
        if (row < work.Y && column < work.X)
        {
            y[(row * work.X) + column] = bias.Length > 0 ? v + bias[column] : v;
        }
    }
}
