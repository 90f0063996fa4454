namespace Vitrine.Tensors;

/// <summary>
/// Columns of an <see cref="Int8Matrix"/> that stay in float32, while their integers are 0: <c>W = values · scale + these columns at their
/// places</c>.
/// </summary>
/// <remarks>
/// Column j of W <c>[rows, columns]</c> is an outlier of threshold t when max_i |w[i, j]| &gt; t · √(mean of w²): it holds a weight larger
/// than t root mean squares of the matrix. Without it the other weights of that row get a finer scale. The decomposition is that of
/// LLM.int8() (Dettmers et al. 2022); its criterion looks at activations, which it rounds. Here they are float32, and the criterion looks
/// at what is rounded.
/// </remarks>
public sealed class OutlierColumns
{
    private readonly Tensor _columns, _places; // which columns to take; for each column of W the one to put there, or the zeros after them

    /// <summary>Puts numbers of columns and their weights together.</summary>
    /// <param name="columns">Which columns, ascending.</param>
    /// <param name="values">float32 <c>[rows, kept]</c>, the columns side by side.</param>
    /// <param name="width">How many columns the whole matrix has.</param>
    /// <exception cref="ShapeException">They do not fit one another.</exception>
    public OutlierColumns(IReadOnlyList<int> columns, Tensor values, int width)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(values);
        Check.Type("outliers", values, DType.Float32);
        if (values.Shape.Rank != 2 || columns.Count == 0 || columns.Count != values.Shape[1])
        {
            throw new ShapeException($"outliers: columns and values do not fit; "
                + $"got {columns.Count} for {values.Shape}; expected one or more, and [rows, as many].");
        }
        int[] places = new int[width];
        Array.Fill(places, columns.Count);
        for (int i = 0; i < columns.Count; i++)
        {
            if (columns[i] >= width || columns[i] <= (i == 0 ? -1 : columns[i - 1]))
            {
                throw new ShapeException($"outliers: the columns are not ascending within the matrix; "
                    + $"got {columns[i]} at place {i}; expected numbers below {width}, each above the last.");
            }
            places[columns[i]] = i;
        }
        (Columns, Values, Width) = ([.. columns], values.IsWeight ? values : values.AsWeight(), width);
        (_columns, _places) = (Tensor.From([.. columns], [columns.Count], values.Device), Tensor.From(places, [width], values.Device));
    }

    /// <summary>Which columns, ascending.</summary>
    public IReadOnlyList<int> Columns { get; }

    /// <summary>Their weights, float32 <c>[rows, kept]</c>.</summary>
    public Tensor Values { get; }

    /// <summary>How many columns the whole matrix has.</summary>
    public int Width { get; }

    /// <summary>Bytes they take: four per weight, and four per column of the matrix and of these for their places.</summary>
    public long Bytes => sizeof(float) * ((long)Values.Shape.Elements + Columns.Count + Width);

    /// <summary>
    /// Parts a matrix: what is to be rounded, zeros where the outliers were, and these; the same matrix and null when there are none. On
    /// the CPU.
    /// </summary>
    /// <param name="w">float32 <c>[rows, columns]</c>, any strides.</param>
    /// <param name="threshold">In root mean squares of the matrix; 0 keeps every column that is not zero, infinity none.</param>
    /// <exception cref="ShapeException">Not a float32 matrix.</exception>
    /// <exception cref="VitrineException">The threshold is negative or not a number.</exception>
    public static (Tensor Others, OutlierColumns? Kept) Split(Tensor w, float threshold)
    {
        ArgumentNullException.ThrowIfNull(w);
        if (!(threshold >= 0))
        {
            throw new VitrineException($"outliers: not a threshold; got {threshold}; expected 0 or more root mean squares of the matrix.");
        }
        if (float.IsPositiveInfinity(threshold))
        {
            return (w, null);
        }
        Check.Type("outliers", w, DType.Float32);
        if (w.Shape.Rank != 2)
        {
            throw new ShapeException($"outliers: not a matrix; got {w.Shape}; expected [rows, columns].");
        }
        (int rows, int columns) = (w.Shape[0], w.Shape[1]);
        float[] rest = w.ToArray(), largest = new float[columns];
        double squares = 0;
        for (int i = 0; i < rest.Length; i++)
        {
            squares += (double)rest[i] * rest[i];
            largest[i % columns] = Math.Max(largest[i % columns], Math.Abs(rest[i]));
        }
        // NaN or infinite when a weight is: then none is kept, and rounding refuses
        double limit = threshold * Math.Sqrt(squares / rest.Length);
        int[] kept = [.. Enumerable.Range(0, columns).Where(j => largest[j] > limit)];
        if (kept.Length == 0)
        {
            return (w, null);
        }
        float[] values = new float[rows * kept.Length];
        for (int i = 0; i < values.Length; i++)
        {
            ref float weight = ref rest[(i / kept.Length * columns) + kept[i % kept.Length]];
            (values[i], weight) = (weight, 0);
        }
        return (Tensor.From(rest, w.Shape, Device.Cpu), new(kept, Tensor.From(values, [rows, kept.Length], Device.Cpu), columns));
    }

    /// <summary>The same columns on another device.</summary>
    public OutlierColumns To(Device device) => device == Values.Device ? this : new(Columns, Values.To(device), Width);

    /// <summary>The same columns of some of the rows, a view.</summary>
    /// <param name="start">The first row.</param>
    /// <param name="count">How many.</param>
    public OutlierColumns Rows(int start, int count) => new(Columns, Values.Slice(0, start, count), Width);

    /// <summary>What the columns add to x·W (or x·Wᵀ).</summary>
    internal Tensor Product(Tensor x, bool transposed)
    {
        Tensor rows = x.Reshape([x.Shape.Elements / x.Shape[^1], x.Shape[^1]]);
        Tensor y = transposed ? Pick(rows, _columns).MatMul(Values, transposeB: true) : Place(rows.MatMul(Values));
        return y.Reshape(x.Shape.With(x.Shape.Rank - 1, y.Shape[^1]));
    }

    /// <summary>What the columns add to rows of W.</summary>
    internal Tensor Gather(Tensor ids) => Place(Values.Gather(ids.Reshape([ids.Shape.Elements])))
        .Reshape(Shape.Create([.. ids.Shape.Axes, Width]));

    /// <summary><c>[m, kept]</c> → <c>[m, columns]</c>: at their places, zeros elsewhere.</summary>
    internal Tensor Place(Tensor y) => Pick(TensorOps.Concat(1, y, Tensor.Zeros([y.Shape[0], 1], y.Device)), _places);

    private static Tensor Pick(Tensor x, Tensor columns) => x.Transpose().Gather(columns).Transpose();
}
