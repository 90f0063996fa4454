namespace Vitrine.Transformers;

/// <summary>One tensor to be written by <see cref="SafetensorsWriter"/>.</summary>
/// <param name="Name">Key in the file.</param>
/// <param name="Type">Element type in the file; values are rounded to nearest even.</param>
/// <param name="Shape">Axis lengths, outermost first; empty for a scalar.</param>
/// <param name="Values">The elements, row-major: as many as the product of the axes.</param>
public sealed record WeightData(string Name, WeightType Type, int[] Shape, ReadOnlyMemory<float> Values);
