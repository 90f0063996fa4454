namespace Vitrine.Tensors;

/// <summary>The CPU kernel of int8_gather.</summary>
internal static unsafe class Int8GatherCpu
{
    private const int Grain = 1 << 14;

    /// <summary>Every id lies in the table. Work: ids. Tensors integers, scale, ids, y. Scalars: rows of the table, d.</summary>
    public static void Forward(KernelCall call)
    {
        sbyte* table = call.Int8(0);
        float* scale = call.Float(1), y = call.Float(3);
        int* ids = call.Int(2);
        int d = call.Scalars[1].Int;
        Workers.For(call.Work.X, (from, to) =>
        {
            for (int i = from; i < to; i++)
            {
                sbyte* row = table + ((long)ids[i] * d);
                float* target = y + ((long)i * d);
                float factor = scale[ids[i]];
                for (int j = 0; j < d; j++)
                {
                    target[j] = row[j] * factor;
                }
            }
        }, Math.Max(1, Grain / Math.Max(1, d)));
    }
}
