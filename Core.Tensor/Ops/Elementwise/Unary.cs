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
}

/// <summary>y = max(x, 0); the derivative at 0 is 0.</summary>
internal sealed class Relu : Unary
{
    public override string Name => "relu";

    protected override bool SavesOutput => true;
}

/// <summary>y = x · σ(x), also called swish (Elfwing et al. 2017); dy/dx = σ(x) · (1 + x · (1 − σ(x))).</summary>
internal sealed class Silu : Unary
{
    public override string Name => "silu";
}

/// <summary>y = tanh x; dy/dx = 1 − y².</summary>
internal sealed class Tanh : Unary
{
    public override string Name => "tanh";

    protected override bool SavesOutput => true;
}

/// <summary>y = 1 / (1 + e⁻ˣ); dy/dx = y · (1 − y).</summary>
internal sealed class Sigmoid : Unary
{
    public override string Name => "sigmoid";

    protected override bool SavesOutput => true;
}

/// <summary>y = eˣ; dy/dx = y.</summary>
internal sealed class Exp : Unary
{
    public override string Name => "exp";

    protected override bool SavesOutput => true;
}

/// <summary>y = ln x; dy/dx = 1 / x.</summary>
internal sealed class Log : Unary
{
    public override string Name => "log";
}

/// <summary>y = √x; dy/dx = 1 / 2y.</summary>
internal sealed class Sqrt : Unary
{
    public override string Name => "sqrt";

    protected override bool SavesOutput => true;
}

/// <summary>y = |x|; the derivative is the sign of x, 0 at 0.</summary>
internal sealed class Abs : Unary
{
    public override string Name => "abs";
}

/// <summary>y = xᵖ for a constant p; dy/dx = p · xᵖ⁻¹. Negative x need a whole p, else the result is NaN.</summary>
internal sealed class Pow(float exponent) : Unary
{
    public override string Name => "pow";

    protected override Scalar[] Constants => [exponent];
}
