using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>One tensor to be written by <see cref="SafetensorsWriter"/>.</summary>
/// <param name="Name">Key in the file.</param>
/// <param name="Values">A float32 tensor of any strides, on any device.</param>
/// <param name="Type">Element type in the file; values are rounded to nearest even.</param>
public sealed record WeightData(string Name, Tensor Values, WeightType Type = WeightType.F32);
