using System.Runtime.CompilerServices;
using ILGPU;

namespace Vitrine.Tensors;

/// <summary>How two numbers become one in a reduction.</summary>
internal interface ICombine<T> where T : unmanaged
{
    T Combine(T a, T b);
}

/// <summary>a + b.</summary>
internal readonly struct Plus : ICombine<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Combine(float a, float b) => a + b;
}

/// <summary>The larger; NaN is greater than all.</summary>
internal readonly struct Greater : ICombine<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Combine(float a, float b) => Of(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Of(float a, float b) => (a > b) | Differs(a, a) ? a : b;

    // Of a number and itself: whether it is NaN, without a function.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Differs(float a, float b) => a != b;
}

/// <summary>The smaller.</summary>
internal readonly struct Lesser : ICombine<int>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Combine(int a, int b) => a < b ? a : b;
}

/// <summary>How the numbers of neighbouring items of a group become one.</summary>
internal interface IGroup
{
    /// <summary>Every item gets the result of its run of <paramref name="width"/> items.</summary>
    T Reduce<T, TCombine>(T x, int width, ArrayView<T> shared) where T : unmanaged where TCombine : struct, ICombine<T>;
}

/// <summary>Through memory of the group, on any device; long runs meet in two steps.</summary>
internal readonly struct InMemory : IGroup
{
    private const int Parts = 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Reduce<T, TCombine>(T x, int width, ArrayView<T> shared) where T : unmanaged where TCombine : struct, ICombine<T>
    {
        TCombine f = default;
        int parts = width < Parts ? width : Parts, place = Group.IdxX % width, run = Group.IdxX - place;
        shared[Group.IdxX] = x;
        Group.Barrier();
        if (parts < width)
        {
            if (place < parts)
            {
                for (int other = place + parts; other < width; other += parts)
                {
                    x = f.Combine(x, shared[run + other]);
                }
                shared[Group.IdxX] = x;
            }
            Group.Barrier();
        }
        x = shared[run];
        for (int part = 1; part < parts; part++)
        {
            x = f.Combine(x, shared[run + part]);
        }
        Group.Barrier();
        return x;
    }
}

/// <summary>
/// On CUDA: items of a warp read each other's registers, and only one number of each goes through memory. (ILGPU's OpenCL has such
/// functions on Intel's devices alone.)
/// </summary>
internal readonly struct InWarps : IGroup
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Reduce<T, TCombine>(T x, int width, ArrayView<T> shared) where T : unmanaged where TCombine : struct, ICombine<T>
    {
        TCombine f = default;
        int together = Warp.WarpSize < width ? Warp.WarpSize : width, parts = width / together;
        for (int step = together / 2; step > 0; step /= 2)
        {
            x = f.Combine(x, Warp.ShuffleXor(x, step));
        }
        if (parts == 1)
        {
            return x;
        }
        if (Group.IdxX % together == 0)
        {
            shared[Group.IdxX / together] = x;
        }
        Group.Barrier();
        int run = Group.IdxX / width * parts;
        x = shared[run];
        for (int part = 1; part < parts; part++)
        {
            x = f.Combine(x, shared[run + part]);
        }
        Group.Barrier();
        return x;
    }
}

/// <summary>
/// Reductions over each run of neighbouring items of a group, a power of 2: every item gets its run's result. Which numbers meet when is
/// fixed, so results are the same bits from run to run. All items of the group must come here.
/// </summary>
internal static class GroupReduction
{
    /// <summary>Most items of a group that share a row: what <c>shared</c> must hold.</summary>
    public const int MostItems = 128;

    /// <summary>The sum over each run.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum<TGroup>(float x, int width, ArrayView<float> shared) where TGroup : struct, IGroup =>
        default(TGroup).Reduce<float, Plus>(x, width, shared);

    /// <summary>The maximum over each run.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max<TGroup>(float x, int width, ArrayView<float> shared) where TGroup : struct, IGroup =>
        default(TGroup).Reduce<float, Greater>(x, width, shared);

    /// <summary>The smallest over each run.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int First<TGroup>(int x, int width, ArrayView<int> shared) where TGroup : struct, IGroup =>
        default(TGroup).Reduce<int, Lesser>(x, width, shared);
}
