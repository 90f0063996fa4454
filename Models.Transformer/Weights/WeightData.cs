using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>One tensor to be written by <see cref="SafetensorsWriter"/>.</summary>
public sealed record WeightData
{
    private readonly Func<Tensor> _values;

    /// <summary>A tensor that is there.</summary>
    /// <param name="name">Key in the file.</param>
    /// <param name="values">A float32 tensor of any strides, on any device; or an int8 one, as I8.</param>
    /// <param name="type">Element type in the file; values are rounded to nearest even.</param>
    public WeightData(string name, Tensor values, WeightType type = WeightType.F32) : this(name, values.Shape, type, () => values) { }

    /// <summary>A tensor that is made when its turn comes and let go afterwards, so that a file may be larger than memory.</summary>
    /// <param name="name">Key in the file.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="type">Element type in the file.</param>
    /// <param name="values">Makes it.</param>
    public WeightData(string name, Shape shape, WeightType type, Func<Tensor> values) =>
        (Name, Shape, Type, _values) = (name, shape, type, values);

    /// <summary>Key in the file.</summary>
    public string Name { get; init; }

    /// <summary>Its shape.</summary>
    public Shape Shape { get; }

    /// <summary>Element type in the file.</summary>
    public WeightType Type { get; }

    /// <summary>The elements; where they are made on demand, again at each reading.</summary>
    public Tensor Values => _values();
}
