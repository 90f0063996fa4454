using System.Runtime.CompilerServices;
using ILGPU;

namespace Vitrine.Tensors;

/// <summary>Sums over the rows of a matrix: a group has 16 neighbouring columns and 16 items for each, which take every 16th row.</summary>
internal static class Columns
{
    /// <summary>Items of a group.</summary>
    public const int Items = 256;

    /// <summary>Items that share a column.</summary>
    public const int Strands = 16;

    private const int Lanes = Items / Strands;

    /// <summary>The item's column.</summary>
    public static int Mine => (Grid.IdxX * Lanes) + (Group.IdxX % Lanes);

    /// <summary>The first of its rows.</summary>
    public static int FirstRow => Group.IdxX / Lanes;

    /// <summary>The column's sum, for the item whose first row is 0; all items must come here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(float x, ArrayView<float> shared)
    {
        shared[Group.IdxX] = x;
        Group.Barrier();
        if (FirstRow == 0)
        {
            for (int other = 1; other < Strands; other++)
            {
                x += shared[(other * Lanes) + Group.IdxX];
            }
        }
        return x;
    }
}
