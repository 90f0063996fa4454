namespace Vitrine.Transformers;

/// <summary>One tensor of a safetensors file: where its bytes lie and how to read them. Checked when the file was opened.</summary>
public sealed class WeightEntry
{
    internal WeightEntry(string name, WeightType type, long[] shape, long offset, long length)
    {
        Name = name;
        Type = type;
        Shape = shape;
        Offset = offset;
        Length = length;
    }

    /// <summary>The name exactly as the file spells it.</summary>
    public string Name { get; }

    /// <summary>Element type.</summary>
    public WeightType Type { get; }

    /// <summary>Axis lengths, outermost first; empty for a scalar. An axis may be 0. Do not modify.</summary>
    public long[] Shape { get; }

    /// <summary>Position of the first byte, counted from the start of the file.</summary>
    public long Offset { get; }

    /// <summary>Number of bytes: product of the axes times the element size.</summary>
    public long Length { get; }

    /// <summary>
    /// Where the bytes lie if not in the file: a tensor whose rows are stored in another order has been copied. Null for most.
    /// </summary>
    internal MappedFile? Memory { get; init; }

    /// <summary>Number of elements; 1 for a scalar.</summary>
    public long Count => Length / Type.Size();

    /// <summary>Type and shape, e.g. <c>F32 [768, 2304]</c>.</summary>
    public override string ToString() => $"{Type} {WeightException.Axes(Shape)}";
}
