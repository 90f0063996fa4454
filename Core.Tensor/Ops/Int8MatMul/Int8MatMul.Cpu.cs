using System.Runtime.Intrinsics;

namespace Vitrine.Tensors;

/// <summary>
/// The CPU kernel of int8_mat_mul: dot products for a few rows, <see cref="Gemm"/> with panels unpacked on the way for many.
/// </summary>
internal static unsafe class Int8MatMulCpu
{
    // Up to here the integers are read once from memory and their products kept in registers; above, unpacking them pays (measured).
    private const int DotRows = 16;

    /// <summary>
    /// Y = X·W or X·Wᵀ + bias; work is (n, m); tensors X [m, k], integers, scale [rows], Y [m, n], bias?; scalars k, W transposed, skip
    /// zero rows of X.
    /// </summary>
    public static void Forward(KernelCall call)
    {
        Scalar[] s = call.Scalars;
        (int n, int m, int k, bool transposed, bool sparse) = (call.Work.X, call.Work.Y, s[0].Int, s[1].Int != 0, s[2].Int != 0);
        GemmProblem g = new()
        {
            M = m,
            N = n,
            K = k,
            Alpha = 1,
            TransB = transposed,
            Lda = k,
            Ldb = transposed ? k : n,
            Ldc = n,
            A = call.Float(0),
            Int8 = call.Int8(1),
            RowScale = call.Float(2),
            C = call.Float(3),
            Bias = call.Float(4),
        };
        if (transposed && k > 0 && m <= DotRows)
        {
            Dots(g);
        }
        else if (!sparse || !MatMulCpu.TrySparse(g))
        {
            Gemm.Multiply(g);
        }
    }

    private static void Dots(in GemmProblem g)
    {
        if (CpuVectors.Uses512) Int8Dots<Simd512, Vector512<float>>.Run(g);
        else if (Vector256.IsHardwareAccelerated) Int8Dots<Simd256, Vector256<float>>.Run(g);
        else Int8Dots<Simd128, Vector128<float>>.Run(g);
    }
}
