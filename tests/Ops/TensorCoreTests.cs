using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Ops;

/// <summary>
/// Products on tensor cores. The choice is proved with a driver that claims to have some; the arithmetic where the instruction is emulated,
/// rounding and all: tiles, fragments, splitting and edges are those of the kernel that is compiled for sm_80. No tensor core was at hand.
/// </summary>
public sealed class TensorCoreTests
{
    public static TheoryData<string> Gpus => TestDevices.Gpus;

    [Theory]
    [InlineData(0, false)] // OpenCL
    [InlineData(52, false)]
    [InlineData(75, false)]
    [InlineData(80, true)]
    [InlineData(86, true)]
    [InlineData(90, true)]
    [InlineData(120, true)]
    public void Launch_ByCapability_TakesTensorCoresFrom80(int capability, bool expected)
    {
        var driver = new FakeGpu(capability);
        Device device = driver.AsDevice();
        Tensor x = Tensor.From(new float[6], [2, 3], device), w = Tensor.From(new float[12], [3, 4], device),
            half = Tensor.From(new Half[12], [3, 4], device);

        _ = x.MatMul(w);
        _ = x.MatMul(half);
        _ = x.Slice(0, 0, 1).MatMul(w); // a row has a kernel of its own everywhere
        _ = x.MatMul(Int8Matrix.Quantize(Tensor.From(new float[12], [3, 4])).To(device));

        Assert.Equal(expected ? [("mat_mul_mma", "mat_mul_mma"), ("half_mat_mul_mma", "mat_mul_mma")] : [("mat_mul_forward", "mat_mul"),
            ("half_mat_mul_forward", "mat_mul")], driver.Launched[..2]);
        Assert.Equal([("mat_mul_row", "mat_mul"), ("int8_mat_mul_forward", "mat_mul")], driver.Launched[2..]);
    }

    [Theory]
    [MemberData(nameof(Gpus))]
    public void Product_EveryCaseOfTheOpTable_MatchesFloat64(string device)
    {
        using Device.Scope scope = TestDevices.Use(device);
        OpRow row = OpTable.Get("mat_mul");
        foreach (OpCase call in row.Cases.Where(c => !c.IsBenchmark))
        {
            Tensor[] inputs = call.Make();

            Tensor y = OnTensorCores(() => call.Apply(inputs));

            TensorAssert.Close(y, call.Reference([.. inputs.Select(Array64.Of)]).Values, row.Tolerance.Relative, row.Tolerance.Absolute,
                $"{call}");
        }
    }

    /// <summary>Edges of tiles (64 × 64 × 16), of a warp's part (32) and of fragments (16 × 8 × 8), in all four layouts.</summary>
    [Theory]
    [MemberData(nameof(Gpus))]
    public void Product_AroundTheEdgesOfTiles_MatchesFloat64(string device)
    {
        using Device.Scope scope = TestDevices.Use(device);
        foreach ((int m, int n, int k) in new[] { (1, 1, 1), (16, 8, 8), (17, 9, 7), (64, 64, 16), (65, 63, 17), (33, 130, 15),
            (129, 31, 40), (5, 65, 33) })
        {
            for (int layout = 0; layout < 4; layout++)
            {
                (bool transposeA, bool transposeB) = (layout % 2 == 1, layout / 2 == 1);
                Tensor a = RandomTensor.Normal(m, transposeA ? [k, m] : [m, k]), b = RandomTensor.Normal(n, transposeB ? [n, k] : [k, n]),
                    bias = RandomTensor.Normal(k, [n]);
                string what = $"{m} x {n} x {k}, layout {layout}";

                Close(OnTensorCores(() => a.MatMul(b, bias, transposeA, transposeB)), a, b, bias, transposeA, transposeB, what);
                if (!transposeA)
                {
                    Tensor half = HalfPrecision.Round(b).To(Device.Current);
                    Close(OnTensorCores(() => a.MatMul(half, bias, transposeB: transposeB)), a, half, bias, false, transposeB,
                        what + ", half");
                }
            }
        }

        static void Close(Tensor y, Tensor a, Tensor b, Tensor bias, bool transposeA, bool transposeB, string what) =>
            TensorAssert.Close(y, MatMul.Reference(Array64.Of(a), Array64.Of(b), Array64.Of(bias), transposeA, transposeB).Values, 1e-5,
                1e-5, what);
    }

    /// <summary>
    /// The device rounds sums towards zero: of thousands of positive products nothing may be left out but float32's own error.
    /// </summary>
    [Theory]
    [MemberData(nameof(Gpus))]
    public void Product_LongSumOfPositiveNumbers_IsAsExactAsFloat32(string device)
    {
        using Device.Scope scope = TestDevices.Use(device);
        Tensor a = Positive(1, [3, 8192]), b = Positive(2, [5, 8192]);
        double[] exact = MatMul.Reference(Array64.Of(a), Array64.Of(b), null, false, true).Values;

        float[] y = OnTensorCores(() => a.MatMul(b, transposeB: true)).ToArray(), plain = a.MatMul(b, transposeB: true).ToArray();

        double error = Worst(y), usual = Worst(plain);
        TestContext.Current.TestOutputHelper?.WriteLine($"relative error {error:0.0e0}, of the ordinary kernel {usual:0.0e0}");
        Assert.InRange(error, 0, 5e-6);

        double Worst(float[] values) => values.Select((v, i) => Math.Abs((v / exact[i]) - 1)).Max();

        static Tensor Positive(int seed, Shape shape)
        {
            var random = new Random(seed);
            return Tensor.From([.. Enumerable.Range(0, shape.Elements).Select(_ => random.NextSingle())], shape);
        }
    }

    /// <summary>Without the splitting, ten bits of fraction would show: the emulation reads no more.</summary>
    [Theory]
    [MemberData(nameof(Gpus))]
    public void Product_NumbersOfAllSizes_KeepTwentyTwoBits(string device)
    {
        using Device.Scope scope = TestDevices.Use(device);
        float[] values = [.. Enumerable.Range(0, 64).Select(i => MathF.Pow(2, i - 40) * (1 + (i * 0.0131071f)))];
        Tensor a = Tensor.From(values, [64, 1]), one = Tensor.From([1f], [1, 1]);

        float[] y = OnTensorCores(() => a.MatMul(one)).ToArray();

        Assert.All(values.Zip(y), pair => Assert.InRange(Math.Abs((pair.Second / (double)pair.First) - 1), 0, 1.0 / (1 << 21)));
        Assert.True(float.IsNaN(OnTensorCores(() => Tensor.From([float.NaN, 1], [2, 1]).MatMul(one)).ToArray()[0]));
        Assert.Equal(3.4e38f, OnTensorCores(() => Tensor.From([3.4e38f, 1], [2, 1]).MatMul(one)).ToArray()[0], 1e35f);
    }

    /// <summary>The product of the kernel for tensor cores, from the tensors and numbers that the ordinary one gets.</summary>
    internal static Tensor OnTensorCores(Func<Tensor> product)
    {
        KernelCall call = default;
        Op.Launched = launch => call = launch.Kernel is "mat_mul_forward" or "half_mat_mul_forward" ? launch : call;
        Tensor usual = product(), y = Tensor.Empty(usual.Shape, Device.Current);
        Op.Launched = null;
        Tensor?[] tensors = [.. call.Tensors];
        tensors[2] = y;
        Op.Launch(KernelTable.Gpu[call.Kernel].OnTensorCores!, call.Work, tensors, call.Scalars);
        return y;
    }
}
