namespace Vitrine.Tensors;

/// <summary>The CPU kernel of dropout.</summary>
internal static unsafe class DropoutCpu
{
    private const int Grain = 1 << 10; // groups of four

    /// <summary>y[seed, i] = keep(i) ? x[seed, i] / (1 − p) : 0. Work: (elements, seeds). Tensors x, y. Scalars: p, seed of the mask.</summary>
    public static void Forward(KernelCall call)
    {
        float* x = call.Float(0), y = call.Float(1);
        (float p, uint key) = (call.Scalars[0].Float, (uint)call.Scalars[1].Int);
        (int n, int seeds) = (call.Work.X, call.Work.Y);
        float scale = 1 / (1 - p);
        uint threshold = (uint)(p * 4294967296.0); // dropped when a uniform 32-bit word lies below
        Workers.For((n + 3) / 4, (from, to) =>
        {
            for (int group = from; group < to; group++)
            {
                Philox.Words words = Philox.Draw(new((uint)group, 0, 0, 0), key, 0);
                for (int i = group * 4; i < Math.Min(n, (group * 4) + 4); i++)
                {
                    float factor = words[i & 3] < threshold ? 0 : scale;
                    for (int seed = 0; seed < seeds; seed++)
                    {
                        long at = ((long)seed * n) + i;
                        y[at] = factor == 0 ? 0 : x[at] * factor;
                    }
                }
            }
        }, Grain);
    }
}
