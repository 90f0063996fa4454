namespace Vitrine.Tensors;

/// <summary>A row of the op table: everything a test, a benchmark or a page of documentation wants to know about one op.</summary>
/// <param name="name">The op's name: <c>layer_norm</c>.</param>
/// <param name="formula">What it computes, in one line of plain text.</param>
/// <param name="cases">Sample calls: tiny, odd and benchmark sizes, and one for every option. Made when they are first asked for.</param>
public sealed class OpRow(string name, string formula, Func<IReadOnlyList<OpCase>> cases)
{
    private readonly Lazy<IReadOnlyList<OpCase>> _cases = new(cases);

    /// <summary>The op's name: <c>layer_norm</c>.</summary>
    public string Name => name;

    /// <summary>What it computes, in one line of plain text.</summary>
    public string Formula => formula;

    /// <summary>Sample calls: tiny, odd and benchmark sizes, and one for every option.</summary>
    public IReadOnlyList<OpCase> Cases => _cases.Value;

    /// <summary>
    /// The kernels it may launch, with their parts on a GPU; the copies that make a strided operand contiguous are left out.
    /// </summary>
    internal IReadOnlyList<Kernel> Kernels { get; init; } = [];

    /// <summary>How far float32 results may be from float64 ones.</summary>
    public Tolerance Tolerance { get; init; } = Tolerance.Tight;

    /// <summary>Whether it is defined for every real number: inputs of ±10⁴ must then give no NaN.</summary>
    public bool AcceptsAnyNumber { get; init; } = true;

    /// <summary>The class that defines it.</summary>
    public required Type Definition { get; init; }

    /// <summary>The cases that are timed.</summary>
    public IEnumerable<OpCase> Benchmarks => Cases.Where(c => c.IsBenchmark);

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>|actual − expected| ≤ Absolute + Relative · |expected|.</summary>
/// <param name="Relative">Part of the expected value.</param>
/// <param name="Absolute">For values around 1.</param>
/// <param name="Reason">Why it is looser than usual; null when it is not.</param>
public sealed record Tolerance(double Relative, double Absolute, string? Reason = null)
{
    /// <summary>A few units in the last place of float32.</summary>
    public static Tolerance Tight { get; } = new(2e-6, 1e-6);

    /// <summary>Nothing is computed, only moved: the bits must agree.</summary>
    public static Tolerance Exact { get; } = new(0, 0);

    /// <summary>For sums of products.</summary>
    public static Tolerance Products { get; } = new(1e-5, 1e-5, "sums of many products in float32; the order differs from the reference's");
}

/// <summary>One sample call of an op.</summary>
/// <param name="Inputs">What to call it with.</param>
/// <param name="Apply">The call.</param>
public sealed record OpCase(IReadOnlyList<OpInput> Inputs, Func<Tensor[], Tensor> Apply)
{
    /// <summary>Which option it shows, e.g. <c>bias, transposed</c>; empty for the plain call.</summary>
    public string Label { get; init; } = "";

    /// <summary>Whether it is large enough to be timed.</summary>
    public bool IsBenchmark { get; init; }

    /// <summary>What a forward call computes.</summary>
    public OpCost Cost { get; init; }

    /// <summary>What a backward call computes for one seed; nothing where it was not counted, since moving memory binds.</summary>
    public OpCost BackwardCost { get; init; }

    /// <summary>Floating-point operations of a forward call, a fused multiply–add counted as two.</summary>
    public double Flops => Cost.Flops;

    /// <summary>Bytes a forward call must move at least: every input read once, the output written once.</summary>
    public double Bytes { get; init; }

    /// <summary>The same in float64, written for clearness and not for speed.</summary>
    public required Func<Array64[], Array64> Reference { get; init; }

    /// <summary>The inputs as tensors; the same for the same seed.</summary>
    public Tensor[] Make(int seed = 1) => [.. Inputs.Select((input, i) => input.Make((seed * 31) + i))];

    /// <summary>
    /// The usual sizes: tiny, odd (1, 3, 17, 257), one for several threads and one beyond the second-level cache, which is timed.
    /// </summary>
    /// <param name="make">The call for a shape.</param>
    /// <param name="cost">What it computes per element.</param>
    internal static IReadOnlyList<OpCase> Sizes(Func<Shape, OpCase> make, OpCost cost)
    {
        Shape[] shapes = [[2, 3], [1], [3], [17], [257], [3, 17], [17, 257], [3, 5, 7], [67, 1031], [2048, 3072]];
        return [.. shapes.Select((s, i) => (make(s) with { IsBenchmark = i == shapes.Length - 1 }).Counted(cost * s.Elements, s))];
    }

    /// <summary>Fills in what a call costs: every input read once, the output written once, 4 bytes each, 2 in half precision.</summary>
    internal OpCase Counted(OpCost cost, Shape output) => this with
    {
        Cost = cost,
        Bytes = Inputs.Sum(input => (input.Values == OpValues.Half ? 2.0 : 4.0) * input.Shape.Elements) + (4.0 * output.Elements),
    };

    /// <summary>The label and the shapes, e.g. <c>[2, 7] x [7, 3] bias</c>.</summary>
    public override string ToString() => $"{string.Join(" x ", Inputs.Select(i => i.Shape))}{(Label.Length > 0 ? " " + Label : "")}";
}

/// <summary>How much arithmetic there is, per element or per call.</summary>
/// <param name="Flops">Floating-point operations, a fused multiply–add counted as two.</param>
/// <param name="Operations">Operations as the hardware issues them: a fused multiply–add, a comparison, a maximum is one each. Without
/// divisions.</param>
/// <param name="Divisions">Divisions: each keeps a vector unit busy for many cycles.</param>
public readonly record struct OpCost(double Flops, double Operations, double Divisions = 0)
{
    /// <summary>Plain operations, none fused.</summary>
    public static implicit operator OpCost(double flops) => new(flops, flops);

    /// <summary>The cost of many elements.</summary>
    public static OpCost operator *(OpCost cost, double elements) =>
        new(cost.Flops * elements, cost.Operations * elements, cost.Divisions * elements);

    /// <summary>One after the other.</summary>
    public static OpCost operator +(OpCost a, OpCost b) => new(a.Flops + b.Flops, a.Operations + b.Operations, a.Divisions + b.Divisions);
}

/// <summary>The kind of numbers an input holds.</summary>
public enum OpValues
{
    /// <summary>Standard normal.</summary>
    Normal,

    /// <summary>Between 0.5 and 2.5.</summary>
    Positive,

    /// <summary>Logarithms of probabilities that sum to 1 along the last axis.</summary>
    LogProbability,

    /// <summary>A mask added to scores: 0 or −∞, the first of a row always 0. No gradient.</summary>
    Hiding,

    /// <summary>int32 from 0 to a limit, exclusive.</summary>
    Index,

    /// <summary>Standard normal, rounded to float16. No gradient.</summary>
    Half,

    /// <summary>int8 from −127 to 127. No gradient.</summary>
    Int8,

    /// <summary>Between 0.0005 and 0.005, what a unit of an int8 weight is worth. No gradient.</summary>
    RowScale,
}

/// <summary>One input of a sample call.</summary>
/// <param name="Shape">Its shape.</param>
/// <param name="Values">What it holds.</param>
/// <param name="Limit">For indices: one more than the largest.</param>
public sealed record OpInput(Shape Shape, OpValues Values = OpValues.Normal, int Limit = 0)
{
    /// <summary>Whether gradients with respect to it are checked.</summary>
    public bool HasGradient => Values is not (OpValues.Index or OpValues.Hiding or OpValues.Half or OpValues.Int8 or OpValues.RowScale);

    /// <summary>A tensor of that kind; the same for the same seed.</summary>
    public Tensor Make(int seed)
    {
        var random = new Random(seed);
        if (Values == OpValues.Index)
        {
            return Tensor.From([.. Enumerable.Range(0, Shape.Elements).Select(_ => random.Next(Limit))], Shape);
        }
        if (Values == OpValues.Int8)
        {
            return Tensor.From([.. Enumerable.Range(0, Shape.Elements)
                .Select(_ => (sbyte)random.Next(-Int8Matrix.Largest, Int8Matrix.Largest + 1))], Shape).AsWeight();
        }
        float[] values = [.. Enumerable.Range(0, Shape.Elements).Select(i => Draw(random, i))];
        if (Values == OpValues.LogProbability)
        {
            using Recorder.Pause pause = Recorder.Suspend();
            return Tensor.From(values, Shape).LogSoftmax();
        }
        if (Values == OpValues.Half)
        {
            return Tensor.From([.. values.Select(v => (Half)v)], Shape).AsWeight();
        }
        Tensor tensor = Tensor.From(values, Shape);
        return HasGradient ? tensor : tensor.AsWeight();
    }

    private float Draw(Random random, int i) => Values switch
    {
        OpValues.Positive => 0.5f + (2 * random.NextSingle()),
        OpValues.RowScale => 0.0005f + (0.0045f * random.NextSingle()),
        OpValues.Hiding => i % Shape[^1] == 0 || random.Next(3) > 0 ? 0 : float.NegativeInfinity,
        _ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())),
    };
}
