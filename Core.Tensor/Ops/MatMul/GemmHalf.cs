namespace Vitrine.Tensors;

/// <summary>Products with B in half precision: stripes of its columns are widened into cache, and multiplied as float32 is.</summary>
internal static unsafe class GemmHalf
{
    // Floats of a widened stripe: it stays in the second-level cache. Every stripe packs A again, so that with many rows wide ones pay.
    private const int StripeFloats = 1 << 16, MostStripeFloats = 1 << 19, RowsOfA = 8;

    /// <summary>The product; the stripes are the same on any number of threads, and so are the bits.</summary>
    public static void Run(GemmProblem g, bool parallel)
    {
        int floats = (int)Math.Clamp((long)StripeFloats * g.M / RowsOfA, StripeFloats, MostStripeFloats);
        int width = Math.Clamp(Math.Min(floats / g.K, g.N / 8) & ~15, 16, 512), stripes = (g.N + width - 1) / width;
        if (parallel)
        {
            Workers.For(stripes, (from, to) => Stripes(g, width, from, to));
        }
        else
        {
            Stripes(g, width, 0, stripes);
        }
    }

    private static void Stripes(in GemmProblem g, int width, int from, int to)
    {
        float* stripe = GemmBuffer.ForWidened((long)width * g.K);
        for (int i = from; i < to; i++)
        {
            int column = i * width, columns = Math.Min(width, g.N - column);
            (int rows, int length) = g.TransB ? (columns, g.K) : (g.K, columns);
            Half* source = g.Half + (g.TransB ? (long)column * g.Ldb : column);
            for (int row = 0; row < rows; row++)
            {
                HalfPrecision.Widen(source + ((long)row * g.Ldb), new Span<float>(stripe + ((long)row * length), length));
            }
            float* bias = g.Bias == null ? null : g.Bias + column;
            Gemm.RunSingle(g.TransA, g.TransB, g.M, columns, g.K, g.Alpha, g.A, g.Lda, stripe, length, g.Add
                ? 1 : 0, g.C + column, g.Ldc, bias);
        }
    }
}
