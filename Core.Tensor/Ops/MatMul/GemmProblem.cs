namespace Vitrine.Tensors;

/// <summary>One product C[m, n] = alpha · op(A)·op(B) + (Add ? C : 0) + bias, as the kernels pass it on.</summary>
internal unsafe struct GemmProblem
{
    public bool TransA, TransB;
    public int M, N, K;
    public float Alpha;
    public float* A, B, C, Bias;
    public Half* Half;       // when not null: B in half precision
    public sbyte* Int8;      // when not null: B in 8 bits, and
    public float* RowScale;  // what one unit of each of its stored rows is worth
    public int Lda, Ldb, Ldc;
    public bool Add;

    /// <summary>Address of op(A)[i, p].</summary>
    public readonly float* AddressOfA(int i, int p) => A + (TransA ? (long)p * Lda + i : (long)i * Lda + p);

    /// <summary>Address of op(B)[p, j].</summary>
    public readonly float* AddressOfB(int p, int j) => B + (TransB ? (long)j * Ldb + p : (long)p * Ldb + j);
}
