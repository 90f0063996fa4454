using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Ops;

/// <summary>
/// The kernels that change tensors in place: their formulas in float64, on every device and on sizes around the borders of groups and
/// chunks.
/// </summary>
public sealed class OptimizerKernelTests
{
    public static TheoryData<string, int> DevicesAndSizes
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (string device in TestDevices.Names)
            {
                foreach (int size in (int[])[1, 3, 17, 257, 16_384, 16_385, 50_000])
                {
                    data.Add(device, size);
                }
            }
            return data;
        }
    }

    public static TheoryData<string> Devices => [.. TestDevices.Names];

    [Theory]
    [MemberData(nameof(DevicesAndSizes))]
    public void AdamW_AnySize_IsTheFormulaInFloat64(string device, int size)
    {
        using Device.Scope scope = TestDevices.Use(device);
        (Tensor w, Tensor g, Tensor m, Tensor v) = (Normal(1, size), Normal(2, size), Normal(3, size), Normal(4, size).Abs());
        double[] w0 = Wide(w), g0 = Wide(g), m0 = Wide(m), v0 = Wide(v);
        var step = new AdamWStep(GradientScale: 0.7f, Beta1: 0.9f, Beta2: 0.99f, Rate: 0.02f, SquareScale: 1.5f, Epsilon: 1e-6f,
            Decay: 0.01f);

        OptimizerKernels.AdamW(w, g, m, v, step);

        double[] m1 = [.. m0.Zip(g0, (a, b) => (0.9f * a) + ((1 - 0.9f) * 0.7f * b))],
            v1 = [.. v0.Zip(g0, (a, b) => (0.99f * a) + ((1 - 0.99f) * 0.7f * b * 0.7f * b))];
        TensorAssert.Close(m, m1, 1e-6, 1e-7);
        TensorAssert.Close(v, v1, 1e-6, 1e-7);
        TensorAssert.Close(w, [.. w0.Select((x, i) => (x * (1 - 0.01f)) - (0.02f * m1[i] / ((Math.Sqrt(v1[i]) * 1.5f) + 1e-6f)))], 1e-6,
            1e-6);
    }

    [Theory]
    [MemberData(nameof(DevicesAndSizes))]
    public void Sgd_AnySize_IsTheFormulaInFloat64(string device, int size)
    {
        using Device.Scope scope = TestDevices.Use(device);
        (Tensor w, Tensor g, Tensor m) = (Normal(1, size), Normal(2, size), Normal(3, size));
        double[] w0 = Wide(w), g0 = Wide(g), m1 = [.. Wide(m).Select((x, i) => (0.9f * x) + (0.5f * g0[i]) + (0.1f * w0[i]))];

        OptimizerKernels.Sgd(w, g, m, keep: 0.9f, scale: 0.5f, decay: 0.1f, rate: 0.03f);

        TensorAssert.Close(m, m1, 1e-6, 1e-6);
        TensorAssert.Close(w, [.. w0.Zip(m1, (x, y) => x - (0.03f * y))], 1e-6, 1e-6);
    }

    [Theory]
    [MemberData(nameof(DevicesAndSizes))]
    public void AverageAndExchange_AnySize_AreTheirFormulas(string device, int size)
    {
        using Device.Scope scope = TestDevices.Use(device);
        (Tensor a, Tensor w) = (Normal(1, size), Normal(2, size));
        double[] expected = [.. Wide(a).Zip(Wide(w), (x, y) => x + (0.25 * (y - x)))];
        float[] trained = w.ToArray();

        OptimizerKernels.Average(a, w, 0.25f);
        float[] average = a.ToArray();
        OptimizerKernels.Exchange(a, w);

        TensorAssert.Close(average, expected, 1e-6, 1e-6);
        Assert.Equal(trained, a.ToArray());
        Assert.Equal(average, w.ToArray());
    }

    [Theory]
    [MemberData(nameof(DevicesAndSizes))]
    public void Norm_SeveralTensorsOneOfThemAView_IsThatInFloat64AndTheSameBitsAgain(string device, int size)
    {
        using Device.Scope scope = TestDevices.Use(device);
        Tensor[] all = [Normal(1, size), Normal(2, 7 * 5).Reshape([7, 5]).Transpose(), Normal(3, size).Scale(1e-6f)];
        double expected = Math.Sqrt(all.Sum(x => Wide(x).Sum(v => v * v)));

        float norm = OptimizerKernels.Norm(all).Item();

        Assert.Equal(expected, norm, expected * 1e-6);
        Assert.Equal(norm, OptimizerKernels.Norm(all).Item());
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Norm_NotANumberOrInfinite_StaysVisible(string device)
    {
        using Device.Scope scope = TestDevices.Use(device);

        Assert.True(float.IsNaN(OptimizerKernels.Norm([Normal(1, 300), Tensor.From([1f, float.NaN], [2])]).Item()));
        Assert.True(float.IsPositiveInfinity(OptimizerKernels.Norm([Tensor.From([float.NegativeInfinity], [1])]).Item()));
    }

    /// <summary>A device remembers on the host what was uploaded; a step must make it forget.</summary>
    [Theory]
    [MemberData(nameof(Devices))]
    public void Write_BetweenSteps_IsWhatIsReadAndWhatTheNextStepStartsFrom(string device)
    {
        using Device.Scope scope = TestDevices.Use(device);
        (Tensor a, Tensor w) = (Tensor.From([1f, 2, 3], [3]), Tensor.From([5f, 6, 7], [3]));

        OptimizerKernels.Average(a, w, 0.5f);
        Assert.Equal([3f, 4, 5], a.ToArray());
        OptimizerKernels.Write(a, [10, 20, 30]);
        Assert.Equal([10f, 20, 30], a.ToArray());
        OptimizerKernels.Average(a, w, 0.5f);

        Assert.Equal([7.5f, 13, 18.5f], a.ToArray());
        Assert.Contains("wrong number of values", Assert.Throws<ShapeException>(() => OptimizerKernels.Write(a, [1])).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Optimizers_GradientsThatAreViews_StepAsWithCopies(string device)
    {
        using Device.Scope scope = TestDevices.Use(device);
        float[][] results = [.. new[] { false, true }.Select(transposed =>
        {
            Tensor w = Normal(1, 35).Reshape([5, 7]), g = Normal(2, 35).Reshape([7, 5]).Transpose();
            OptimizerKernels.Sgd(w, transposed ? g : Layout.Copy(g), Layout.Zeros([5, 7], Device.Current), 0, 1, 0, 0.1f);
            return w.ToArray();
        })];

        Assert.Equal(results[0], results[1]);
    }

    private static Tensor Normal(int seed, int size) => RandomTensor.Normal(seed, [size]);

    private static double[] Wide(Tensor x) => [.. x.ToArray().Select(v => (double)v)];
}
