namespace Vitrine.Tensors;

/// <summary>The list of all ops: what they compute, which kernels they launch, how exact they are, and calls to try them with.</summary>
/// <remarks>
/// One table serves the contract tests (every row forward, backward, with many seeds, strided, on odd sizes), the kernels of every device,
/// the benchmarks and the documentation. An op declares its row in its own file; a test fails while one is missing here.
/// </remarks>
public static class OpTable
{
    /// <summary>All rows, in the order of the documentation.</summary>
    public static IReadOnlyList<OpRow> All { get; } =
    [
        MatMul.Row, Int8MatMul.Row, Attention.Row, Softmax.Row, LogSoftmax.Row, LayerNorm.Row, RmsNorm.Row,
        Gelu.Row, GeluTanh.Row, Relu.Row, Silu.Row, Tanh.Row, Sigmoid.Row, Exp.Row, Log.Row, Sqrt.Row, Abs.Row, Pow.Row,
        Add.Row, Sub.Row, Mul.Row, Div.Row, Scale.Row, MaskedFill.Row, Dropout.Row,
        Sum.Row, Mean.Row, Max.Row, Norm.Row,
        Gather.Row, Int8Gather.Row, Pick.Row, CrossEntropy.Row, KlDiv.Row,
        Reshape.Row, Permute.Row, Slice.Row, Concat.Row, Expand.Row,
    ];

    /// <summary>The row of an op.</summary>
    /// <exception cref="VitrineException">There is no op of that name; the message lists those that exist.</exception>
    public static OpRow Get(string name) => All.FirstOrDefault(row => row.Name == name)
        ?? throw new VitrineException($"op: no such op; got '{name}'; expected one of {string.Join(", ", All.Select(row => row.Name))}.");
}
