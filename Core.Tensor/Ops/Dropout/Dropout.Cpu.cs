using System.Numerics;

namespace Vitrine.Tensors;

/// <summary>The CPU kernel of dropout.</summary>
internal static unsafe class DropoutCpu
{
    private const int Block = 512; // a multiple of four, the words of one draw

    /// <summary>
    /// y[seed, i] = x[seed, i] / (1 − p) where i is kept, else 0; the factors are drawn once for all seeds. Work: (elements, seeds).
    /// Tensors x, y. Scalars: p, seed of the mask.
    /// </summary>
    public static void Forward(KernelCall call)
    {
        float* x = call.Float(0), y = call.Float(1);
        (float p, uint key) = (call.Scalars[0].Float, (uint)call.Scalars[1].Int);
        (int n, int seeds) = (call.Work.X, call.Work.Y);
        float kept = 1 / (1 - p);
        uint threshold = (uint)(p * 4294967296.0); // dropped when a uniform 32-bit word lies below
        Workers.For((n + Block - 1) / Block, (from, to) =>
        {
            float* factors = stackalloc float[Block];
            uint* words = stackalloc uint[Block];
            for (int block = from; block < to; block++)
            {
                int start = block * Block, count = Math.Min(Block, n - start);
                for (int i = 0; i < count; i += 4)
                {
                    Philox.Words drawn = Philox.Draw(new((uint)(start + i) / 4, 0, 0, 0), key, 0);
                    (words[i], words[i + 1], words[i + 2], words[i + 3]) = (drawn.A, drawn.B, drawn.C, drawn.D);
                }
                // Choosing by vectors: a branch on random words would be mispredicted every other time.
                for (int i = 0; i < Block; i += Vector<uint>.Count)
                {
                    Vector<int> dropped = Vector.AsVectorInt32(Vector.LessThan(Vector.Load(words + i), new Vector<uint>(threshold)));
                    Vector.ConditionalSelect(dropped, Vector<float>.Zero, new Vector<float>(kept)).Store(factors + i);
                }
                for (int seed = 0; seed < seeds; seed++)
                {
                    long at = ((long)seed * n) + start;
                    Simd.Multiply(x + at, factors, y + at, count);
                }
            }
        }, 4);
    }
}
