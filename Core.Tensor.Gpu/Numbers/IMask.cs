using System.Runtime.CompilerServices;
using ILGPU;

namespace Vitrine.Tensors;

/// <summary>What is added to scores before their softmax.</summary>
internal interface IMask
{
    /// <summary>Four numbers of a row, and the mask's for them.</summary>
    Floats4 Add(Floats4 v, ArrayView<float> mask, int i, int end);

    /// <summary>One number, and the mask's at a place.</summary>
    float Add(float x, ArrayView<float> mask, int at);
}

/// <summary>A mask, which may lie anywhere.</summary>
internal readonly struct Masked : IMask
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Floats4 Add(Floats4 v, ArrayView<float> mask, int i, int end) => v + default(Loose).Load(mask, i, end, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Add(float x, ArrayView<float> mask, int at) => x + mask[at];
}

/// <summary>None.</summary>
internal readonly struct Unmasked : IMask
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Floats4 Add(Floats4 v, ArrayView<float> mask, int i, int end) => v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Add(float x, ArrayView<float> mask, int at) => x;
}
