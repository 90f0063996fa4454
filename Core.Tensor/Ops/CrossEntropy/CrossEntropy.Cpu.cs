namespace Vitrine.Tensors;

/// <summary>CPU kernels of cross_entropy.</summary>
internal static unsafe class CrossEntropyCpu
{
    private const int Grain = 1 << 13;
    private const int Block = 512; // classes at a time: their probabilities stay in the first-level cache

    /// <summary>Work: rows. Tensors logits, targets, losses, logSums. Scalars: classes, ignore index, smoothing.</summary>
    public static void Forward(KernelCall call)
    {
        float* logits = call.Float(0), losses = call.Float(2), logSums = call.Float(3);
        int* targets = call.Int(1);
        (int classes, int ignore, float smoothing) = (call.Scalars[0].Int, call.Scalars[1].Int, call.Scalars[2].Float);
        Workers.For(call.Work.X, (from, to) =>
        {
            float* scratch = stackalloc float[Block];
            for (int row = from; row < to; row++)
            {
                float* x = logits + ((long)row * classes);
                float max = Simd.Max(x, classes);
                double sum = 0;
                for (int start = 0; start < classes; start += Block)
                {
                    sum += Simd.ExpSum(x + start, scratch, Math.Min(Block, classes - start), max);
                }
                double logSum = max + Math.Log(sum);
                logSums[row] = (float)logSum;
                if (targets[row] == ignore)
                {
                    losses[row] = 0;
                    continue;
                }
                double loss = logSum - x[targets[row]];
                if (smoothing != 0)
                {
                    loss = ((1 - smoothing) * loss) + (smoothing * (logSum - (Simd.Sum(x, classes) / classes)));
                }
                losses[row] = (float)loss;
            }
        }, Math.Max(1, Grain / Math.Max(1, classes)));
    }

    /// <summary>
    /// dx = weight · dy[seed] · (p − q), the probabilities p shared by all seeds.
    /// Work: (rows, seeds). Tensors logits, targets, logSums, dy [seeds], dx. Scalars: classes, ignore index, smoothing, weight.
    /// </summary>
    public static void Backward(KernelCall call)
    {
        float* logits = call.Float(0), logSums = call.Float(2), dy = call.Float(3), dx = call.Float(4);
        int* targets = call.Int(1);
        (int classes, int ignore, float smoothing, float weight) =
            (call.Scalars[0].Int, call.Scalars[1].Int, call.Scalars[2].Float, call.Scalars[3].Float);
        (int rows, int seeds) = (call.Work.X, call.Work.Y);
        Workers.For(rows, (from, to) =>
        {
            float* p = stackalloc float[Block];
            for (int row = from; row < to; row++)
            {
                int target = targets[row];
                for (int start = 0; start < classes; start += Block)
                {
                    int count = Math.Min(Block, classes - start);
                    if (target != ignore)
                    {
                        Simd.ExpSum(logits + ((long)row * classes) + start, p, count, logSums[row]);
                        Simd.Shift(p, -smoothing / classes, p, count);
                        if (target >= start && target < start + count)
                        {
                            p[target - start] -= 1 - smoothing;
                        }
                    }
                    for (int seed = 0; seed < seeds; seed++)
                    {
                        float* d = dx + ((((long)seed * rows) + row) * classes) + start;
                        if (target == ignore)
                        {
                            new Span<float>(d, count).Clear();
                            continue;
                        }
                        Simd.Scale(p, weight * dy[seed], d, count);
                    }
                }
            }
        }, Math.Max(1, Grain / Math.Max(1, classes * seeds)));
    }
}
