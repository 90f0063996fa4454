namespace Vitrine.Tensors;

/// <summary>A float64 array with a shape: what the reference formulas compute with. Slow and plain on purpose.</summary>
/// <param name="Values">The elements, row-major.</param>
/// <param name="Shape">The axis lengths.</param>
public sealed record Array64(double[] Values, Shape Shape)
{
    /// <summary>Zeros.</summary>
    public Array64(Shape shape) : this(new double[shape.Elements], shape) { }

    /// <summary>The length of the last axis.</summary>
    public int Width => Shape[^1];

    /// <summary>The elements of a tensor, float32, float16, int32 or int8.</summary>
    public static Array64 Of(Tensor x) => new(x.DType switch
    {
        DType.Int32 => [.. x.ToIntArray().Select(v => (double)v)],
        DType.Float16 => [.. x.ToHalfArray().Select(v => (double)v)],
        DType.Int8 => [.. x.ToSByteArray().Select(v => (double)v)],
        _ => [.. x.ToArray().Select(v => (double)v)],
    }, x.Shape);

    /// <summary>An array whose element at each index is <paramref name="value"/>(index).</summary>
    public static Array64 Fill(Shape shape, Func<int[], double> value)
    {
        var y = new Array64(shape);
        for (int i = 0; i < y.Values.Length; i++)
        {
            y.Values[i] = value(y.Index(i));
        }
        return y;
    }

    /// <summary>The element at an index; axes of length 1 repeat, missing leading axes too.</summary>
    public double At(params ReadOnlySpan<int> index)
    {
        int place = 0, skipped = index.Length - Shape.Rank;
        for (int axis = 0; axis < Shape.Rank; axis++)
        {
            place = (place * Shape[axis]) + (Shape[axis] == 1 ? 0 : index[skipped + axis]);
        }
        return Values[place];
    }

    /// <summary>f(x) place by place.</summary>
    public Array64 Map(Func<double, double> f) => new([.. Values.Select(f)], Shape);

    /// <summary>f(a, b) place by place, broadcast.</summary>
    public Array64 Zip(Array64 b, Func<double, double, double> f) =>
        Fill(Shape.Broadcast(Shape, b.Shape, "reference"), index => f(At(index), b.At(index)));

    /// <summary>f of every row of the last axis, which stays.</summary>
    public Array64 MapRows(Func<double[], double[]> f) => new([.. Values.Chunk(Math.Max(1, Width)).SelectMany(f)], Shape);

    /// <summary>f of all elements along some axes, which stay with length 1.</summary>
    public Array64 Reduce(int[] axes, Func<double[], double> f)
    {
        Shape reduced = axes.Aggregate(Shape, (shape, axis) => shape.With(axis, 1));
        var groups = new List<double>[reduced.Elements];
        var ids = new Array64([.. Enumerable.Range(0, reduced.Elements).Select(i => (double)i)], reduced);
        for (int i = 0; i < Values.Length; i++)
        {
            (groups[(int)ids.At(Index(i))] ??= []).Add(Values[i]);
        }
        return new([.. groups.Select(group => f([.. group]))], reduced);
    }

    private int[] Index(int place)
    {
        int[] index = new int[Shape.Rank];
        for (int axis = Shape.Rank - 1; axis >= 0; axis--)
        {
            (place, index[axis]) = Math.DivRem(place, Shape[axis]);
        }
        return index;
    }
}
