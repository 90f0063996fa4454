using System.Globalization;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Ops;

/// <summary>
/// Every kernel on its tiny and odd shapes, forward and backward with two seeds, against the CPU's. Small enough for oclgrind, which
/// executes kernels item by item and reports races, uninitialised reads and accesses out of bounds: <c>.ci/run</c> runs this class under
/// it. <c>VITRINE_TEST_OPS=2/6</c> takes every sixth op from the third on: a driver that compiles for minutes sees all of them in six runs.
/// </summary>
public sealed class DeviceAgreementTests
{
    private const int Largest = 120; // elements of the first input

    public static TheoryData<string, string> NamesAndGpus
    {
        get
        {
            var data = new TheoryData<string, string>();
            (int first, int step) = Environment.GetEnvironmentVariable("VITRINE_TEST_OPS")?.Split('/') is [var from, var of]
                ? (int.Parse(from, CultureInfo.InvariantCulture), int.Parse(of, CultureInfo.InvariantCulture)) : (0, 1);
            for (int i = first; i < OpTable.All.Count; i += step)
            {
                data.Add(OpTable.All[i].Name, TestDevices.Names[1]);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(NamesAndGpus))]
    public void TinyShapes_ForwardAndBackward_AgreeWithTheCpu(string name, string device)
    {
        foreach (OpCase call in OpTable.Get(name).Cases.Where(c => !c.IsBenchmark && c.Inputs[0].Shape.Elements <= Largest))
        {
            float[] expected = Everything(call);
            using Device.Scope scope = TestDevices.Use(device);

            TensorAssert.Close(Everything(call), expected, 1e-4, 1e-5, $"{name} {call}");
        }
    }

    /// <summary>One seed has kernels of its own, and so have several, which share a pattern.</summary>
    [Theory]
    [InlineData(1, 4)]
    [InlineData(3, 3)]
    public void Attention_OneSeedOrSeveral_AgreeWithTheCpu(int seeds, int width)
    {
        Shape q = [1, 2, 2, width], k = [1, 3, 1, width];
        var call = new OpCase([new(q), new(k), new(k)],
            t => TensorOps.Attention(t[0], t[1], t[2], null, causal: true, 1 / MathF.Sqrt(width)))
        { Reference = r => r[0] };
        float[] expected = Everything(call, seeds);
        using Device.Scope scope = TestDevices.Use(TestDevices.Names[1]);

        TensorAssert.Close(Everything(call, seeds), expected, 1e-4, 1e-5);
    }

    /// <summary>The kernel for heads that do not fit into registers does the others too: small enough to be watched.</summary>
    [Fact]
    public void AttentionForwardWide_NarrowHeads_GivesTheSame()
    {
        using Device.Scope scope = TestDevices.Use(TestDevices.Names[1]);
        Tensor[] x = [RandomTensor.Normal(1, [1, 3, 1, 5]), RandomTensor.Normal(2, [1, 3, 1, 5]), RandomTensor.Normal(3, [1, 3, 1, 5])];
        KernelCall ordinary = default;
        Op.Launched = call => ordinary = call;
        float[] expected = TensorOps.Attention(x[0], x[1], x[2], null, causal: true, 1).ToArray();
        Op.Launched = null;
        Tensor z = Tensor.Empty([1, 3, 1, 5], Device.Current);

        Op.Launch("attention_forward_wide", ordinary.Work, [.. ordinary.Tensors[..4], z, ordinary.Tensors[5]], ordinary.Scalars);

        Assert.Equal(expected, z.ToArray());
    }

    /// <summary>What changes tensors in place, on one item, on a group that is not full, and on a chunk and a bit of the next.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    [InlineData(16_387)]
    public void OptimizerKernels_FewElements_AgreeWithTheCpu(int size)
    {
        float[] expected = Train(size);
        using Device.Scope scope = TestDevices.Use(TestDevices.Names[1]);

        TensorAssert.Close(Train(size), expected, 1e-5, 1e-6);

        static float[] Train(int size)
        {
            (Tensor w, Tensor g, Tensor m, Tensor v) =
                (RandomTensor.Normal(1, [size]), RandomTensor.Normal(2, [size]), RandomTensor.Normal(3, [size]),
                    RandomTensor.Normal(4, [size]).Abs());
            OptimizerKernels.AdamW(w, g, m, v, new(0.5f, 0.9f, 0.99f, 0.01f, 1.1f, 1e-6f, 0.01f));
            OptimizerKernels.Sgd(w, g, m, 0.9f, 0.5f, 0.1f, 0.01f);
            OptimizerKernels.Average(v, w, 0.3f);
            OptimizerKernels.Exchange(w, v);
            return [.. w.ToArray(), .. m.ToArray(), .. v.ToArray(), OptimizerKernels.Norm([w, m]).Item()];
        }
    }

    /// <summary>
    /// The kernels for tensor cores, their instruction emulated by items that read each other's numbers: barriers and all are watched.
    /// </summary>
    [Theory]
    [InlineData(17, false)] // two slices
    [InlineData(5, true)]
    public void TensorCores_OneTile_AgreeWithTheCpu(int depth, bool half)
    {
        Tensor a = RandomTensor.Normal(1, [2, 3, depth]), b = RandomTensor.Normal(2, [5, depth]), w = half ? HalfPrecision.Round(b) : b;
        float[] expected = a.MatMul(w, transposeB: true).ToArray();
        using Device.Scope scope = TestDevices.Use(TestDevices.Names[1]);

        Tensor y = TensorCoreTests.OnTensorCores(() => a.To(Device.Current).MatMul(w.To(Device.Current), transposeB: true));

        TensorAssert.Close(y.ToArray(), expected, 1e-4, 1e-5);
    }

    /// <summary>What benchmarks call a device's peak must be arithmetic that was done.</summary>
    [Fact]
    public void PeakMultiplyAdd_ThreeRounds_IsTheSumOfItsChains()
    {
        using Device.Scope scope = TestDevices.Use(TestDevices.Names[1]);
        Tensor sums = Tensor.Empty([260], Device.Current);

        Op.Launch("peak_multiply_add", 260, [sums], 3);

        double[] expected = [.. Enumerable.Range(0, 260)
            .Select(item => 4 * Enumerable.Range(0, 8).Sum(start => Rounds(start, 0.001 * ((item % 256) + 1))))];
        TensorAssert.Close(sums.ToArray(), expected, 1e-5, 1e-5);

        static double Rounds(double c, double shift) => (((((c * 0.999) + shift) * 0.999) + shift) * 0.999) + shift;
    }

    /// <summary>Output and gradients for some seeds, in a row.</summary>
    private static float[] Everything(OpCase call, int seeds = 2)
    {
        Tensor[] inputs = call.Make(), wrt = [.. inputs.Where((_, i) => call.Inputs[i].HasGradient)];
        using var tape = new Tape();
        Tensor y = call.Apply(inputs);
        Gradients gradients = tape.Gradient(y, new Seeds(RandomTensor.Normal(8, y.Shape.Prepend(seeds))), wrt);
        return [.. y.ToArray(), .. wrt.SelectMany(x => gradients[x].ToArray())];
    }
}
