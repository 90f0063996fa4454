namespace Vitrine.Tensors;

/// <summary>y = a ∘ b place by place, shapes broadcast by numpy's rule: the base of add, sub, mul and div.</summary>
internal abstract class Binary : Op
{
    public override Tensor Forward(Saved saved)
    {
        (Tensor a, Tensor b) = (saved.Inputs[0], saved.Inputs[1]);
        Check.Type(Name, a, DType.Float32);
        Check.Type(Name, b, DType.Float32);
        KeepForBackward(saved, a, b);
        return Run(Name + "_forward", a, b);
    }

    /// <summary>Keeps the operands that the gradient is made of.</summary>
    protected virtual void KeepForBackward(Saved saved, Tensor a, Tensor b) { }

    /// <summary>Launches a broadcasting kernel: axes that both operands walk evenly are merged first, so most calls have one.</summary>
    internal static Tensor Run(string kernel, Tensor a, Tensor b, params Scalar[] constants)
    {
        Shape shape = Shape.Broadcast(a.Shape, b.Shape, kernel.Replace("_forward", "", StringComparison.Ordinal));
        Tensor y = Tensor.Empty(shape, a.Device);
        (List<int> lengths, List<int> stridesA, List<int> stridesB) =
            Merge(shape, Broadcasting.Strides(a, shape), Broadcasting.Strides(b, shape));
        int rank = lengths.Count;
        var scalars = new Scalar[1 + (3 * rank)];
        scalars[0] = rank;
        for (int i = 0; i < rank; i++)
        {
            (scalars[1 + i], scalars[1 + rank + i], scalars[1 + (2 * rank) + i]) = (lengths[i], stridesA[i], stridesB[i]);
        }
        Launch(kernel, shape.Elements, [a, b, y], [.. scalars, .. constants]);
        return y;
    }

    private static (List<int> Lengths, List<int> A, List<int> B) Merge(Shape shape, int[] a, int[] b)
    {
        var (lengths, stridesA, stridesB) = (new List<int>(), new List<int>(), new List<int>());
        for (int i = 0; i < shape.Rank; i++)
        {
            if (shape[i] == 1)
            {
                continue;
            }
            if (lengths.Count > 0 && stridesA[^1] == a[i] * shape[i] && stridesB[^1] == b[i] * shape[i])
            {
                (lengths[^1], stridesA[^1], stridesB[^1]) = (lengths[^1] * shape[i], a[i], b[i]);
                continue;
            }
            lengths.Add(shape[i]);
            stridesA.Add(a[i]);
            stridesB.Add(b[i]);
        }
        if (lengths.Count == 0)
        {
            (lengths, stridesA, stridesB) = ([1], [0], [0]);
        }
        return (lengths, stridesA, stridesB);
    }

    /// <summary>The row of such an op: equal shapes of every size, and every way to broadcast.</summary>
    protected static OpRow Describe<TOp>(CpuKernel kernel, string name, string formula, Func<Tensor, Tensor, Tensor> apply,
        Func<double, double, double> reference, OpValues second = OpValues.Normal) where TOp : Binary
    {
        return new(name, formula, () =>
        [
            .. OpCase.Sizes(s => Call(s, s), 1),
            Call([3, 17], [17]), Call([17], [3, 17]), Call([3, 1], [1, 17]), Call([2, 3, 5], [2, 1, 1]), Call([257], []),
            Call([2, 1, 5, 1], [3, 1, 7]),
        ])
        {
            Definition = typeof(TOp),
            Kernels = [new(name + "_forward", kernel, GpuKernel.Elements("binary"))],
            Tolerance = new(5e-6, 5e-6, "a broadcast operand's gradient is a sum"),
        };

        OpCase Call(Shape a, Shape b) =>
            new([new(a), new(b, second)], t => apply(t[0], t[1])) { Reference = r => r[0].Zip(r[1], reference) };
    }
}

/// <summary>y = a + b.</summary>
internal sealed class Add : Binary
{
    public override string Name => "add";

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs) =>
        [needs[0] ? Broadcasting.SumTo(dy, saved.InputShapes[0]) : null, needs[1] ? Broadcasting.SumTo(dy, saved.InputShapes[1]) : null];

    public static OpRow Row { get; } =
        Describe<Add>(BinaryCpu.Forward<BinaryCpu.Plus>, "add", "y = a + b, broadcast", (a, b) => a + b, (a, b) => a + b);
}

/// <summary>y = a − b.</summary>
internal sealed class Sub : Binary
{
    public override string Name => "sub";

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs) =>
        [needs[0] ? Broadcasting.SumTo(dy, saved.InputShapes[0]) : null, needs[1]
            ? Broadcasting.SumTo(dy, saved.InputShapes[1]).Scale(-1) : null];

    public static OpRow Row { get; } =
        Describe<Sub>(BinaryCpu.Forward<BinaryCpu.Minus>, "sub", "y = a − b, broadcast", (a, b) => a - b, (a, b) => a - b);
}

/// <summary>y = a · b, place by place; da = dy · b, db = dy · a.</summary>
internal sealed class Mul : Binary
{
    public override string Name => "mul";

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs) =>
        [needs[0] ? Broadcasting.SumTo(dy * saved[1], saved.InputShapes[0]) : null, needs[1]
            ? Broadcasting.SumTo(dy * saved[0], saved.InputShapes[1]) : null];

    protected override void KeepForBackward(Saved saved, Tensor a, Tensor b) =>
        saved.Keep(saved.Tracks(1) ? a : b, saved.Tracks(0) ? b : a); // an operand whose partner is not tracked is not needed

    public static OpRow Row { get; } =
        Describe<Mul>(BinaryCpu.Forward<BinaryCpu.Times>, "mul", "y = a · b, broadcast", (a, b) => a * b, (a, b) => a * b);
}

/// <summary>y = a / b; da = dy / b, db = −dy · a / b².</summary>
internal sealed class Div : Binary
{
    public override string Name => "div";

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        (Tensor a, Tensor b) = (saved[0], saved[1]);
        Tensor da = dy / b;
        return [needs[0] ? Broadcasting.SumTo(da, saved.InputShapes[0]) : null, needs[1]
            ? Broadcasting.SumTo(da * (a / b), saved.InputShapes[1]).Scale(-1) : null];
    }

    protected override void KeepForBackward(Saved saved, Tensor a, Tensor b) => saved.Keep(a, b);

    public static OpRow Row { get; } =
        Describe<Div>(BinaryCpu.Forward<BinaryCpu.Over>, "div", "y = a / b, broadcast", (a, b) => a / b, (a, b) => a / b,
            OpValues.Positive);
}

/// <summary>y = factor · x + shift with constant numbers.</summary>
internal sealed class Scale(float factor, float shift) : Op
{
    public override string Name => "scale";

    public override Tensor Forward(Saved saved)
    {
        Check.Type(Name, saved.Inputs[0], DType.Float32);
        Tensor x = Layout.Contiguous(saved.Inputs[0]);
        Tensor y = Tensor.Empty(x.Shape, x.Device);
        Launch("scale_forward", x.Shape.Elements, [x, y], factor, shift);
        return y;
    }

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs) => [dy.Scale(factor)];

    public static OpRow Row { get; } = new("scale", "y = factor · x + shift with constant numbers",
        () => OpCase.Sizes(s => new([new(s)], t => t[0].Scale(-1.5f, 0.25f)) { Reference = r => r[0].Map(x => (-1.5 * x) + 0.25) }, 2))
    {
        Definition = typeof(Scale),
        Kernels = [new("scale_forward", BinaryCpu.ScaleForward, GpuKernel.Elements("binary"))],
    };
}

public static partial class TensorOps
{
    extension(Tensor)
    {
        /// <summary>y = a + b, broadcast.</summary>
        public static Tensor operator +(Tensor a, Tensor b) => Op.Apply(new Add(), a, b);

        /// <summary>y = a − b, broadcast.</summary>
        public static Tensor operator -(Tensor a, Tensor b) => Op.Apply(new Sub(), a, b);

        /// <summary>y = a · b place by place, broadcast.</summary>
        public static Tensor operator *(Tensor a, Tensor b) => Op.Apply(new Mul(), a, b);

        /// <summary>y = a / b, broadcast.</summary>
        public static Tensor operator /(Tensor a, Tensor b) => Op.Apply(new Div(), a, b);
    }

    /// <summary>y = factor · x + shift.</summary>
    public static Tensor Scale(this Tensor x, float factor, float shift = 0) => Op.Apply(new Scale(factor, shift), x);
}
