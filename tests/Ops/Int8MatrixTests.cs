using Vitrine.Autograd;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Ops;

/// <summary>What 8-bit matrices promise in addition to the contract of their ops.</summary>
public class Int8MatrixTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 17)]
    [InlineData(17, 257)]
    [InlineData(5, 130)]
    public void Quantize_AnyMatrix_IsWithinHalfAScale(int rows, int columns)
    {
        Tensor w = RandomTensor.Normal(1, [rows, columns]);

        Int8Matrix q = Int8Matrix.Quantize(w);

        float[] exact = w.ToArray(), near = q.Dequantize().ToArray(), scale = q.Scale.ToArray();
        for (int i = 0; i < exact.Length; i++)
        {
            Assert.InRange(Math.Abs(exact[i] - near[i]), 0, scale[i / columns] * 0.50001f);
        }
        Assert.All(Enumerable.Range(0, rows), i => Assert.Equal(127,
            q.Values.ToSByteArray().Skip(i * columns).Take(columns).Max(v => Math.Abs((int)v))));
    }

    [Fact]
    public void Quantize_OfDequantized_GivesTheSameIntegers()
    {
        Int8Matrix once = Int8Matrix.Quantize(RandomTensor.Normal(2, [17, 67]));

        Int8Matrix twice = Int8Matrix.Quantize(once.Dequantize());

        Assert.Equal(once.Values.ToSByteArray(), twice.Values.ToSByteArray());
    }

    [Fact]
    public void Quantize_TransposedView_EqualsCopy()
    {
        Tensor w = RandomTensor.Normal(3, [33, 20]);

        Int8Matrix view = Int8Matrix.Quantize(w.Transpose()), copy = Int8Matrix.Quantize(Layout.Copy(w.Transpose()));

        Assert.Equal(copy.Values.ToSByteArray(), view.Values.ToSByteArray());
        Assert.Equal(copy.Scale.ToArray(), view.Scale.ToArray());
    }

    [Fact]
    public void Quantize_RowsOfZerosAndSubnormals_AreFinite()
    {
        Int8Matrix q = Int8Matrix.Quantize(Tensor.From([0, 0, 0, 1e-42f, -1e-42f, 0, 3e38f, -3e38f, 1], [3, 3]));

        Assert.Equal([0, 0, 0, 127, -127, 0, 127, -127, 0], q.Values.ToSByteArray());
        Assert.All(q.Dequantize().ToArray(), v => Assert.True(float.IsFinite(v)));
    }

    [Theory]
    [InlineData(float.NaN, 0)]
    [InlineData(float.PositiveInfinity, 40)]
    [InlineData(float.NegativeInfinity, 66)]
    public void Quantize_NotFinite_NamesTheRow(float bad, int column)
    {
        float[] values = RandomTensor.Normal(4, [5, 67]).ToArray();
        values[(3 * 67) + column] = bad;

        Assert.Contains("row 3", Assert.Throws<VitrineException>(() => Int8Matrix.Quantize(Tensor.From(values, [5, 67]))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_OfAMatrix_AreAView()
    {
        Int8Matrix q = Int8Matrix.Quantize(RandomTensor.Normal(5, [9, 4]));

        Int8Matrix part = q.Rows(3, 3);

        Assert.Same(q.Values.Storage, part.Values.Storage);
        Assert.Equal(q.Dequantize().Slice(0, 3, 3).ToArray(), part.Dequantize().ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void MatMul_AnyNumberOfRows_EqualsDequantized(bool transposed)
    {
        Int8Matrix w = Int8Matrix.Quantize(RandomTensor.Normal(6, [67, 67]));
        for (int rows = 1; rows < 40; rows++)
        {
            Tensor x = RandomTensor.Normal(rows, [rows, 67]);

            TensorAssert.Close(x.MatMul(w, transposeB: transposed).ToArray(), x.MatMul(w.Dequantize(), transposeB: transposed).ToArray(),
                1e-5, 1e-5, $"{rows} rows");
        }
    }

    [Fact]
    public void Gradient_MostlyZeroSeeds_EqualsDequantized()
    {
        // Rows of zeros are left out of the product: the others must land where they belong.
        Int8Matrix w = Int8Matrix.Quantize(RandomTensor.Normal(7, [19, 33]));
        Tensor x = RandomTensor.Normal(8, [24, 33]);
        Seeds seeds = Seeds.OneHot([24, 19], [5, 19 * 11, (19 * 23) + 18]);

        Tensor quantised = Gradient(x, seeds, y => y.MatMul(w, transposeB: true)),
            plain = Gradient(x, seeds, y => y.MatMul(w.Dequantize(), transposeB: true));

        TensorAssert.Close(quantised.ToArray(), plain.ToArray(), 1e-5, 1e-6);
    }

    [Fact]
    public void Gradient_OfTheWeights_IsRefused()
    {
        Int8Matrix w = Int8Matrix.Quantize(RandomTensor.Normal(9, [4, 3]));
        using var tape = new Tape();
        tape.Watch(w.Scale);

        Tensor y = RandomTensor.Normal(10, [2, 3]).MatMul(w, transposeB: true);

        Assert.Contains("8 bits", Assert.Throws<NoGradientException>(() => tape.Gradient(y, w.Scale)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_ShapesThatDoNotFit_SaysSo()
    {
        Tensor values = Tensor.From(new sbyte[6], [2, 3]);

        Assert.Contains("[2, 3] and [3]", Assert.Throws<ShapeException>(() => new Int8Matrix(values, Tensor.Zeros([3]))).Message,
            StringComparison.Ordinal);
        Assert.Contains("int8", Assert.Throws<ShapeException>(() => new Int8Matrix(Tensor.Zeros([2, 3]), Tensor.Zeros([2]))).Message,
            StringComparison.Ordinal);
    }

    private static Tensor Gradient(Tensor x, Seeds seeds, Func<Tensor, Tensor> f)
    {
        using var tape = new Tape();
        return tape.Gradient(f(x), seeds, x)[x];
    }
}
