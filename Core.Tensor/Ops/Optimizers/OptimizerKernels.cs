namespace Vitrine.Tensors;

/// <summary>
/// What changes tensors in place: steps of the optimizers, moving averages. Everywhere else a tensor stays as the op that made it left it.
/// </summary>
/// <remarks>
/// These are no ops: no tape sees them, and none may be open, because what it saved of a weight would silently become the new value. All
/// tensors of a call are float32 without gaps, of one length, on one device.
/// </remarks>
internal static class OptimizerKernels
{
    private const int Chunk = 1 << 14; // elements whose squares make one number; many chunks keep a device busy, and their order is fixed

    /// <summary>The kernels, for the table that lists them.</summary>
    public static IReadOnlyList<Kernel> Kernels { get; } =
    [
        new("adamw_step", OptimizerCpu.AdamW, GpuKernel.Elements("optimizers")),
        new("sgd_step", OptimizerCpu.Sgd, GpuKernel.Elements("optimizers")),
        new("average_step", OptimizerCpu.Average, GpuKernel.Elements("optimizers")),
        new("exchange", OptimizerCpu.Exchange, GpuKernel.Elements("optimizers")),
        new("square_sums", OptimizerCpu.SquareSums, GpuKernel.Rows("optimizers")),
        new("root_sum", OptimizerCpu.RootSum, GpuKernel.Rows("optimizers")),
    ];

    /// <summary>m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², w ← (1−decay)·w − rate·m / (squareScale·√v + ε), with g scaled first.</summary>
    /// <param name="w">Weight.</param>
    /// <param name="g">Gradient.</param>
    /// <param name="m">Mean of the gradients.</param>
    /// <param name="v">Mean of their squares.</param>
    /// <param name="step">What is the same for all elements.</param>
    public static void AdamW(Tensor w, Tensor g, Tensor m, Tensor v, AdamWStep step)
    {
        Op.Launch("adamw_step", w.Shape.Elements, [w, Layout.Contiguous(g), m, v],
            step.GradientScale, step.Beta1, step.Beta2, step.Rate, step.SquareScale, step.Epsilon, step.Decay);
        Changed(w, m, v);
    }

    /// <summary>m ← keep·m + scale·g + decay·w, w ← w − rate·m.</summary>
    public static void Sgd(Tensor w, Tensor g, Tensor m, float keep, float scale, float decay, float rate)
    {
        Op.Launch("sgd_step", w.Shape.Elements, [w, Layout.Contiguous(g), m], keep, scale, decay, rate);
        Changed(w, m);
    }

    /// <summary>a ← a + part·(w − a).</summary>
    public static void Average(Tensor a, Tensor w, float part)
    {
        Op.Launch("average_step", a.Shape.Elements, [a, w], part);
        Changed(a);
    }

    /// <summary>a ← b and b ← a.</summary>
    public static void Exchange(Tensor a, Tensor b)
    {
        Op.Launch("exchange", a.Shape.Elements, [a, b]);
        Changed(a, b);
    }

    /// <summary>√Σ x² over all elements of all tensors, of shape [1]: the order of the sum depends on nothing but the shapes.</summary>
    public static Tensor Norm(IReadOnlyList<Tensor> tensors)
    {
        int[] chunks = [.. tensors.Select(x => (x.Shape.Elements + Chunk - 1) / Chunk)];
        Device device = tensors[0].Device;
        Tensor sums = Tensor.Empty([chunks.Sum()], device), norm = Tensor.Empty([1], device);
        for (int i = 0, at = 0; i < chunks.Length; at += chunks[i++])
        {
            Op.Launch("square_sums", chunks[i], [Layout.Contiguous(tensors[i]), sums.View([chunks[i]], [1], at)], tensors[i].Shape.Elements,
                Chunk);
        }
        Op.Launch("root_sum", 1, [sums, norm], sums.Shape.Elements);
        return norm;
    }

    /// <summary>Overwrites a tensor with values from the host.</summary>
    public static void Write(Tensor target, ReadOnlySpan<float> values)
    {
        if (values.Length != target.Shape.Elements)
        {
            throw new ShapeException($"write: wrong number of values; "
                + $"got {values.Length} for shape {target.Shape}; expected {target.Shape.Elements}.");
        }
        target.Device.Backend.CopyIn(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values), target.Storage,
            (long)target.Offset * sizeof(float));
    }

    private static void Changed(params ReadOnlySpan<Tensor> tensors)
    {
        foreach (Tensor tensor in tensors)
        {
            tensor.Storage.Changed();
        }
    }
}

/// <summary>What is the same for every element of one step of AdamW; the bias corrections are folded into the rate and the root.</summary>
/// <param name="GradientScale">Every gradient is multiplied by it.</param>
/// <param name="Beta1">β₁.</param>
/// <param name="Beta2">β₂.</param>
/// <param name="Rate">lr / (1 − β₁ᵗ).</param>
/// <param name="SquareScale">1 / √(1 − β₂ᵗ).</param>
/// <param name="Epsilon">ε.</param>
/// <param name="Decay">lr · λ.</param>
internal readonly record struct AdamWStep(float GradientScale, float Beta1, float Beta2, float Rate, float SquareScale, float Epsilon,
    float Decay);
