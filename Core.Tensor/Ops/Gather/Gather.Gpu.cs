using ILGPU;

namespace Vitrine.Tensors;

/// <summary>Gather and int8_gather on a GPU: a group per row. The op has checked that every id lies in the table.</summary>
internal static class GatherGpu
{
    public static IReadOnlyList<GpuCode> Kernels { get; } =
    [
        new("gather_forward", Forward<float, Full>), new("half_gather_forward", Forward<ushort, Half16>),
        new("int8_gather_forward", Int8Forward), new("gather_backward", Backward),
    ];

    private static void Forward<T, TWeight>(ArrayView<T> table, ArrayView<int> ids, ArrayView<float> y, int rows, int d)
        where T : unmanaged where TWeight : struct, IWeight<T>
    {
        int from = ids[Grid.IdxX] * d, to = Grid.IdxX * d;
        for (int i = Group.IdxX; i < d; i += Group.DimX)
        {
            y[to + i] = default(TWeight).Widen(table[from + i], 1);
        }
    }

    private static void Int8Forward(ArrayView<sbyte> integers, ArrayView<float> scales, ArrayView<int> ids, ArrayView<float> y, int rows,
        int d)
    {
        int id = ids[Grid.IdxX], from = id * d, to = Grid.IdxX * d;
        float scale = scales[id];
        for (int i = Group.IdxX; i < d; i += Group.DimX)
        {
            y[to + i] = default(Int8).Widen(integers[from + i], scale);
        }
    }

    // dTable[seed, ids[i], .] = Σ dy[seed, i, .]. The group of an id's first occurrence adds up all of them, in their order, so each row
    // has one writer and one order of summation.
    private static void Backward(ArrayView<int> ids, ArrayView<float> dy, ArrayView<float> dTable, Work work, int rows, int d)
    {
        ArrayView<int> earlier = SharedMemory.Allocate<int>(1);
        int first = Grid.IdxX, count = work.X, from = Grid.IdxY * count, id = ids[first];
        bool seen = false;
        if (Group.IdxX == 0)
        {
            earlier[0] = 0;
        }
        for (int i = Group.IdxX; i < first; i += Group.DimX)
        {
            seen |= ids[i] == id;
        }
        Group.Barrier();
        if (seen)
        {
            earlier[0] = 1; // all write the same
        }
        Group.Barrier();
        if (earlier[0] != 0)
        {
            return;
        }
        int to = ((Grid.IdxY * rows) + id) * d;
        for (int i = first; i < count; i++)
        {
            if (ids[i] != id)
            {
                continue;
            }
            for (int c = Group.IdxX; c < d; c += Group.DimX)
            {
                dTable[to + c] += dy[((from + i) * d) + c];
            }
        }
    }
}
