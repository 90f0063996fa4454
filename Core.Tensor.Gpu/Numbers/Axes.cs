using System.Runtime.CompilerServices;

namespace Vitrine.Tensors;

/// <summary>
/// How an item finds its element in two strided operands: axes, innermost first, with their lengths and strides. Kernels cannot index an
/// array of arguments, so the axes have names.
/// </summary>
internal readonly struct Axes
{
    /// <summary>Most axes, after those that both operands walk evenly were merged.</summary>
    public const int Most = 8;

    public readonly int Rank;
    private readonly Axis _0, _1, _2, _3, _4, _5, _6, _7;

    /// <summary>The axes of a call, outermost first as its scalars are: lengths, strides of a, strides of b.</summary>
    /// <exception cref="DeviceException">There are too many.</exception>
    public Axes(ReadOnlySpan<int> lengths, ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        Span<Axis> merged = stackalloc Axis[lengths.Length + Most];
        merged.Clear();
        for (int i = lengths.Length - 1; i >= 0; i--)
        {
            if (lengths[i] == 1)
            {
                continue;
            }
            if (Rank > 0 && merged[Rank - 1].Continues(a[i], b[i]))
            {
                merged[Rank - 1] = merged[Rank - 1].Times(lengths[i]);
                continue;
            }
            merged[Rank++] = new(lengths[i], a[i], b[i]);
        }
        if (Rank > Most)
        {
            throw new DeviceException($"view: too many axes for a GPU kernel; got {Rank} that cannot be merged; expected at most {Most}. "
                + "Reshape to fewer axes.");
        }
        (_0, _1, _2, _3) = (merged[0], merged[1], merged[2], merged[3]);
        (_4, _5, _6, _7) = (merged[4], merged[5], merged[6], merged[7]);
    }

    /// <summary>Where element <paramref name="i"/> lies in the operands, from their first elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Find(int i, out int a, out int b)
    {
        a = 0;
        b = 0;
        if (Rank > 0)
        {
            _0.Walk(ref i, ref a, ref b);
        }
        if (Rank > 1)
        {
            _1.Walk(ref i, ref a, ref b);
        }
        if (Rank > 2)
        {
            _2.Walk(ref i, ref a, ref b);
        }
        if (Rank > 3)
        {
            _3.Walk(ref i, ref a, ref b);
        }
        if (Rank > 4)
        {
            _4.Walk(ref i, ref a, ref b);
        }
        if (Rank > 5)
        {
            _5.Walk(ref i, ref a, ref b);
        }
        if (Rank > 6)
        {
            _6.Walk(ref i, ref a, ref b);
        }
        if (Rank > 7)
        {
            _7.Walk(ref i, ref a, ref b);
        }
    }

    /// <summary>One axis: its length, and how far a step along it is in either operand.</summary>
    private readonly struct Axis(int length, int a, int b)
    {
        private readonly int _length = length, _a = a, _b = b;

        public bool Continues(int a, int b) => a == _a * _length && b == _b * _length;

        public Axis Times(int outer) => new(_length * outer, _a, _b);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Walk(ref int i, ref int a, ref int b)
        {
            int place = i % _length;
            i /= _length;
            a += place * _a;
            b += place * _b;
        }
    }
}
