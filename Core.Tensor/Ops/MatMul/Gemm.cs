using System.Numerics;

namespace Vitrine.Tensors;

/// <summary>Single-precision matrix product C = alpha · op(A)·op(B) + beta · C + bias on row-major matrices with leading dimensions.</summary>
internal static unsafe class Gemm
{
    // Below this many multiply-adds one thread is faster than waking a second.
    private const long ParallelWork = 300_000;

    /// <summary>The product on all <see cref="Workers"/>.</summary>
    /// <param name="transA">False: A is stored [m, k]; true: A is stored [k, m].</param>
    /// <param name="transB">False: B is stored [k, n]; true: B is stored [n, k].</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">Length of each sum; 0 leaves beta · C + bias.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="a">A.</param>
    /// <param name="lda">Elements between rows of A as stored.</param>
    /// <param name="b">B.</param>
    /// <param name="ldb">Elements between rows of B as stored.</param>
    /// <param name="beta">Factor of the old C; with 0 the old C is not read (it may hold NaN).</param>
    /// <param name="c">C [m, n].</param>
    /// <param name="ldc">Elements between rows of C.</param>
    /// <param name="bias">[n], added to every row, or null.</param>
    public static void Run(
        bool transA, bool transB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc, float* bias)
    {
        if ((long)m * n * k < ParallelWork || m == 1)
        {
            RunSingle(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, bias);
            return;
        }
        Workers.For(m, (from, to) => RunSingle(
            transA, transB, to - from, n, k, alpha, a + (transA ? from : (long)from * lda), lda, b, ldb, beta, c + (long)from * ldc, ldc, bias));
    }

    /// <summary>The product on the calling thread only, for use inside a worker.</summary>
    /// <inheritdoc cref="Run"/>
    public static void RunSingle(
        bool transA, bool transB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc, float* bias)
    {
        long aRow = transA ? 1 : lda, aStep = transA ? lda : 1;
        for (int i = 0; i < m; i++)
        {
            float* row = c + (long)i * ldc;
            for (int j = 0; j < n; j++) row[j] = (beta == 0 ? 0 : beta * row[j]) + (bias == null ? 0 : bias[j]);
            float* x = a + i * aRow;
            if (transB)
            {
                for (int j = 0; j < n; j++)
                {
                    float sum = 0;
                    for (int p = 0; p < k; p++) sum += x[p * aStep] * b[(long)j * ldb + p];
                    row[j] += alpha * sum;
                }
            }
            else
            {
                for (int p = 0; p < k; p++) AddScaled(alpha * x[p * aStep], b + (long)p * ldb, row, n);
            }
        }
    }

    /// <summary>Many products of the same size, matrix i at <c>a + i·strideA</c> and so on; a stride of 0 shares one matrix (A or B).</summary>
    /// <inheritdoc cref="Run"/>
    public static void Batched(
        bool transA, bool transB, int batch, int m, int n, int k, float alpha, float* a, int lda, long strideA,
        float* b, int ldb, long strideB, float beta, float* c, int ldc, long strideC, float* bias)
    {
        for (int i = 0; i < batch; i++)
        {
            Run(transA, transB, m, n, k, alpha, a + i * strideA, lda, b + i * strideB, ldb, beta, c + i * strideC, ldc, bias);
        }
    }

    private static void AddScaled(float scale, float* x, float* y, int n)
    {
        int j = 0;
        var s = new Vector<float>(scale);
        for (; j <= n - Vector<float>.Count; j += Vector<float>.Count)
        {
            Vector.Store(Vector.Load(y + j) + s * Vector.Load(x + j), y + j);
        }
        for (; j < n; j++) y[j] += scale * x[j];
    }
}
