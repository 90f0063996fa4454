// CPU kernels of the place-by-place ops: one loop for the values, one for the gradients, and a struct per function.
// The struct is a type argument, so the compiler builds a loop of its own for every function and inlines it.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Vitrine.Tensors;

/// <summary>A function of one number and its derivative, on vectors.</summary>
internal interface IUnaryFunction
{
    /// <summary>f(x).</summary>
    V Value<V>(V x) where V : struct, IFloats<V>;

    /// <summary>f′, from what the op saved: x, or y for functions whose derivative is simpler in y.</summary>
    V Derivative<V>(V saved) where V : struct, IFloats<V>;
}

/// <summary>The two loops that all unary ops share.</summary>
internal static unsafe class UnaryCpu
{
    private const int Grain = 1 << 13;
    private const int Ahead = 512; // elements: 2 kB on the way from memory while this vector is computed
    private const int Block = 512; // derivatives held at a time: 2 kB, a corner of the first-level cache

    /// <summary>y = f(x). Work: elements. Tensors x, y.</summary>
    public static void Forward<TFunction>(KernelCall call) where TFunction : struct, IUnaryFunction => Forward(call, default(TFunction));

    /// <summary>dx[seed, i] = dy[seed, i] · f′(saved[i]). Work: (elements, seeds). Tensors saved, dy, dx.</summary>
    public static void Backward<TFunction>(KernelCall call) where TFunction : struct, IUnaryFunction => Backward(call, default(TFunction));

    /// <summary>The same for a function with constants.</summary>
    public static void Forward<TFunction>(KernelCall call, TFunction function) where TFunction : struct, IUnaryFunction
    {
        float* x = call.Float(0), y = call.Float(1);
        Workers.For(call.Work.X, (from, to) => Map(function, x + from, y + from, to - from), Grain);
    }

    /// <summary>The same for a function with constants.</summary>
    public static void Backward<TFunction>(KernelCall call, TFunction function) where TFunction : struct, IUnaryFunction
    {
        float* saved = call.Float(0), dy = call.Float(1), dx = call.Float(2);
        (int n, int seeds) = (call.Work.X, call.Work.Y);
        Workers.For(n, (from, to) =>
        {
            float* slope = stackalloc float[Block];
            for (int start = from; start < to; start += Block)
            {
                int count = Math.Min(Block, to - start);
                Map(new SlopeOf<TFunction>(function), saved + start, slope, count);
                for (int seed = 0; seed < seeds; seed++)
                {
                    long at = ((long)seed * n) + start;
                    Simd.Multiply(dy + at, slope, dx + at, count);
                }
            }
        }, Math.Max(Block, Grain / Math.Max(1, seeds)));
    }

    private static void Map<TFunction>(TFunction function, float* x, float* y, int n) where TFunction : struct, IUnaryFunction
    {
        if (Simd.Wide)
        {
            Map<TFunction, Floats16>(function, x, y, n);
        }
        else
        {
            Map<TFunction, Floats8>(function, x, y, n);
        }
    }

    /// <summary>y = f(x) over n elements. The rest of a vector goes through the same vector code, so every element gets the same bits wherever it lies.</summary>
    private static void Map<TFunction, V>(TFunction function, float* x, float* y, int n) where TFunction : struct, IUnaryFunction where V : struct, IFloats<V>
    {
        int i = 0;
        for (; i <= n - (2 * V.Count); i += 2 * V.Count)
        {
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(x + i + Ahead);
                Sse.Prefetch0(x + i + Ahead + V.Count);
                Sse.Prefetch0(y + i + Ahead);
                Sse.Prefetch0(y + i + Ahead + V.Count);
            }
            V a = function.Value(V.Load(x + i)), b = function.Value(V.Load(x + i + V.Count)); // two chains side by side
            a.Store(y + i);
            b.Store(y + i + V.Count);
        }
        for (; i <= n - V.Count; i += V.Count)
        {
            function.Value(V.Load(x + i)).Store(y + i);
        }
        if (i < n)
        {
            float* rest = stackalloc float[V.Count];
            V.Of(0).Store(rest);
            new ReadOnlySpan<float>(x + i, n - i).CopyTo(new Span<float>(rest, V.Count));
            function.Value(V.Load(rest)).Store(rest);
            new ReadOnlySpan<float>(rest, n - i).CopyTo(new Span<float>(y + i, n - i));
        }
    }

    /// <summary>f′ as a function in its own right.</summary>
    private readonly struct SlopeOf<TFunction>(TFunction function) : IUnaryFunction where TFunction : struct, IUnaryFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Value<V>(V x) where V : struct, IFloats<V> => function.Derivative(x);

        public V Derivative<V>(V saved) where V : struct, IFloats<V> => throw new NotSupportedException();
    }
}
