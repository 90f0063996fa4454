using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Vitrine.Tensors;

/// <summary>
/// Single-precision matrix product C = alpha · op(A)·op(B) + beta · C + bias on row-major matrices with leading dimensions.
/// </summary>
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
        bool transA, bool transB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc,
        float* bias)
    {
        Multiply(Problem(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, bias));
    }

    /// <summary>A product as the kernels pass it on, on all <see cref="Workers"/>.</summary>
    public static void Multiply(in GemmProblem g) => Product(g, (long)g.M * g.N * g.K >= ParallelWork && !Workers.IsInside);

    /// <summary>The product on the calling thread only, for use inside a worker.</summary>
    /// <inheritdoc cref="Run"/>
    public static void RunSingle(
        bool transA, bool transB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc,
        float* bias)
    {
        Product(Problem(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, bias), parallel: false);
    }

    internal static bool ManyRegisters => CpuVectors.Uses512 || AdvSimd.Arm64.IsSupported;

    private static GemmProblem Problem(
        bool transA, bool transB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc,
        float* bias) =>
        new()
        {
            TransA = transA,
            TransB = transB,
            M = m,
            N = n,
            K = k,
            Alpha = alpha,
            A = a,
            Lda = lda,
            B = b,
            Ldb = ldb,
            Add = beta != 0,
            C = c,
            Ldc = ldc,
            Bias = bias,
        };

    private static void Product(in GemmProblem g, bool parallel)
    {
        if (g.M == 0 || g.N == 0) return;
        if (g.K == 0) Empty(g);
        else if (g.Half != null) GemmHalf.Run(g, parallel);
        else if (CpuVectors.Uses512) Product<Simd512, Vector512<float>>(g, parallel);
        else if (Vector256.IsHardwareAccelerated) Product<Simd256, Vector256<float>>(g, parallel);
        else Product<Simd128, Vector128<float>>(g, parallel);
    }

    private static void Product<S, V>(in GemmProblem g, bool parallel)
        where S : struct, ISimd<V>
        where V : struct
    {
        if (g.M == 1 && g.Int8 == null) GemmRow<S, V>.Run(g, parallel);
        else GemmBlocked<S, V>.Run(g, parallel);
    }

    private static void Empty(in GemmProblem g)
    {
        for (int i = 0; i < g.M; i++)
        {
            float* row = g.C + (long)i * g.Ldc;
            for (int j = 0; j < g.N; j++) row[j] = (g.Add ? row[j] : 0) + (g.Bias == null ? 0 : g.Bias[j]);
        }
    }
}
