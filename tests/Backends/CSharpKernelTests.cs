using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Backends;

/// <summary>
/// The kernels in C# on ILGPU's OpenCL device: one of each kind. <c>VITRINE_TEST_DEVICE=ilgpu:0</c> runs all tests of devices on it.
/// </summary>
public sealed class CSharpKernelTests
{
    private const string Name = "ilgpu:0";

    /// <summary>Rows in packs of four and others, with a mask and without.</summary>
    [Theory]
    [InlineData(64, false)]
    [InlineData(67, false)]
    [InlineData(64, true)]
    [InlineData(67, true)]
    public void Softmax_RowsOfAnyLength_AgreeWithTheCpu(int d, bool masked) => Agree(x => TensorOps.Softmax(x[0], masked ? x[1] : null),
        RandomTensor.Normal(1, [5, d]), RandomTensor.Normal(2, [1, d]));

    [Fact]
    public void MatMul_TilesAndRests_AgreeWithTheCpu() =>
        Agree(x => x[0].MatMul(x[1], transposeB: true), RandomTensor.Normal(1, [70, 33]), RandomTensor.Normal(2, [67, 33]));

    [Fact]
    public void Gelu_OfAView_AgreesWithTheCpu() => Agree(x => x[0].Transpose().Gelu(), RandomTensor.Normal(1, [17, 31]));

    /// <summary>What is not a number stays so, in sums and maxima.</summary>
    [Fact]
    public void Max_WithNaN_IsNaN()
    {
        using Device.Scope scope = TestDevices.Use(Name);
        float[] values = [1, 5, float.NaN, 2, 7, float.NegativeInfinity];

        Assert.True(float.IsNaN(Tensor.From(values, [1, 6]).Max().Item()));
        Assert.True(float.IsNaN(Tensor.From(values, [6]).Relu().ToArray()[2]));
    }

    private static void Agree(Func<Tensor[], Tensor> call, params Tensor[] inputs)
    {
        float[] expected = call(inputs).ToArray();
        using Device.Scope scope = TestDevices.Use(Name);

        TensorAssert.Close(call([.. inputs.Select(x => x.To(Device.Current))]).ToArray(), expected, 1e-5, 1e-6);
    }
}
