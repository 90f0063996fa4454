using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Ops;

/// <summary>What half precision promises in addition to the contract of its ops.</summary>
public class HalfPrecisionTests
{
    public static TheoryData<string> Devices => [.. TestDevices.Names];

    [Theory]
    [MemberData(nameof(Devices))]
    public void Widen_EveryHalf_IsExact(string name)
    {
        using Device.Scope scope = TestDevices.Use(name);
        Half[] all = [.. Enumerable.Range(0, 1 << 16).Select(bits => BitConverter.UInt16BitsToHalf((ushort)bits)).Where(Half.IsFinite)];
        Half[] odd = all[..^3]; // the last few have no vector of their own

        Assert.Equal(all.Select(v => (float)v), HalfPrecision.Widen(Tensor.From(all, [1, all.Length])).ToArray());
        Assert.Equal(odd.Select(v => (float)v), HalfPrecision.Widen(Tensor.From(odd, [odd.Length, 1])).ToArray());
    }

    [Fact]
    public void Round_AnyFloats_IsNearestEven()
    {
        Tensor w = RandomTensor.Normal(1, [131, 257]);

        Tensor rounded = HalfPrecision.Round(w.Transpose());

        Assert.Equal(w.Transpose().ToArray().Select(v => (Half)v), rounded.ToHalfArray());
        Assert.True(rounded.IsWeight);
        Assert.Equal(rounded.ToHalfArray(), HalfPrecision.Round(HalfPrecision.Widen(rounded)).ToHalfArray());
    }

    [Theory]
    [InlineData(65520f)] // the smallest that rounds to infinity
    [InlineData(-1e30f)]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Round_WhatHalfPrecisionDoesNotHold_IsRefusedWithTheNumber(float bad)
    {
        string message = Assert.Throws<VitrineException>(() => HalfPrecision.Round(Tensor.From([65519f, bad, 1], [3]))).Message;

        Assert.Contains($"got {bad} in [3]", message, StringComparison.Ordinal);
        Assert.Contains("65504", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void MatMul_AnyNumberOfRows_EqualsWidened(bool transposed)
    {
        Tensor w = HalfPrecision.Round(RandomTensor.Normal(6, [67, 67]));
        for (int rows = 1; rows < 40; rows++)
        {
            Tensor x = RandomTensor.Normal(rows, [rows, 67]);

            TensorAssert.Close(x.MatMul(w, transposeB: transposed).ToArray(),
                x.MatMul(HalfPrecision.Widen(w), transposeB: transposed).ToArray(), 1e-5, 1e-5, $"{rows} rows");
        }
    }

    [Fact]
    public void MatMul_MoreThanAStripe_EqualsWidened()
    {
        Tensor x = RandomTensor.Normal(1, [5, 1030]), w = HalfPrecision.Round(RandomTensor.Normal(2, [1030, 700]));

        TensorAssert.Close(x.MatMul(w).ToArray(), x.MatMul(HalfPrecision.Widen(w)).ToArray(), 1e-5, 1e-4);
    }

    [Fact]
    public void Gradient_MostlyZeroSeeds_EqualsWidened()
    {
        Tensor w = HalfPrecision.Round(RandomTensor.Normal(7, [19, 33])), x = RandomTensor.Normal(8, [24, 33]);
        Seeds seeds = Seeds.OneHot([24, 19], [5, 19 * 11, (19 * 23) + 18]);

        TensorAssert.Close(Gradient(w).ToArray(), Gradient(HalfPrecision.Widen(w)).ToArray(), 1e-5, 1e-6);

        Tensor Gradient(Tensor weight)
        {
            using var tape = new Tape();
            return tape.Gradient(x.MatMul(weight, transposeB: true), seeds, x)[x];
        }
    }

    [Fact]
    public void Gradient_OfTheWeights_IsRefused()
    {
        Tensor w = HalfPrecision.Round(RandomTensor.Normal(9, [4, 3])), x = RandomTensor.Normal(10, [2, 3]);
        using var tape = new Tape();
        tape.Watch(w);

        Tensor y = x.MatMul(w, transposeB: true);

        Assert.Contains("half precision", Assert.Throws<NoGradientException>(() => tape.Gradient(y, w)).Message, StringComparison.Ordinal);
        Assert.Contains("half precision",
            Assert.Throws<NoGradientException>(() => tape.Gradient(w.Gather(Tensor.From([1, 2], [2])), w)).Message,
            StringComparison.Ordinal);
        Assert.Equal(x.Shape, tape.Gradient(y, x)[x].Shape);
    }

    [Fact]
    public void MatMul_WhatIsNoWeight_IsRefused()
    {
        Tensor half = HalfPrecision.Round(RandomTensor.Normal(1, [3, 3])), x = RandomTensor.Normal(2, [3, 3]);

        Assert.Contains("float16", Assert.Throws<ShapeException>(() => half.MatMul(x)).Message, StringComparison.Ordinal);
        Assert.Contains("A as it is", Assert.Throws<ShapeException>(() => x.MatMul(half, transposeA: true)).Message,
            StringComparison.Ordinal);
    }
}
