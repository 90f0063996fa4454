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
        (List<int> lengths, List<int> stridesA, List<int> stridesB) = Merge(shape, Broadcasting.Strides(a, shape), Broadcasting.Strides(b, shape));
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
}

/// <summary>y = a + b.</summary>
internal sealed class Add : Binary
{
    public override string Name => "add";

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs) =>
        [needs[0] ? Broadcasting.SumTo(dy, saved.InputShapes[0]) : null, needs[1] ? Broadcasting.SumTo(dy, saved.InputShapes[1]) : null];
}

/// <summary>y = a − b.</summary>
internal sealed class Sub : Binary
{
    public override string Name => "sub";

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs) =>
        [needs[0] ? Broadcasting.SumTo(dy, saved.InputShapes[0]) : null, needs[1] ? Broadcasting.SumTo(dy, saved.InputShapes[1]).Scale(-1) : null];
}

/// <summary>y = a · b, place by place; da = dy · b, db = dy · a.</summary>
internal sealed class Mul : Binary
{
    public override string Name => "mul";

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs) =>
        [needs[0] ? Broadcasting.SumTo(dy * saved[1], saved.InputShapes[0]) : null, needs[1] ? Broadcasting.SumTo(dy * saved[0], saved.InputShapes[1]) : null];

    protected override void KeepForBackward(Saved saved, Tensor a, Tensor b) =>
        saved.Keep(saved.Tracks(1) ? a : b, saved.Tracks(0) ? b : a); // an operand whose partner is not tracked is not needed
}

/// <summary>y = a / b; da = dy / b, db = −dy · a / b².</summary>
internal sealed class Div : Binary
{
    public override string Name => "div";

    public override Tensor?[] Backward(Saved saved, Tensor dy, Needs needs)
    {
        (Tensor a, Tensor b) = (saved[0], saved[1]);
        Tensor da = dy / b;
        return [needs[0] ? Broadcasting.SumTo(da, saved.InputShapes[0]) : null, needs[1] ? Broadcasting.SumTo(da * (a / b), saved.InputShapes[1]).Scale(-1) : null];
    }

    protected override void KeepForBackward(Saved saved, Tensor a, Tensor b) => saved.Keep(a, b);
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
}
