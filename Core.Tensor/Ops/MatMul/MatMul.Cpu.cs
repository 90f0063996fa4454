namespace Vitrine.Tensors;

/// <summary>The CPU kernel of mat_mul: a batch of products by <see cref="Gemm"/>.</summary>
internal static unsafe class MatMulCpu
{
    /// <summary>Multiply–adds below which a whole product is one thread's work.</summary>
    private const long SmallProduct = 300_000;

    /// <summary>
    /// Y[batch] = op(A)·op(B) + bias, B in float32 or float16; work is (n, m, batch); tensors A, B, Y, bias?, offsets [2, batch];
    /// scalars k, A transposed, A's row stride, B transposed, B's row stride, skip zero rows of A.
    /// </summary>
    public static void Forward(KernelCall call)
    {
        float* a = call.Float(0), b = call.Float(1), y = call.Float(2), bias = call.Float(3);
        Half* half = call.Tensors[1]!.DType == DType.Float16 ? call.Half(1) : null;
        int* offsets = call.Int(4);
        (int n, int m, int batch) = (call.Work.X, call.Work.Y, call.Work.Z);
        Scalar[] s = call.Scalars;
        (int k, bool transposeA, int lda, bool transposeB, int ldb, bool sparse) =
            (s[0].Int, s[1].Int != 0, s[2].Int, s[3].Int != 0, s[4].Int, s[5].Int != 0);
        if (batch > 1 && half == null && (long)m * n * k < SmallProduct)
        {
            Workers.For(batch, (from, to) =>
            {
                for (int i = from; i < to; i++)
                {
                    Gemm.RunSingle(transposeA, transposeB, m, n, k, 1, a + offsets[i], lda, b + offsets[batch + i], ldb, 0,
                        y + ((long)i * m * n), n, bias);
                }
            });
            return;
        }
        for (int i = 0; i < batch; i++)
        {
            float* left = a + offsets[i], right = b + offsets[batch + i], target = y + ((long)i * m * n);
            GemmProblem g = new()
            {
                TransA = transposeA,
                TransB = transposeB,
                M = m,
                N = n,
                K = k,
                Alpha = 1,
                A = left,
                Lda = lda,
                B = right,
                Ldb = ldb,
                C = target,
                Ldc = n,
                Bias = bias,
                Half = half == null ? null : half + offsets[batch + i],
            };
            if (!sparse || transposeA || bias != null || !TrySparse(g))
            {
                Gemm.Multiply(g);
            }
        }
    }

    /// <summary>
    /// Rows of A that are all zero make zero rows of Y: multiply the others only. The gradient of a score at one position of a causal
    /// model is zero after it, and in the last layer zero before it too, so a batch of output seeds is mostly such rows.
    /// False, and nothing done, where they are few. A is not transposed, C has no gaps, and there is no bias.
    /// </summary>
    internal static bool TrySparse(GemmProblem g)
    {
        (int m, int n, int k) = (g.M, g.N, g.K);
        int[] rows = new int[m];
        int count = 0;
        for (int i = 0; i < m; i++)
        {
            if (new ReadOnlySpan<float>(g.A + ((long)i * g.Lda), k).ContainsAnyExcept(0f))
            {
                rows[count++] = i;
            }
        }
        if (count > m * 7 / 8)
        {
            return false; // gathering costs more than it saves
        }
        Tensor packed = Tensor.Empty([Math.Max(1, count), k], Device.Cpu), product = Tensor.Empty([Math.Max(1, count), n], Device.Cpu);
        float* p = (float*)packed.CpuPointer, q = (float*)product.CpuPointer;
        for (int i = 0; i < count; i++)
        {
            new ReadOnlySpan<float>(g.A + ((long)rows[i] * g.Lda), k).CopyTo(new Span<float>(p + ((long)i * k), k));
        }
        float* y = g.C;
        g.M = count;
        g.A = p;
        g.Lda = k;
        g.C = q;
        Gemm.Multiply(g);
        for (int i = 0, next = 0; i < m; i++)
        {
            var target = new Span<float>(y + ((long)i * n), n);
            if (next < count && rows[next] == i)
            {
                new ReadOnlySpan<float>(q + ((long)next++ * n), n).CopyTo(target);
            }
            else
            {
                target.Clear();
            }
        }
        GC.KeepAlive(packed);
        GC.KeepAlive(product);
        return true;
    }
}
