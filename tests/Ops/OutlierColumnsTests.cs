using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Ops;

/// <summary>
/// 8-bit matrices with columns that stay in float32: chosen as defined, exact where kept, and part of every product and gradient.
/// </summary>
public class OutlierColumnsTests
{
    private const int Rows = 23, Width = 37;

    private static readonly int[] s_planted = [0, 5, 36];

    public static TheoryData<string> Devices => [.. TestDevices.Names];

    public static TheoryData<string, bool> DevicesAndSides =>
        new(TestDevices.Names.SelectMany(device => new[] { (device, false), (device, true) }));

    [Theory]
    [InlineData(1.5f)]
    [InlineData(2f)]
    [InlineData(3f)]
    [InlineData(100f)]
    public void Split_AnyThreshold_KeepsTheColumnsAboveIt(float threshold)
    {
        Tensor w = Planted();
        float[] x = w.ToArray();
        double rms = Math.Sqrt(x.Sum(v => (double)v * v) / x.Length);
        int[] expected = [.. Enumerable.Range(0, Width)
            .Where(j => Enumerable.Range(0, Rows).Any(i => Math.Abs(x[(i * Width) + j]) > threshold * rms))];

        (Tensor rest, OutlierColumns? kept) = OutlierColumns.Split(w, threshold);

        Assert.Equal(expected, kept?.Columns ?? []);
        float[] left = rest.ToArray();
        for (int i = 0; i < x.Length; i++)
        {
            int place = Array.IndexOf(expected, i % Width);
            Assert.Equal(place < 0 ? x[i] : 0, left[i]);
            Assert.True(place < 0 || kept!.Values.ToArray()[(i / Width * expected.Length) + place] == x[i]);
        }
    }

    [Fact]
    public void Quantize_PlantedOutliers_AreExactAndTheRestIsFiner()
    {
        Tensor w = Planted();

        Int8Matrix plain = Int8Matrix.Quantize(w), parted = Int8Matrix.Quantize(w, 3);

        Assert.Equal(s_planted, parted.Outliers?.Columns);
        float[] x = w.ToArray(), near = parted.Dequantize().ToArray();
        Assert.All(Enumerable.Range(0, x.Length).Where(i => s_planted.Contains(i % Width)), i => Assert.Equal(x[i], near[i]));
        Assert.True(Error(near, x) < 0.2 * Error(plain.Dequantize().ToArray(), x));
        Assert.Equal(plain.Bytes + (4 * ((Rows * 3) + 3 + Width)), parted.Bytes);
    }

    [Fact]
    public void Quantize_ThresholdInfiniteOrZero_IsPlainOrFloat()
    {
        Tensor w = Planted();

        Int8Matrix none = Int8Matrix.Quantize(w, float.PositiveInfinity), plain = Int8Matrix.Quantize(w), all = Int8Matrix.Quantize(w, 0);

        Assert.Null(none.Outliers);
        Assert.Equal(plain.Values.ToSByteArray(), none.Values.ToSByteArray());
        Assert.Equal(plain.Scale.ToArray(), none.Scale.ToArray());
        Assert.Equal(w.ToArray(), all.Dequantize().ToArray());
    }

    [Theory]
    [MemberData(nameof(DevicesAndSides))]
    public void MatMul_OutliersKept_EqualsFloat64WithGradients(string device, bool transposed)
    {
        Int8Matrix made = Int8Matrix.Quantize(Planted(), 3);
        double[] w = Exact(made);
        using Device.Scope scope = TestDevices.Use(device);
        Int8Matrix there = made.To(Device.Current);
        (int inputs, int outputs) = transposed ? (Width, Rows) : (Rows, Width);
        foreach (Shape shape in (Shape[])[[inputs], [1, inputs], [2, 3, inputs], [40, inputs]])
        {
            Tensor x = RandomTensor.Normal(2, shape), bias = RandomTensor.Normal(3, [outputs]);
            using var tape = new Tape();
            Tensor y = x.MatMul(there, bias, transposed);
            Tensor seeds = RandomTensor.Normal(4, y.Shape.Prepend(3));

            Gradients gradients = tape.Gradient(y, new Seeds(seeds), x, bias);

            double[] b = [.. bias.ToArray().Select(v => (double)v)];
            double[] expected = [.. Product(x, inputs, outputs, (i, o) => transposed ? w[(o * Width) + i] : w[(i * Width) + o])
                .Select((v, at) => v + b[at % outputs])];
            TensorAssert.Close(y.ToArray(), expected, 1e-5, 1e-4, $"y {shape}");
            TensorAssert.Close(gradients[x].ToArray(), Product(seeds, outputs, inputs, (o, i) => transposed
                ? w[(o * Width) + i] : w[(i * Width) + o]), 1e-5, 1e-4, $"dx {shape}");
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Gather_OutliersKept_EqualsRowsOfDequantized(string device)
    {
        using Device.Scope scope = TestDevices.Use(device);
        Int8Matrix table = Int8Matrix.Quantize(Planted(), 3).To(Device.Current);
        float[] w = table.Dequantize().ToArray();

        Tensor rows = table.Gather(Tensor.From([4, 0, 22, 4, 1, 7], [2, 3]));

        Assert.Equal([2, 3, Width], rows.Shape);
        Assert.Equal(new[] { 4, 0, 22, 4, 1, 7 }.SelectMany(i => w[(i * Width)..((i + 1) * Width)]), rows.ToArray());
    }

    [Fact]
    public void Rows_OutliersKept_AreAView()
    {
        Int8Matrix w = Int8Matrix.Quantize(Planted(), 3), part = w.Rows(3, 5);

        Assert.Same(w.Outliers!.Values.Storage, part.Outliers!.Values.Storage);
        Assert.Equal(w.Dequantize().Slice(0, 3, 5).ToArray(), part.Dequantize().ToArray());
    }

    [Fact]
    public void Quantize_NotFiniteOrNoThreshold_IsRefused()
    {
        float[] x = Planted().ToArray();
        x[(3 * Width) + 5] = float.NaN;

        Assert.Contains("row 3", Assert.Throws<VitrineException>(() => Int8Matrix.Quantize(Tensor.From(x, [Rows, Width]), 3)).Message,
            StringComparison.Ordinal);
        x[(3 * Width) + 5] = float.PositiveInfinity;
        Assert.Contains("row 3", Assert.Throws<VitrineException>(() => Int8Matrix.Quantize(Tensor.From(x, [Rows, Width]), 0)).Message,
            StringComparison.Ordinal);
        Assert.Contains("-1", Assert.Throws<VitrineException>(() => Int8Matrix.Quantize(Planted(), -1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_OfAnotherMatrix_SaysSo()
    {
        Int8Matrix w = Int8Matrix.Quantize(Planted(), 3);

        Assert.Contains("outlier columns",
            Assert.Throws<ShapeException>(() => new Int8Matrix(w.Values.Slice(1, 0, 30), w.Scale, w.Outliers)).Message,
            StringComparison.Ordinal);
        Assert.Contains("do not fit", Assert.Throws<ShapeException>(() => new OutlierColumns([], Tensor.Zeros([2, 1]), 4)).Message,
            StringComparison.Ordinal);
    }

    // Normal weights, and three columns ten times as large.
    private static Tensor Planted()
    {
        float[] w = RandomTensor.Normal(1, [Rows, Width]).ToArray();
        return Tensor.From([.. w.Select((v, i) => s_planted.Contains(i % Width) ? 10 * (Math.Abs(v) + 1) : 0.3f * Math.Clamp(v, -2, 2))],
            [Rows, Width], Device.Cpu);
    }

    // What the matrix means by its definition, in float64.
    private static double[] Exact(Int8Matrix m)
    {
        (sbyte[] q, float[] scale, float[] kept) = (m.Values.ToSByteArray(), m.Scale.ToArray(), m.Outliers!.Values.ToArray());
        double[] w = [.. q.Select((v, i) => v * (double)scale[i / Width])];
        for (int i = 0; i < kept.Length; i++)
        {
            w[(i / s_planted.Length * Width) + s_planted[i % s_planted.Length]] += kept[i];
        }
        return w;
    }

    private static double[] Product(Tensor x, int inputs, int outputs, Func<int, int, double> w) =>
        [.. x.ToArray().Chunk(inputs).SelectMany(row => Enumerable.Range(0, outputs).Select(o => row.Select((v, i) => v * w(i, o)).Sum()))];

    private static double Error(float[] near, float[] exact) =>
        Math.Sqrt(near.Zip(exact).Sum(pair => Math.Pow(pair.First - pair.Second, 2)));
}
