using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>One weight of a model under its canonical name, and its place in the checkpoint.</summary>
/// <remarks>
/// Layers read it at every forward pass, so training replaces its <see cref="Value"/>: tensors themselves never change. Matrices are held
/// as <c>[d_in, d_out]</c>, so that every layer is <c>x·W + b</c>; where a checkpoint stores the transpose (BERT, Marian, Llama) or
/// several matrices side by side (GPT-2's <c>c_attn</c>), the value is a strided view of the stored one, not a copy. In half precision it
/// is such a view too. In 8 bits every matrix is held by rows of outputs, and layers multiply with the integers.
/// </remarks>
public sealed class Parameter
{
    private Tensor? _value; // float32 or float16; one of the two is there
    private Int8Matrix? _int8;

    internal Parameter(string name, ParameterKind kind, CheckpointPlace place, Tensor value, bool isBuffer) =>
        (Name, Kind, Place, _value, Shape, IsBuffer) = (name, kind, place, value.IsWeight
            ? value : value.AsWeight(), value.Shape, isBuffer);

    internal Parameter(string name, ParameterKind kind, CheckpointPlace place, Int8Matrix value) =>
        (Name, Kind, Place, _int8, Shape) = (name, kind, place, value, ShapeOf(kind, value));

    /// <summary>The canonical name, in TransformerLens' vocabulary: <c>blocks.0.attn.W_Q</c>.</summary>
    public string Name { get; }

    /// <summary>What it is for.</summary>
    public ParameterKind Kind { get; }

    /// <summary>Where it lies in the checkpoint.</summary>
    public CheckpointPlace Place { get; }

    /// <summary>Whether it is part of the checkpoint but not trained (Marian's <c>final_logits_bias</c>).</summary>
    public bool IsBuffer { get; }

    /// <summary>The shape of <see cref="Value"/>.</summary>
    public Shape Shape { get; }

    /// <summary>
    /// The weight in 8 bits, its rows the outputs of a linear layer or the entries of a table; null when it is held in float32.
    /// </summary>
    /// <exception cref="ShapeException">A new value has another shape, or this is no matrix.</exception>
    public Int8Matrix? Int8
    {
        get => WeightScope.ValueOf(this) is null ? _int8 : null;
        set
        {
            if (value is null || ShapeOf(Kind, value) != Shape)
            {
                throw new ShapeException($"{Name}: a new value has another shape; "
                    + $"got {value?.ToString() ?? "none"}; expected the rows of {Shape}. Set Value for float32.");
            }
            (_int8, _value) = (value, null);
        }
    }

    /// <summary>The weight in half precision, as <see cref="Value"/> lies; null when it is held in another type.</summary>
    public Tensor? Half => Stored is { DType: DType.Float16 } half ? half : null;

    /// <summary>
    /// The weight in float32. One that is held in fewer bits is made again at each reading; setting it makes it float32 for good.
    /// </summary>
    /// <exception cref="ShapeException">A new value has another shape.</exception>
    public Tensor Value
    {
        get => Stored is { } value ? HalfPrecision.Widen(value) : Dequantized();
        set => (_value, _int8) = (Fitting(value), null);
    }

    /// <summary>Whether it is the gain of a norm that subtracts the mean, which LayerNorm does, with a bias or without, and RMSNorm does
    /// not.</summary>
    public bool IsCentred { get; internal set; }

    /// <summary>What layers add to every element: 1 for Gemma's norms, whose weights are stored less 1; else 0.</summary>
    public float Shift { get; internal set; }

    /// <summary>What layers multiply every element by: Granite's residual multiplier for the last weights of each half of a block; else
    /// 1.</summary>
    public float Factor { get; internal set; } = 1;

    /// <summary>The weight as layers multiply with it: <see cref="Factor"/> · <see cref="Value"/> + <see cref="Shift"/>.</summary>
    public Tensor Effective => Shift == 0 && Factor == 1 ? Value : Value.Scale(Factor, Shift);

    /// <summary>Name, shape and place.</summary>
    public override string ToString() => $"{Name} {Shape} ← {Place}";

    /// <summary>x·W [+ bias], or x·Wᵀ.</summary>
    internal Tensor Product(Tensor x, Tensor? bias, bool transposed = false) => Int8 is { } w
        ? x.MatMul(w, bias, transposeB: transposed != (Kind == ParameterKind.Linear))
        : x.MatMul(Stored!, bias, transposeB: transposed);

    /// <summary>Rows of a table.</summary>
    internal Tensor Gather(Tensor ids) => Int8 is { } table ? table.Gather(ids) : Stored!.Gather(ids);

    // As layers compute with it; null in 8 bits.
    private Tensor? Stored => WeightScope.ValueOf(this) ?? _value;

    /// <summary>A new value, marked as a weight.</summary>
    internal Tensor Fitting(Tensor value) => value.Shape != Shape
        ? throw new ShapeException($"{Name}: a new value has another shape; got {value.Shape}; expected {Shape}.")
        : value.IsWeight ? value : value.AsWeight();

    // A linear layer's rows are its outputs, the last axis of its value; other kinds than tables have no such form.
    private static Shape ShapeOf(ParameterKind kind, Int8Matrix value) =>
        kind switch { ParameterKind.Linear => [value.Shape[1], value.Shape[0]], ParameterKind.Table => value.Shape, _ => [] };

    private Tensor Dequantized()
    {
        using Recorder.Pause pause = Recorder.Suspend();
        Tensor stored = (_int8 ?? throw new InvalidOperationException($"{Name}: no value.")).Dequantize();
        return Kind == ParameterKind.Linear ? stored.Transpose().AsWeight() : stored;
    }
}

/// <summary>What a weight is for, which says how it may be stored.</summary>
public enum ParameterKind
{
    /// <summary>A bias, a norm's weight.</summary>
    Other,

    /// <summary>The matrix of a linear layer, <c>[d_in, d_out]</c>.</summary>
    Linear,

    /// <summary>A table of vectors, one row per word, position or segment; the unembedding too.</summary>
    Table,
}

/// <summary>Where a parameter lies in a checkpoint; several parameters may share one stored tensor.</summary>
/// <param name="Tensor">Name of the stored tensor, as the file spells it, e.g. <c>transformer.h.0.attn.c_attn.weight</c>.</param>
/// <param name="Transposed">Whether it is stored as <c>[d_out, d_in]</c>, the transpose of the parameter.</param>
/// <param name="Part">Which of the stored outputs it has; null: all.</param>
public readonly record struct CheckpointPlace(string Tensor, bool Transposed = false, StoredPart? Part = null)
{
    /// <summary>The axis of outputs in the stored tensor.</summary>
    internal int OutputAxis(Shape shape) => Transposed ? 0 : shape.Rank - 1;

    /// <summary>The name with ᵀ or the part after it.</summary>
    public override string ToString() => $"{Tensor}{(Transposed ? "ᵀ" : "")}{Part}";
}

/// <summary>
/// Which outputs of a stored tensor a parameter has: the same range of each of its equal groups. GPT-2 stores q, k and v one after the
/// other, in one group; GPT-NeoX those of each head together, in a group per head.
/// </summary>
/// <param name="Offset">The first output of each group.</param>
/// <param name="Total">How many outputs the stored tensor has.</param>
/// <param name="Groups">Into how many equal groups they fall.</param>
public readonly record struct StoredPart(int Offset, int Total, int Groups = 1)
{
    /// <summary>The parameter's outputs: a view where they lie in one piece.</summary>
    /// <param name="stored">The stored tensor.</param>
    /// <param name="axis">Its axis of outputs, of length <see cref="Total"/>.</param>
    /// <param name="count">How many of them the parameter has.</param>
    public Tensor Of(Tensor stored, int axis, int count) => Groups == 1
        ? stored.Slice(axis, Offset, count)
        : stored.Strides.All(stride => stride == 0) ? stored.Slice(axis, 0, count) // one number everywhere, of a size that may be absurd
        : stored.Reshape(Grouped(stored.Shape, axis)).Slice(axis + 1, Offset, count / Groups).Reshape(stored.Shape.With(axis, count));

    /// <summary>The stored tensor that consists of these parts of it.</summary>
    /// <param name="parts">All parts, laid out as they are stored, any order.</param>
    /// <param name="axis">The axis of outputs.</param>
    public static Tensor Join(IEnumerable<(StoredPart Part, Tensor Value)> parts, int axis)
    {
        (StoredPart Part, Tensor Value)[] ordered = [.. parts.OrderBy(p => p.Part.Offset)];
        StoredPart first = ordered[0].Part;
        return first.Groups == 1
            ? TensorOps.Concat(axis, [.. ordered.Select(p => p.Value)])
            : TensorOps.Concat(axis + 1, [.. ordered.Select(p => p.Value.Reshape(first.Grouped(p.Value.Shape, axis)))])
                .Reshape(ordered[0].Value.Shape.With(axis, first.Total));
    }

    /// <summary>Offset, number of outputs and groups.</summary>
    public override string ToString() => $"[{Offset}../{Total}{(Groups > 1 ? $" in {Groups} groups" : "")}]";

    private Shape Grouped(Shape shape, int axis)
    {
        ReadOnlySpan<int> axes = shape.Axes;
        return Shape.Create([.. axes[..axis], Groups, axes[axis] / Groups, .. axes[(axis + 1)..]]);
    }
}
