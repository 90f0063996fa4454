using ILGPU;

namespace Vitrine.Tensors;

/// <summary>The two loops of the place-by-place ops on a GPU: the functions are the CPU's own, on one number.</summary>
internal static class UnaryGpu
{
    public static IReadOnlyList<GpuCode> Kernels { get; } =
    [
        .. Of<UnaryFunctions.Relu>("relu"), .. Of<UnaryFunctions.Silu>("silu"), .. Of<UnaryFunctions.Tanh>("tanh"),
        .. Of<UnaryFunctions.Sigmoid>("sigmoid"), .. Of<UnaryFunctions.Exp>("exp"), .. Of<UnaryFunctions.Log>("log"),
        .. Of<UnaryFunctions.Sqrt>("sqrt"), .. Of<UnaryFunctions.Abs>("abs"),
        .. Of<GeluCpu.Exact>("gelu"), .. Of<GeluCpu.TanhForm>("gelu_tanh"),
        new("pow_forward", PowForward), new("pow_backward", PowBackward),
    ];

    private static IEnumerable<GpuCode> Of<TFunction>(string name) where TFunction : struct, IUnaryFunction =>
        [new(name + "_forward", Forward<TFunction>), new(name + "_backward", Backward<TFunction>)];

    private static void Forward<TFunction>(ArrayView<float> x, ArrayView<float> y, Work work) where TFunction : struct, IUnaryFunction
    {
        int i = Grid.GlobalIndex.X;
        if (i < work.X)
        {
            y[i] = default(TFunction).Value(new Floats1(x[i])).Value;
        }
    }

    // The slope is computed once for all seeds.
    private static void Backward<TFunction>(ArrayView<float> saved, ArrayView<float> dy, ArrayView<float> dx, Work work)
        where TFunction : struct, IUnaryFunction
    {
        int i = Grid.GlobalIndex.X;
        if (i < work.X)
        {
            Chain(i, default(TFunction).Derivative(new Floats1(saved[i])).Value, dy, dx, work);
        }
    }

    private static void PowForward(ArrayView<float> x, ArrayView<float> y, Work work, float p)
    {
        int i = Grid.GlobalIndex.X;
        if (i < work.X)
        {
            y[i] = Power(x[i], p);
        }
    }

    private static void PowBackward(ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dx, Work work, float p)
    {
        int i = Grid.GlobalIndex.X;
        if (i < work.X)
        {
            Chain(i, p * Power(x[i], p - 1), dy, dx, work);
        }
    }

    private static void Chain(int i, float slope, ArrayView<float> dy, ArrayView<float> dx, Work work)
    {
        for (int seed = 0; seed < work.Y; seed++)
        {
            dx[(seed * work.X) + i] = dy[(seed * work.X) + i] * slope;
        }
    }

    // Whole powers keep the sign; other powers of negative numbers are NaN.
    private static float Power(float x, float p)
    {
        if (p == 0)
        {
            return 1;
        }
        if (p == 1)
        {
            return x;
        }
        if (p == 2)
        {
            return x * x;
        }
        if (p == -1)
        {
            return 1 / x;
        }
        float y = Floats1.Power(Floats1.Abs(new(x)), p).Value;
        if (!(x < 0))
        {
            return float.IsNaN(x) ? x : y;
        }
        float whole = (int)p, pairs = (int)(0.5f * p);
        return whole != p ? float.NaN : 2 * pairs == p ? y : -y;
    }
}
