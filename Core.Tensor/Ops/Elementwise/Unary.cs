namespace Vitrine.Tensors;

/// <summary>y = f(x) place by place: the base of the ops that bend single numbers.</summary>
/// <remarks>
/// Backward is dx = dy · f′, and f′ is computed once per saved element, whatever the number of seeds. What is saved is x, or y where
/// the derivative is simpler in y (tanh: 1 − y²), so that the input can be freed.
/// </remarks>
internal abstract class Unary : Op
{
    /// <summary>Whether f′ is a function of y; otherwise of x.</summary>
    protected virtual bool SavesOutput => false;

    /// <summary>Constants of f, passed to both kernels.</summary>
    protected virtual Scalar[] Constants => [];

    public override Tensor Forward(Saved saved)
    {
        Check.Type(Name, saved.Inputs[0], DType.Float32);
        Tensor x = Layout.Contiguous(saved.Inputs[0]);
        Tensor y = Tensor.Empty(x.Shape, x.Device);
        Launch(Name + "_forward", x.Shape.Elements, [x, y], Constants);
        saved.Keep(SavesOutput ? y : x);
        return y;
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        Tensor at = saved[0], dx = Tensor.Empty(dy.Shape, dy.Device);
        Launch(Name + "_backward", new WorkSize(at.Shape.Elements, dy.Shape[0]), [at, Layout.Contiguous(dy), dx], Constants);
        return [dx];
    }

    /// <summary>The row of such an op: samples of every size, and the two kernels.</summary>
    protected static OpRow Describe<TOp>(Kernel forward, Kernel back, string name, string formula, Func<Tensor, Tensor> apply,
        Func<double, double> reference, OpCost cost, OpValues values = OpValues.Normal, OpCost backward = default, bool anyNumber = true)
            where TOp : Unary =>
        new(name, formula, () => OpCase.Sizes(s => new([new(s, values)], t => apply(t[0]))
        {
            Reference = r => r[0].Map(reference),
            BackwardCost = backward * s.Elements,
        }, cost))
        { Definition = typeof(TOp), Kernels = [forward, back], AcceptsAnyNumber = anyNumber && values == OpValues.Normal };

    /// <summary>The same for a function whose kernels are in <c>unary.kernel.c</c>.</summary>
    protected static OpRow Describe<TOp, TFunction>(string name, string formula, Func<Tensor, Tensor> apply,
        Func<double, double> reference, OpCost cost, OpValues values = OpValues.Normal, bool anyNumber = true)
        where TOp : Unary where TFunction : struct, IUnaryFunction =>
        Describe<TOp>(Forward(name, UnaryCpu.Forward<TFunction>), Backward(name, UnaryCpu.Backward<TFunction>),
            name, formula, apply, reference, cost, values, anyNumber: anyNumber);

    private protected static Kernel Forward(string name, CpuKernel cpu) => new(name + "_forward", cpu, GpuKernel.Elements("unary"));

    private protected static Kernel Backward(string name, CpuKernel cpu) =>
        new(name + "_backward", cpu, GpuKernel.Elements("unary", loopsOverSeeds: true));
}

/// <summary>y = max(x, 0); the derivative at 0 is 0.</summary>
internal sealed class Relu : Unary
{
    public override string Name => "relu";

    protected override bool SavesOutput => true;

    public static OpRow Row { get; } =
        Describe<Relu, UnaryFunctions.Relu>("relu", "y = max(x, 0)", x => x.Relu(), x => Math.Max(x, 0), 1);
}

/// <summary>y = x · σ(x), also called swish (Elfwing et al. 2017); dy/dx = σ(x) · (1 + x · (1 − σ(x))).</summary>
internal sealed class Silu : Unary
{
    public override string Name => "silu";

    public static OpRow Row { get; } =
        Describe<Silu, UnaryFunctions.Silu>("silu", "y = x / (1 + e⁻ˣ)", x => x.Silu(), x => x * Tensors.Sigmoid.Of(x), new(28, 18, 1));
}

/// <summary>y = tanh x; dy/dx = 1 − y².</summary>
internal sealed class Tanh : Unary
{
    public override string Name => "tanh";

    protected override bool SavesOutput => true;

    public static OpRow Row { get; } =
        Describe<Tanh, UnaryFunctions.Tanh>("tanh", "y = tanh x", x => x.Tanh(), Math.Tanh, new(30, 20, 1));
}

/// <summary>y = 1 / (1 + e⁻ˣ); dy/dx = y · (1 − y).</summary>
internal sealed class Sigmoid : Unary
{
    public override string Name => "sigmoid";

    protected override bool SavesOutput => true;

    public static OpRow Row { get; } =
        Describe<Sigmoid, UnaryFunctions.Sigmoid>("sigmoid", "y = 1 / (1 + e⁻ˣ)", x => x.Sigmoid(), Of, new(27, 17, 1));

    /// <summary>σ(x) in float64, for either sign without overflow.</summary>
    internal static double Of(double x) => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));
}

/// <summary>y = eˣ; dy/dx = y.</summary>
internal sealed class Exp : Unary
{
    public override string Name => "exp";

    protected override bool SavesOutput => true;

    public static OpRow Row { get; } =
        Describe<Exp, UnaryFunctions.Exp>("exp", "y = eˣ", x => x.Exp(), Math.Exp, new(25, 16), anyNumber: false);
}

/// <summary>y = ln x; dy/dx = 1 / x.</summary>
internal sealed class Log : Unary
{
    public override string Name => "log";

    public static OpRow Row { get; } =
        Describe<Log, UnaryFunctions.Log>("log", "y = ln x", x => x.Log(), Math.Log, new(32, 28, 1), OpValues.Positive);
}

/// <summary>y = √x; dy/dx = 1 / 2y.</summary>
internal sealed class Sqrt : Unary
{
    public override string Name => "sqrt";

    protected override bool SavesOutput => true;

    public static OpRow Row { get; } =
        Describe<Sqrt, UnaryFunctions.Sqrt>("sqrt", "y = √x", x => x.Sqrt(), Math.Sqrt, 1, OpValues.Positive);
}

/// <summary>y = |x|; the derivative is the sign of x, 0 at 0.</summary>
internal sealed class Abs : Unary
{
    public override string Name => "abs";

    public static OpRow Row { get; } =
        Describe<Abs, UnaryFunctions.Abs>("abs", "y = |x|", x => x.Abs(), Math.Abs, 1);
}

/// <summary>y = xᵖ for a constant p; dy/dx = p · xᵖ⁻¹. Negative x need a whole p, else the result is NaN.</summary>
internal sealed class Pow(float exponent) : Unary
{
    public override string Name => "pow";

    protected override Scalar[] Constants => [exponent];

    public static OpRow Row { get; } = new("pow", "y = xᵖ for a constant p", () =>
    [
        .. OpCase.Sizes(s => Call(s, 1.7f, OpValues.Positive), 100),
        .. new float[] { 0, 1, 2, 3, 4 }.Select(p => Call([3, 17], p, OpValues.Normal)),
        .. new float[] { -0.5f, -1, -2 }.Select(p => Call([3, 17], p, OpValues.Positive)),
    ])
    {
        Definition = typeof(Pow),
        Kernels =
        [
            Forward("pow", call => UnaryCpu.Forward(call, new UnaryFunctions.Pow(call.Scalars[0].Float))),
            Backward("pow", call => UnaryCpu.Backward(call, new UnaryFunctions.Pow(call.Scalars[0].Float))),
        ],
        AcceptsAnyNumber = false,
    };

    private static OpCase Call(Shape shape, float p, OpValues values) =>
        new([new(shape, values)], t => t[0].Pow(p)) { Label = $"p = {p}", Reference = r => r[0].Map(x => Math.Pow(x, p)) };
}

public static partial class TensorOps
{
    /// <summary>y = max(x, 0).</summary>
    public static Tensor Relu(this Tensor x) => Op.Apply(new Relu(), x);

    /// <summary>y = x / (1 + e⁻ˣ), also called swish.</summary>
    public static Tensor Silu(this Tensor x) => Op.Apply(new Silu(), x);

    /// <summary>y = tanh x.</summary>
    public static Tensor Tanh(this Tensor x) => Op.Apply(new Tanh(), x);

    /// <summary>y = 1 / (1 + e⁻ˣ).</summary>
    public static Tensor Sigmoid(this Tensor x) => Op.Apply(new Sigmoid(), x);

    /// <summary>y = eˣ.</summary>
    public static Tensor Exp(this Tensor x) => Op.Apply(new Exp(), x);

    /// <summary>y = ln x; −∞ at 0, NaN below.</summary>
    public static Tensor Log(this Tensor x) => Op.Apply(new Log(), x);

    /// <summary>y = √x; NaN below 0. The gradient at 0 is infinite.</summary>
    public static Tensor Sqrt(this Tensor x) => Op.Apply(new Sqrt(), x);

    /// <summary>y = |x|; the gradient at 0 is 0.</summary>
    public static Tensor Abs(this Tensor x) => Op.Apply(new Abs(), x);

    /// <summary>y = xᵖ for a constant p; NaN for negative x unless p is whole.</summary>
    public static Tensor Pow(this Tensor x, float p) => Op.Apply(new Pow(p), x);
}
