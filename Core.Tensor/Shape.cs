using System.Runtime.CompilerServices;

namespace Vitrine.Tensors;

/// <summary>The axis lengths of a tensor, outermost first, e.g. <c>[batch, pos, d_model]</c>. Immutable; a scalar has no axes.</summary>
/// <remarks>Supports collection expressions (<c>Shape s = [2, 7, 768]</c>) and indices from the end (<c>s[^1]</c>).</remarks>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>
{
    private readonly int[]? _axes;

    private Shape(int[] axes) => _axes = axes;

    /// <summary>Makes a shape of the given axis lengths; every length must be at least 0.</summary>
    /// <exception cref="ShapeException">A length is negative, or the product exceeds 2³¹ − 1 elements.</exception>
    public static Shape Create(params ReadOnlySpan<int> axes)
    {
        long elements = 1;
        foreach (int axis in axes)
        {
            if (axis < 0)
            {
                throw new ShapeException($"shape: negative axis length; got [{string.Join(", ", axes.ToArray())}]; "
                    + $"expected lengths of at least 0.");
            }
            elements *= axis;
            if (elements > int.MaxValue)
            {
                throw new ShapeException($"shape: too many elements; got [{string.Join(", ", axes.ToArray())}]; "
                    + $"expected at most {int.MaxValue}. Work in smaller batches.");
            }
        }
        return new Shape(axes.ToArray());
    }

    /// <summary>The axis lengths, outermost first.</summary>
    public ReadOnlySpan<int> Axes => _axes;

    /// <summary>How many axes there are.</summary>
    public int Rank => _axes?.Length ?? 0;

    /// <summary>The same as <see cref="Rank"/>; lets <c>shape[^1]</c> mean the last axis.</summary>
    public int Length => Rank;

    /// <summary>The length of one axis.</summary>
    public int this[int axis] => Axes[axis];

    /// <summary>The product of all axis lengths; 1 for a scalar.</summary>
    public int Elements
    {
        get
        {
            int n = 1;
            foreach (int axis in Axes)
            {
                n *= axis;
            }
            return n;
        }
    }

    /// <summary>How many rows there are when the last <paramref name="lastAxes"/> axes are seen as one row.</summary>
    public int Rows(int lastAxes = 1)
    {
        int n = 1;
        for (int i = 0; i < Rank - lastAxes; i++)
        {
            n *= this[i];
        }
        return n;
    }

    /// <summary>This shape with one more axis in front.</summary>
    public Shape Prepend(int axis) => Create([axis, .. Axes]);

    /// <summary>This shape with one more axis at the end.</summary>
    public Shape Append(int axis) => Create([.. Axes, axis]);

    /// <summary>This shape with axis <paramref name="axis"/> set to <paramref name="length"/>.</summary>
    public Shape With(int axis, int length)
    {
        int[] axes = Axes.ToArray();
        axes[axis] = length;
        return Create(axes);
    }

    /// <summary>This shape without axis <paramref name="axis"/>.</summary>
    public Shape Without(int axis) => Create([.. Axes[..axis], .. Axes[(axis + 1)..]]);

    /// <summary>The axes from <paramref name="start"/> on, as a shape; makes <c>shape[1..]</c> work.</summary>
    public Shape Slice(int start, int length) => Create(Axes.Slice(start, length));

    /// <summary>Row-major strides in elements: the last axis has stride 1.</summary>
    public int[] RowMajorStrides()
    {
        int[] strides = new int[Rank];
        int step = 1;
        for (int i = Rank - 1; i >= 0; i--)
        {
            strides[i] = step;
            step *= this[i];
        }
        return strides;
    }

    /// <summary>Turns an axis that may count from the end (−1 is the last) into one from the front.</summary>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public int Axis(int axis, string op)
    {
        int positive = axis < 0 ? axis + Rank : axis;
        return positive >= 0 && positive < Rank
            ? positive
            : throw new ShapeException($"{op}: no such axis; got axis {axis} of shape {this}; expected {-Rank}..{Rank - 1}.");
    }

    /// <summary>The common shape of two broadcast operands: aligned at the last axis, lengths equal or 1 (numpy's rule).</summary>
    /// <exception cref="ShapeException">Some axis pair differs and neither is 1.</exception>
    public static Shape Broadcast(Shape a, Shape b, string op)
    {
        int rank = Math.Max(a.Rank, b.Rank);
        int[] axes = new int[rank];
        for (int i = 0; i < rank; i++)
        {
            int x = i < rank - a.Rank ? 1 : a[i - (rank - a.Rank)];
            int y = i < rank - b.Rank ? 1 : b[i - (rank - b.Rank)];
            if (x != y && x != 1 && y != 1)
            {
                throw new ShapeException($"{op}: shapes do not broadcast; "
                    + $"got {a} and {b}; expected equal lengths or 1 at each axis, aligned at the last.");
            }
            axes[i] = x == 1 ? y : x;
        }
        return Create(axes);
    }

    /// <summary>Enumerates the axis lengths.</summary>
    public ReadOnlySpan<int>.Enumerator GetEnumerator() => Axes.GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(Shape other) => Axes.SequenceEqual(other.Axes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (int axis in Axes)
        {
            hash.Add(axis);
        }
        return hash.ToHashCode();
    }

    /// <summary>Equal axis by axis.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Different in rank or some axis.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>The axes in brackets, e.g. <c>[2, 7, 768]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", Axes.ToArray())}]";
}
