namespace Vitrine.Tensors;

/// <summary>
/// A matrix of weights in 8 bits: <c>w[i, j] = values[i, j] · scale[i]</c>, with scale[i] = max_j |w[i, j]| / 127. One scale per row, so
/// that a row of large weights does not cost the others their precision.
/// </summary>
/// <remarks>
/// Symmetric, per row of outputs, by the largest magnitude: the weights of LLM.int8() (Dettmers et al. 2022, “vector-wise”). Activations
/// stay float32, and weights in this form are not trained: ops give gradients to what they are multiplied with.
/// </remarks>
public sealed class Int8Matrix
{
    /// <summary>The largest magnitude of a stored integer: −128 is not used, so that the range is symmetric.</summary>
    public const int Largest = 127;

    /// <summary>Puts integers and scales together.</summary>
    /// <param name="values">int8 <c>[rows, columns]</c>; a view with gaps is copied.</param>
    /// <param name="scale">float32 <c>[rows]</c></param>
    /// <param name="outliers">Columns that are held in float32, if any; their integers are to be 0.</param>
    /// <exception cref="ShapeException">They are not of these types and shapes.</exception>
    public Int8Matrix(Tensor values, Tensor scale, OutlierColumns? outliers = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(scale);
        Check.Type("int8", values, DType.Int8);
        Check.Type("int8", scale, DType.Float32);
        if (values.Shape.Rank != 2 || scale.Shape.Rank != 1 || scale.Shape[0] != values.Shape[0])
        {
            throw new ShapeException($"int8: values and scales do not fit; "
                + $"got {values.Shape} and {scale.Shape}; expected [rows, columns] and [rows].");
        }
        if (outliers is not null && (outliers.Width, outliers.Values.Shape[0]) != (values.Shape[1], values.Shape[0]))
        {
            throw new ShapeException($"int8: the outlier columns do not fit; "
                + $"got {outliers.Values.Shape} of {outliers.Width}; expected columns of {values.Shape}.");
        }
        (Values, Scale, Outliers) = (Layout.Contiguous(values).AsWeight(), Layout.Contiguous(scale).AsWeight(), outliers);
    }

    /// <summary>The integers, int8 <c>[rows, columns]</c>, row-major without gaps.</summary>
    public Tensor Values { get; }

    /// <summary>What one unit of each row is worth, float32 <c>[rows]</c>.</summary>
    public Tensor Scale { get; }

    /// <summary>Columns that are held in float32 and added to every product; null when there are none.</summary>
    public OutlierColumns? Outliers { get; }

    /// <summary><c>[rows, columns]</c></summary>
    public Shape Shape => Values.Shape;

    /// <summary>Bytes it takes: one per element and four per row, and those of the outlier columns.</summary>
    public long Bytes => Shape.Elements + ((long)sizeof(float) * Shape[0]) + (Outliers?.Bytes ?? 0);

    /// <summary>The nearest matrix of this form, on the CPU: each element is off by at most half a scale.</summary>
    /// <param name="w">float32 <c>[rows, columns]</c>, any strides.</param>
    /// <param name="outliers">The threshold from which columns stay in float32 (<see cref="OutlierColumns"/>); by default none
    /// does.</param>
    /// <exception cref="ShapeException">Not a float32 matrix.</exception>
    /// <exception cref="VitrineException">An element is NaN or infinite, or the threshold is negative.</exception>
    public static unsafe Int8Matrix Quantize(Tensor w, float outliers = float.PositiveInfinity)
    {
        (w, OutlierColumns? kept) = OutlierColumns.Split(w, outliers);
        w = Layout.Contiguous(w.To(Device.Cpu));
        float[] largest = RowMaxima(w);
        (int rows, int columns) = (w.Shape[0], w.Shape[1]);
        Tensor values = Tensor.Empty(w.Shape, Device.Cpu, DType.Int8);
        float* x = (float*)w.CpuPointer;
        sbyte* q = (sbyte*)values.CpuPointer;
        Workers.For(rows, (from, to) =>
        {
            for (int i = from; i < to; i++)
            {
                Int8Rounding.Round(x + ((long)i * columns), q + ((long)i * columns), columns, largest[i]);
            }
        }, Math.Max(1, (1 << 14) / Math.Max(1, columns)));
        GC.KeepAlive(w);
        return new(values, Scales(largest), kept);
    }

    /// <summary>The largest magnitude of each row, the numbers that checkpoints store: scale · 127.</summary>
    /// <param name="w">float32 <c>[rows, columns]</c>, any strides.</param>
    /// <exception cref="ShapeException">Not a float32 matrix.</exception>
    /// <exception cref="VitrineException">An element is NaN or infinite.</exception>
    public static unsafe float[] RowMaxima(Tensor w)
    {
        ArgumentNullException.ThrowIfNull(w);
        Check.Type("int8", w, DType.Float32);
        if (w.Shape.Rank != 2)
        {
            throw new ShapeException($"int8: not a matrix; got {w.Shape}; expected [rows, columns].");
        }
        w = Layout.Contiguous(w.To(Device.Cpu));
        (int rows, int columns) = (w.Shape[0], w.Shape[1]);
        float[] largest = new float[rows];
        float* x = (float*)w.CpuPointer;
        Workers.For(rows, (from, to) =>
        {
            for (int i = from; i < to; i++)
            {
                largest[i] = Int8Rounding.LargestMagnitude(x + ((long)i * columns), columns);
            }
        }, Math.Max(1, (1 << 14) / Math.Max(1, columns)));
        GC.KeepAlive(w);
        int bad = Array.FindIndex(largest, value => !float.IsFinite(value));
        return bad < 0 ? largest : throw new VitrineException($"int8: a weight is NaN or infinite; "
            + $"got one in row {bad} of {w.Shape}; expected finite weights.");
    }

    /// <summary>Scales, on the CPU, from what a checkpoint stores: the largest magnitude of each row, divided by 127.</summary>
    /// <param name="largest">One per row.</param>
    public static Tensor Scales(ReadOnlySpan<float> largest)
    {
        float[] scale = new float[largest.Length];
        for (int i = 0; i < scale.Length; i++)
        {
            scale[i] = largest[i] / Largest;
        }
        return Tensor.From(scale, [scale.Length], Device.Cpu);
    }

    /// <summary>The matrix in float32, <c>[rows, columns]</c>: made again at each call.</summary>
    public Tensor Dequantize()
    {
        int[] rows = [.. Enumerable.Range(0, Shape[0])];
        using Recorder.Pause pause = Recorder.Suspend();
        return this.Gather(Tensor.From(rows, [rows.Length], Values.Device)).AsWeight();
    }

    /// <summary>The same matrix on another device.</summary>
    public Int8Matrix To(Device device) => new(Values.To(device), Scale.To(device), Outliers?.To(device));

    /// <summary>Some of its rows, a view.</summary>
    /// <param name="start">The first.</param>
    /// <param name="count">How many.</param>
    /// <param name="groups">Into how many equal groups the rows fall, of each of which the same range is taken; with several it is a
    /// copy.</param>
    public Int8Matrix Rows(int start, int count, int groups = 1)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        if (groups > 1)
        {
            int size = Shape[0] / groups, each = count / groups;
            return new(Of(Values), Of(Scale), Outliers is null ? null : new(Outliers.Columns, Of(Outliers.Values), Outliers.Width));

            Tensor Of(Tensor x) => x.Reshape(x.Shape[1..].Prepend(size).Prepend(groups)).Slice(1, start, each)
                .Reshape(x.Shape.With(0, count));
        }
        return new(Values.Slice(0, start, count), Scale.Slice(0, start, count), Outliers?.Rows(start, count));
    }

    /// <summary>Shape and size.</summary>
    public override string ToString() => $"int8 {Shape}, {Bytes} bytes";
}
