using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;

namespace Vitrine.Tensors;

/// <summary>
/// How the items of a group read and write a row, four numbers at a time: 4 · item, then 4 · items of the group further on.
/// </summary>
internal interface IRow
{
    /// <summary>The numbers i … i + 3; past the end of the row, <paramref name="fill"/>.</summary>
    Floats4 Load(ArrayView<float> row, int i, int end, float fill);

    /// <summary>Writes the numbers i … i + 3 that are before the end.</summary>
    void Store(ArrayView<float> row, int i, int end, Floats4 v);
}

/// <summary>Rows that begin on 16 bytes and whose length is a multiple of 4: one load, one store.</summary>
internal readonly struct Packed : IRow
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Floats4 Load(ArrayView<float> row, int i, int end, float fill) => row.AsAligned(16).Cast<Floats4>()[i / 4];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ArrayView<float> row, int i, int end, Floats4 v) => row.AsAligned(16).Cast<Floats4>()[i / 4] = v;
}

/// <summary>Any rows.</summary>
internal readonly struct Loose : IRow
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Floats4 Load(ArrayView<float> row, int i, int end, float fill) => i + 3 < end
        ? Floats4.Of(row[i], row[i + 1], row[i + 2], row[i + 3])
        : Floats4.Of(row[i], i + 1 < end ? row[i + 1] : fill, i + 2 < end ? row[i + 2] : fill, fill);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ArrayView<float> row, int i, int end, Floats4 v)
    {
        row[i] = v.X.Value;
        if (i + 3 < end)
        {
            row[i + 1] = v.Y.Value;
            row[i + 2] = v.Z.Value;
            row[i + 3] = v.W.Value;
            return;
        }
        if (i + 1 < end)
        {
            row[i + 1] = v.Y.Value;
        }
        if (i + 2 < end)
        {
            row[i + 2] = v.Z.Value;
        }
    }
}
