using System.Numerics;
using Vitrine.Tensors;
using Vitrine.Tests.Backends;
using Xunit;

namespace Vitrine.Tests.Ops;

[Collection(nameof(WorkerCount))]
public sealed unsafe class GemmTests
{
    public static TheoryData<int, int, int> Sizes()
    {
        var data = new TheoryData<int, int, int>();
        int[] odd = [1, 3, 17, 65];
        foreach (int m in odd)
            foreach (int n in odd)
                foreach (int k in odd) data.Add(m, n, k);
        foreach ((int m, int n, int k) in new[]
        {
            (257, 257, 257), (1, 257, 1025), (2, 1000, 65), (16, 517, 1030), (129, 31, 1543), (13, 2049, 33), (1, 5000, 3), (500, 1, 257),
            (0, 5, 5), (5, 0, 5), (5, 5, 0), (17, 33, 0), (64, 64, 64), (128, 768, 768),
        }) data.Add(m, n, k);
        return data;
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Run_AnySizeAndTransposition_MatchesDoubleReference(int m, int n, int k)
    {
        foreach (Problem p in Problem.Variants(m, n, k))
        {
            p.Check((t, a, b, c, bias) => Gemm.Run(p.TransA, p.TransB, m, n, k, p.Alpha, a, p.Lda, b, p.Ldb, p.Beta, c, p.Ldc, bias));
            p.Check((t, a, b, c, bias) => Gemm.RunSingle(p.TransA, p.TransB, m, n, k, p.Alpha, a, p.Lda, b, p.Ldb, p.Beta, c, p.Ldc, bias));
        }
    }

    [Theory]
    [InlineData(1, 3000, 700)]
    [InlineData(7, 1500, 400)]
    [InlineData(130, 300, 500)]
    [InlineData(300, 70, 1500)]
    public void Run_AnyThreadCount_GivesTheSameBits(int m, int n, int k)
    {
        foreach (Problem p in Problem.Variants(m, n, k))
        {
            float[]? first = null;
            foreach (int threads in new[] { 1, 2, 3, 8 })
            {
                float[] c = [];
                WorkersTests.WithCount(threads, () =>
                    c = p.Compute((t, a, b, c, bias) => Gemm.Run(p.TransA, p.TransB, m, n, k, p.Alpha, a, p.Lda, b, p.Ldb, p.Beta, c, p.Ldc,
                        bias)));
                first ??= c;
                Assert.True(first.AsSpan().SequenceEqual(c), $"{p} with {threads} threads");
            }
        }
    }

    [Fact]
    public void Run_OneRowAmongMany_EqualsTheRowAlone()
    {
        const int m = 37, n = 330, k = 770;
        foreach (bool transB in new[] { false, true })
        {
            var random = new Random(3);
            float[] a = Problem.Fill(random, m * k), b = Problem.Fill(random, n * k), all = new float[m * n], alone = new float[n];
            fixed (float* pa = a, pb = b, pAll = all, pAlone = alone)
            {
                Gemm.Run(false, transB, m, n, k, 1, pa, k, pb, transB ? k : n, 0, pAll, n, null);
                for (int i = 0; i < m; i++)
                {
                    Gemm.Run(false, transB, 1, n, k, 1, pa + i * k, k, pb, transB ? k : n, 0, pAlone, n, null);

                    Problem.AssertClose(all.AsSpan(i * n, n), alone, k, $"row {i}, transB {transB}");
                }
            }
        }
    }

    [Theory]
    [InlineData(1, 40, 40)]
    [InlineData(9, 40, 40)]
    [InlineData(64, 40, 300)]
    public void Run_NaNAndInfinity_ReachEveryElementTheyTouch(int m, int n, int k)
    {
        foreach (Problem p in Problem.Variants(m, n, k).Where(p => p.Alpha != 0))
        {
            int at = k / 2;
            p.A[p.TransA ? at * p.Lda : at] = 0; // 0 · Inf is NaN: zeros must not be skipped
            for (int j = 0; j < n; j++) p.B[p.TransB ? j * p.Ldb + at : at * p.Ldb + j] = float.PositiveInfinity;

            float[] c = p.Compute((t, a, b, c, bias) => Gemm.Run(p.TransA, p.TransB, m, n, k, p.Alpha, a, p.Lda, b, p.Ldb, p.Beta, c, p.Ldc,
                bias));

            for (int j = 0; j < n; j++) Assert.True(float.IsNaN(c[j]), $"{p}: column {j} is {c[j]}");
            for (int i = 1; i < m; i++)
                for (int j = 0; j < n; j++) Assert.True(float.IsInfinity(c[i * p.Ldc + j]), $"{p}: [{i}, {j}] is {c[i * p.Ldc + j]}");
        }
    }

    [Theory]
    [InlineData(1, 50, 50)]
    [InlineData(64, 100, 100)]
    [InlineData(5, 5, 0)]
    public void Run_BetaZero_DoesNotReadTheOldResult(int m, int n, int k)
    {
        foreach (Problem p in Problem.Variants(m, n, k).Where(p => p.Beta == 0))
        {
            Array.Fill(p.C, float.NaN);

            float[] c = p.Compute((t, a, b, c, bias) => Gemm.Run(p.TransA, p.TransB, m, n, k, p.Alpha, a, p.Lda, b, p.Ldb, 0, c, p.Ldc,
                bias));

            for (int i = 0; i < m; i++)
                for (int j = 0; j < n; j++) Assert.False(float.IsNaN(c[i * p.Ldc + j]), $"{p}: [{i}, {j}]");
        }
    }

    [Fact]
    public void Run_FromSeveralThreadsAtOnce_EachMatchesTheReference()
    {
        var failures = new List<string>();
        var threads = Enumerable.Range(0, 6).Select(t => new Thread(() =>
        {
            try
            {
                for (int round = 0; round < 5; round++)
                {
                    foreach (Problem p in Problem.Variants(60 + 13 * t, 130 + 7 * round, 100 + 31 * t).Take(8))
                    {
                        p.Check((_, a, b, c, bias) =>
                            Gemm.Run(p.TransA, p.TransB, p.M, p.N, p.K, p.Alpha, a, p.Lda, b, p.Ldb, p.Beta, c, p.Ldc, bias));
                    }
                }
            }
            catch (Exception e)
            {
                lock (failures) failures.Add(e.Message);
            }
        })).ToArray();

        foreach (Thread t in threads) t.Start();
        foreach (Thread t in threads) t.Join();

        Assert.Empty(failures);
    }

    [Fact]
    public void RunSingle_SmallSizesOnAWarmThread_AllocatesNothing()
    {
        Problem p = Problem.Variants(100, 120, 64).First();
        float[] c = new float[p.SizeC];
        fixed (float* pa = p.A, pb = p.B, pc = c)
        {
            Gemm.RunSingle(p.TransA, p.TransB, p.M, p.N, p.K, 1, pa, p.Lda, pb, p.Ldb, 0, pc, p.Ldc, null);

            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10; i++) Gemm.RunSingle(p.TransA, p.TransB, p.M, p.N, p.K, 1, pa, p.Lda, pb, p.Ldb, 0, pc, p.Ldc, null);
            long after = GC.GetAllocatedBytesForCurrentThread();

            Assert.Equal(before, after);
        }
    }

    internal delegate void Product(Problem p, float* a, float* b, float* c, float* bias);

    /// <summary>One product with its operands, guard elements around C's rows, and the answer in double precision.</summary>
    internal sealed class Problem
    {
        public required bool TransA { get; init; }
        public required bool TransB { get; init; }
        public required bool HasBias { get; init; }
        public required float Alpha { get; init; }
        public required float Beta { get; init; }
        public int M { get; }
        public int N { get; }
        public int K { get; }
        public int Pad { get; }
        public float[] A { get; }
        public float[] B { get; }
        public float[] C { get; }
        public float[] Bias { get; }

        private Problem(int m, int n, int k, int pad)
        {
            (M, N, K, Pad) = (m, n, k, pad);
            var random = new Random(m * 31 + n * 17 + k);
            A = Fill(random, (m + pad) * (k + pad));
            B = Fill(random, (k + pad) * (n + pad));
            C = Fill(random, m * (n + pad));
            Bias = Fill(random, n);
        }

        public int Lda => (TransA ? M : K) + Pad;
        public int Ldb => (TransB ? K : N) + Pad;
        public int Ldc => N + Pad;
        public int SizeA => A.Length;
        public int SizeB => B.Length;
        public int SizeC => C.Length;

        public static IEnumerable<Problem> Variants(int m, int n, int k)
        {
            foreach (bool transA in new[] { false, true })
                foreach (bool transB in new[] { false, true })
                {
                    yield return new(m, n, k, 0) { TransA = transA, TransB = transB, Alpha = 1, Beta = 0, HasBias = false };
                    yield return new(m, n, k, 5) { TransA = transA, TransB = transB, Alpha = -0.5f, Beta = 1, HasBias = true };
                    yield return new(m, n, k, 16) { TransA = transA, TransB = transB, Alpha = 1, Beta = 0, HasBias = true };
                    yield return new(m, n, k, 1) { TransA = transA, TransB = transB, Alpha = 2, Beta = 1, HasBias = false };
                }
        }

        public float[] Compute(Product product)
        {
            float[] c = (float[])C.Clone();
            fixed (float* a = A, b = B, pc = c, bias = Bias) product(this, a, b, pc, HasBias ? bias : null);
            return c;
        }

        public void Check(Product product) => AssertClose(Expected, Compute(product), K, ToString());

        private float[] Expected => field ??= Reference();

        private float[] Reference()
        {
            // Double copies with the summed axis contiguous in both, so that the reference is a plain dot product.
            double[] rows = new double[M * K], columns = new double[N * K];
            for (int i = 0; i < M; i++)
                for (int p = 0; p < K; p++) rows[i * K + p] = A[TransA ? p * Lda + i : i * Lda + p];
            for (int j = 0; j < N; j++)
                for (int p = 0; p < K; p++) columns[j * K + p] = B[TransB ? j * Ldb + p : p * Ldb + j];
            var expected = (float[])C.Clone(); // the padding must come back untouched
            for (int i = 0; i < M; i++)
            {
                for (int j = 0; j < N; j++)
                {
                    double sum = Dot(rows.AsSpan(i * K, K), columns.AsSpan(j * K, K));
                    expected[i * Ldc + j] = (float)(Alpha * sum + (Beta == 0 ? 0 : C[i * Ldc + j]) + (HasBias ? Bias[j] : 0));
                }
            }
            return expected;
        }

        private static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
        {
            var sum = Vector<double>.Zero;
            int p = 0;
            for (; p <= x.Length - Vector<double>.Count; p += Vector<double>.Count) sum += new Vector<double>(x[p..])
                * new Vector<double>(y[p..]);
            double total = Vector.Sum(sum);
            for (; p < x.Length; p++) total += x[p] * y[p];
            return total;
        }

        public static float[] Fill(Random random, int length)
        {
            var values = new float[length];
            for (int i = 0; i < length; i++) values[i] = random.NextSingle() * 2 - 1;
            return values;
        }

        // Values lie in [-1, 1], so partial sums grow like sqrt(k); each addition may round by 2^-24 of that, and errors add like a walk.
        public static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, int k, string what)
        {
            float tolerance = 4e-6f * MathF.Sqrt(k + 4);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.True(MathF.Abs(expected[i] - actual[i]) <= tolerance,
                    $"{what}: element {i} is {actual[i]:R}, expected {expected[i]:R} ± {tolerance:E1}");
            }
        }

        public override string ToString() =>
            $"{M}x{K}x{N} {(TransA ? 'T' : 'N')}{(TransB ? 'T' : 'N')} alpha {Alpha} beta {Beta} bias {HasBias} pad {Pad}";
    }
}
