using System.Numerics;

namespace Vitrine.Tensors;

/// <summary>One arithmetic sign, for vectors and for single numbers.</summary>
internal interface IBinaryFunction
{
    Vector<float> Apply(Vector<float> a, Vector<float> b);

    float Apply(float a, float b);
}

/// <summary>CPU kernels of add, sub, mul, div and scale: bound by memory, so plain vectors are enough.</summary>
internal static unsafe class BinaryCpu
{
    private const int Grain = 1 << 14;

    /// <summary>y = f(a, b); scalars: rank, lengths, strides of a, strides of b. The last axis is the inner loop.</summary>
    public static void Forward<TFunction>(KernelCall call) where TFunction : struct, IBinaryFunction => Forward(call, default(TFunction));

    /// <summary>y = value where the mask b is not 0, a elsewhere; the last scalar is the value.</summary>
    public static void MaskedFill(KernelCall call) => Forward(call, new Fill(call.Scalars[^1].Float));

    private static void Forward<TFunction>(KernelCall call, TFunction function) where TFunction : struct, IBinaryFunction
    {
        float* a = call.Float(0), b = call.Float(1), y = call.Float(2);
        Scalar[] s = call.Scalars;
        int rank = s[0].Int, width = s[rank].Int, stepA = s[2 * rank].Int, stepB = s[3 * rank].Int;
        if (rank == 1)
        {
            Workers.For(width, (from, to) => Row(function, a + (from * stepA), stepA, b + (from * stepB), stepB, y + from, to - from),
                Grain);
            return;
        }
        int outer = width == 0 ? 0 : call.Work.X / width;
        Workers.For(outer, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                int left = row, offsetA = 0, offsetB = 0;
                for (int axis = rank - 2; axis >= 0; axis--)
                {
                    int length = s[1 + axis].Int, i = left % length;
                    left /= length;
                    offsetA += i * s[1 + rank + axis].Int;
                    offsetB += i * s[1 + (2 * rank) + axis].Int;
                }
                Row(function, a + offsetA, stepA, b + offsetB, stepB, y + ((long)row * width), width);
            }
        }, Math.Max(1, Grain / Math.Max(1, width)));
    }

    /// <summary>y = factor · x + shift.</summary>
    public static void ScaleForward(KernelCall call)
    {
        float* x = call.Float(0), y = call.Float(1);
        float factor = call.Scalars[0].Float, shift = call.Scalars[1].Float;
        Workers.For(call.Work.X, (from, to) =>
        {
            var (f, h) = (new Vector<float>(factor), new Vector<float>(shift));
            int i = from;
            for (; i <= to - Vector<float>.Count; i += Vector<float>.Count)
            {
                ((Vector.Load(x + i) * f) + h).Store(y + i);
            }
            for (; i < to; i++)
            {
                y[i] = (x[i] * factor) + shift;
            }
        }, Grain);
    }

    private static void Row<TFunction>(TFunction function, float* a, int stepA, float* b, int stepB, float* y, int width)
        where TFunction : struct, IBinaryFunction
    {
        int i = 0;
        if (stepA is 0 or 1 && stepB is 0 or 1)
        {
            // A repeated operand is broadcast into a register once.
            Vector<float> va = new(width > 0 && stepA == 0 ? *a : 0), vb = new(width > 0 && stepB == 0 ? *b : 0);
            for (; i <= width - Vector<float>.Count; i += Vector<float>.Count)
            {
                function.Apply(stepA == 0 ? va : Vector.Load(a + i), stepB == 0 ? vb : Vector.Load(b + i)).Store(y + i);
            }
        }
        for (; i < width; i++)
        {
            y[i] = function.Apply(a[i * stepA], b[i * stepB]);
        }
    }

    public readonly struct Plus : IBinaryFunction
    {
        public Vector<float> Apply(Vector<float> a, Vector<float> b) => a + b;

        public float Apply(float a, float b) => a + b;
    }

    public readonly struct Minus : IBinaryFunction
    {
        public Vector<float> Apply(Vector<float> a, Vector<float> b) => a - b;

        public float Apply(float a, float b) => a - b;
    }

    public readonly struct Times : IBinaryFunction
    {
        public Vector<float> Apply(Vector<float> a, Vector<float> b) => a * b;

        public float Apply(float a, float b) => a * b;
    }

    public readonly struct Over : IBinaryFunction
    {
        public Vector<float> Apply(Vector<float> a, Vector<float> b) => a / b;

        public float Apply(float a, float b) => a / b;
    }

    /// <summary>A choice by a mask of integers, which arrive as float bits and are only compared with 0.</summary>
    public readonly struct Fill(float value) : IBinaryFunction
    {
        public Vector<float> Apply(Vector<float> a, Vector<float> b) =>
            Vector.ConditionalSelect(Vector.Equals(Vector.AsVectorInt32(b), Vector<int>.Zero), a, new Vector<float>(value));

        public float Apply(float a, float b) => BitConverter.SingleToInt32Bits(b) == 0 ? a : value;
    }
}
