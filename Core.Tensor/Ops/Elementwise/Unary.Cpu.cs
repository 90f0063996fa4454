// CPU kernels of the place-by-place ops: one loop for the values, one for the gradients, and a struct per function.
// The struct is a type argument, so the compiler builds a loop of its own for every function and inlines it.

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
    private const int Block = 1024; // elements a thread takes at a time: ranges begin at cache lines
    private const int Grain = 8; // blocks
    private const int Ahead = 1024; // elements: 4 kB on the way from memory while this vector is computed

    /// <summary>y = f(x). Work: elements. Tensors x, y.</summary>
    public static void Forward<TFunction>(KernelCall call) where TFunction : struct, IUnaryFunction => Forward(call, default(TFunction));

    /// <summary>dx[seed, i] = dy[seed, i] · f′(saved[i]). Work: (elements, seeds). Tensors saved, dy, dx.</summary>
    public static void Backward<TFunction>(KernelCall call) where TFunction : struct, IUnaryFunction => Backward(call, default(TFunction));

    /// <summary>The same for a function with constants.</summary>
    public static void Forward<TFunction>(KernelCall call, TFunction function) where TFunction : struct, IUnaryFunction
    {
        float* x = call.Float(0), y = call.Float(1);
        int n = call.Work.X;
        Workers.For(Blocks(n), (from, to) =>
        {
            int start = from * Block, count = Math.Min(n, to * Block) - start;
            if (Simd.Wide)
            {
                Map<TFunction, Floats16>(function, x + start, y + start, count);
            }
            else
            {
                Map<TFunction, Floats8>(function, x + start, y + start, count);
            }
        }, Grain);
    }

    /// <summary>The same for a function with constants.</summary>
    public static void Backward<TFunction>(KernelCall call, TFunction function) where TFunction : struct, IUnaryFunction
    {
        float* saved = call.Float(0), dy = call.Float(1), dx = call.Float(2);
        (int n, int seeds) = (call.Work.X, call.Work.Y);
        Workers.For(Blocks(n), (from, to) =>
        {
            float* slope = stackalloc float[Block];
            for (int block = from; block < to; block++)
            {
                int start = block * Block, count = Math.Min(n - start, Block);
                if (Simd.Wide)
                {
                    Chain<TFunction, Floats16>(function, saved + start, dy + start, slope, dx + start, count);
                }
                else
                {
                    Chain<TFunction, Floats8>(function, saved + start, dy + start, slope, dx + start, count);
                }
                for (int seed = 1; seed < seeds; seed++)
                {
                    long at = ((long)seed * n) + start;
                    Simd.Multiply(dy + at, slope, dx + at, count);
                }
            }
        }, Math.Max(1, Grain / Math.Max(1, seeds)));
    }

    private static int Blocks(int n) => (n + Block - 1) / Block;

    /// <summary>
    /// y = f(x) over n elements. The rest of a vector goes through the same vector code, so every element gets the same bits wherever it
    /// lies.
    /// </summary>
    private static void Map<TFunction, V>(TFunction function, float* x, float* y, int n) where TFunction : struct, IUnaryFunction
        where V : struct, IFloats<V>
    {
        int i = 0;
        for (; i <= n - (2 * V.Count); i += 2 * V.Count)
        {
            Simd.Prefetch(x + i + Ahead);
            Simd.Prefetch(x + i + Ahead + V.Count);
            Simd.Prefetch(y + i + Ahead);
            Simd.Prefetch(y + i + Ahead + V.Count);
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

    /// <summary>slope = f′(saved), for the seeds that follow, and dx = dy · slope.</summary>
    private static void Chain<TFunction, V>(TFunction function, float* saved, float* dy, float* slope, float* dx, int n)
        where TFunction : struct, IUnaryFunction where V : struct, IFloats<V>
    {
        int i = 0;
        for (; i <= n - V.Count; i += V.Count)
        {
            Simd.Prefetch(saved + i + Ahead);
            Simd.Prefetch(dy + i + Ahead);
            Simd.Prefetch(dx + i + Ahead);
            V s = function.Derivative(V.Load(saved + i));
            s.Store(slope + i);
            (V.Load(dy + i) * s).Store(dx + i);
        }
        if (i < n)
        {
            float* rest = stackalloc float[V.Count];
            V.Of(0).Store(rest);
            new ReadOnlySpan<float>(saved + i, n - i).CopyTo(new Span<float>(rest, V.Count));
            function.Derivative(V.Load(rest)).Store(rest);
            new ReadOnlySpan<float>(rest, n - i).CopyTo(new Span<float>(slope + i, n - i));
            Simd.Multiply(dy + i, slope + i, dx + i, n - i);
        }
    }
}
