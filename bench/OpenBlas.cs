using System.Runtime.InteropServices;

namespace Vitrine.Bench;

/// <summary>The yardstick: <c>cblas_sgemm</c> of Debian's libopenblas0-pthread. Never shipped, never referenced by the engine.</summary>
internal static unsafe partial class OpenBlas
{
    private const int RowMajor = 101, NoTranspose = 111, Transpose = 112;

    /// <summary>How many threads it uses.</summary>
    [LibraryImport("libopenblas.so.0", EntryPoint = "openblas_set_num_threads")]
    public static partial void SetThreads(int count);

    /// <summary>Which processor it chose its kernels for; <c>OPENBLAS_CORETYPE</c> overrides that.</summary>
    public static string CoreName => Marshal.PtrToStringUTF8(GetCoreName()) ?? "unknown";

    /// <summary>C = A·B, or A·Bᵀ with B stored [n, k].</summary>
    public static void Multiply(bool transposeB, int m, int n, int k, float* a, float* b, float* c) =>
        Sgemm(RowMajor, NoTranspose, transposeB ? Transpose : NoTranspose, m, n, k, 1, a, k, b, transposeB ? k : n, 0, c, n);

    /// <summary>
    /// Loads the library; false where it is not installed. Its idle threads spin for tens of milliseconds before they sleep, and take a
    /// core from us: 2²¹ cycles (1 ms) are enough for calls that follow each other.
    /// </summary>
    public static bool Open()
    {
        _ = SetVariable("OPENBLAS_THREAD_TIMEOUT", "21", 1); // .NET's own setter does not reach native code
        return NativeLibrary.TryLoad("libopenblas.so.0", out _);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libopenblas.so.0", EntryPoint = "openblas_get_corename")]
    private static partial nint GetCoreName();

    [LibraryImport("libopenblas.so.0", EntryPoint = "cblas_sgemm")]
    private static partial void Sgemm(int order, int transA, int transB, int m, int n, int k, float alpha, float* a, int lda, float* b,
        int ldb, float beta, float* c, int ldc);
}
