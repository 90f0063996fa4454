using ILGPU;

namespace Vitrine.Tensors;

/// <summary>KL divergence on a GPU: a group per row.</summary>
internal static class KlDivGpu
{
    public static IReadOnlyList<GpuCode> Kernels { get; } = [new("kl_div_forward", Forward<InMemory>), new("kl_div_backward", Backward)];

    private static void Forward<TGroup>(ArrayView<float> logP, ArrayView<float> logQ, ArrayView<float> y, int d)
        where TGroup : struct, IGroup
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupReduction.MostItems);
        int at = Grid.IdxX * d;
        float part = 0;
        for (int i = at + Group.IdxX; i < at + d; i += Group.DimX)
        {
            part += Term(SimdMath.Exp(new Floats1(logP[i])).Value, logP[i], logQ[i]);
        }
        float sum = GroupReduction.Sum<TGroup>(part, Group.DimX, shared);
        if (Group.IdxX == 0)
        {
            y[Grid.IdxX] = sum;
        }
    }

    private static void Backward(ArrayView<float> logP, ArrayView<float> logQ, ArrayView<float> dys, ArrayView<float> dLogP,
        ArrayView<float> dLogQ, Work work, int d)
    {
        int seedRow = (Grid.IdxY * work.X) + Grid.IdxX, at = Grid.IdxX * d;
        float dy = dys[seedRow];
        for (int i = Group.IdxX; i < d; i += Group.DimX)
        {
            float p = SimdMath.Exp(new Floats1(logP[at + i])).Value;
            if (dLogP.Length > 0)
            {
                dLogP[(seedRow * d) + i] = dy * (Term(p, logP[at + i], logQ[at + i]) + p);
            }
            if (dLogQ.Length > 0)
            {
                dLogQ[(seedRow * d) + i] = -dy * p;
            }
        }
    }

    // p (ln p − ln q), which is 0 where p is: 0 times infinity would be NaN.
    private static float Term(float p, float logP, float logQ) => p == 0 ? 0 : p * (logP - logQ);
}
