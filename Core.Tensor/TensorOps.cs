namespace Vitrine.Tensors;

/// <summary>The public verbs: what can be computed with tensors. Every one is recorded by the ambient tape, and has a gradient.</summary>
/// <remarks>Each verb is declared in the file of its op, <c>Ops/*/*.cs</c>, after the class that defines the op.</remarks>
public static partial class TensorOps;
