// The macro-kernel: how A and B are cut so that the micro-kernel always reads from near memory.
// After GotoBLAS (Goto & van de Geijn 2008, "Anatomy of high-performance matrix multiplication") and BLIS (Van Zee & van de Geijn
// 2015), with one change: all of A is packed before the first tile instead of block by block, so threads meet twice per product.
//
//     A (m × k)  cut into row panels of 12 or 6 rows, and k into blocks; every (block, panel) packed once, in parallel
//     B (k × n)  cut into stripes of columns, which the threads take; a stripe into panels of two vectors, packed block by block
//
//     for each stripe of B                         task of one thread; no two tasks write the same part of C
//       for each block of k
//         pack the stripe's block                  → second-level cache, 384 × 192 floats = 288 KiB
//         for each row panel of A                  → first-level cache, 12 × 384 floats = 18 KiB, used for the whole stripe
//           for each column panel of the stripe
//             micro-kernel                         C tile += A panel · B panel, in registers
//
// The sum of one element runs over k in order, cut at multiples of the block: it depends neither on the number of threads nor on
// how rows and columns were dealt out.
// Measured on one AVX-512 core (peak 190 GFLOP/s): the micro-kernel reaches 97 % of the peak here; packing B costs 9 % at 128 rows,
// 3 % at 512.

namespace Vitrine.Tensors;

internal static unsafe class GemmBlocked<S, V>
    where S : struct, ISimd<V>
    where V : struct
{
    // Steps of k per block. Longer blocks read and write C less often; the limits are an A panel in the first-level cache and a
    // stripe in the second. 256 to 512 differ by 3 %.
    private const int KBlock = 384;

    // Column panels per stripe: 192 columns with AVX-512. Wider stripes read A less often, but 384 columns cost 2–8 % where k is long: the
    // packed stripe and the next one, prefetched, no longer stay in the second-level cache together.
    private const int StripePanels = 6;

    // Packed A is bounded: longer matrices are multiplied slab by slab. 4 Mi floats = 16 MiB.
    private const long SlabFloats = 4 << 20;

    private static int TileColumns => 2 * S.Lanes;

    private static int TileRows => Gemm.ManyRegisters ? 12 : 6;

    /// <summary>One slab of rows and how it is cut.</summary>
    private struct Plan
    {
        public GemmProblem Problem;
        public int Blocks, KPerBlock;                    // of k
        public int RowPanels, RowPanelSize;              // of A; size in floats, with the gap after it
        public int ColumnPanels;                         // of B
        public int Stripes, RowChunks;                   // tasks: ranges of column panels × ranges of row panels
        public float* PackedA;                           // [block][row panel][k, rows]
    }

    /// <summary>Runs the product; m, n and k are at least 1.</summary>
    public static void Run(in GemmProblem problem, bool parallel)
    {
        Plan plan = default;
        plan.Blocks = (problem.K - 1) / KBlock + 1;
        plan.KPerBlock = (problem.K - 1) / plan.Blocks + 1;
        plan.RowPanelSize = plan.KPerBlock * TileRows + GemmPack.Overrun;
        plan.ColumnPanels = (problem.N - 1) / TileColumns + 1;

        long panels = Math.Max(1, SlabFloats / ((long)plan.RowPanelSize * plan.Blocks));
        int slab = (int)Math.Min(problem.M, panels * TileRows);
        for (int i = 0; i < problem.M; i += slab)
        {
            plan.Problem = problem;
            plan.Problem.M = Math.Min(slab, problem.M - i);
            plan.Problem.A = problem.AddressOfA(i, 0);
            plan.Problem.C = problem.C + (long)i * problem.Ldc;
            plan.RowPanels = (plan.Problem.M - 1) / TileRows + 1;
            plan.PackedA = GemmBuffer.ForA((long)plan.RowPanelSize * plan.RowPanels * plan.Blocks);
            DealOut(ref plan, parallel ? Workers.Count : 1);
            if (parallel)
            {
                RunParallel(plan);
            }
            else
            {
                PackA(plan, 0, plan.Blocks * plan.RowPanels);
                Multiply(plan, 0, plan.Stripes * plan.RowChunks);
            }
        }
    }

    // A method of its own: the closures are allocated only here, and the single-threaded path must not allocate.
    private static void RunParallel(Plan plan)
    {
        Workers.For(plan.Blocks * plan.RowPanels, (from, to) => PackA(plan, from, to));
        Workers.For(plan.Stripes * plan.RowChunks, (from, to) => Multiply(plan, from, to));
    }

    // At least two tasks per thread and a multiple of the threads, so that equal threads end together. Rows are divided only where
    // columns are too few: each chunk of rows packs B again.
    private static void DealOut(ref Plan plan, int threads)
    {
        int tasks = threads == 1 ? 1 : 2 * threads;
        int narrowEnough = (plan.ColumnPanels - 1) / StripePanels + 1;
        plan.Stripes = Math.Min(plan.ColumnPanels, Math.Max(tasks, (narrowEnough + threads - 1) / threads * threads));
        plan.RowChunks = Math.Min(plan.RowPanels, (tasks - 1) / plan.Stripes + 1);
    }

    // Where part number i of a row of panels begins when it is divided as evenly as possible.
    private static int Begin(int i, int parts, int panels) => (int)((long)i * panels / parts);

    // The last panel is as high as the smallest kernel that covers its rows.
    private static int PaddedRows(int rows) => TileRows == 12 ? (rows + 3) & ~3 : (rows + 1) & ~1;

    private static void PackA(in Plan plan, int from, int to)
    {
        ref readonly GemmProblem g = ref plan.Problem;
        for (int item = from; item < to; item++)
        {
            (int block, int panel) = int.DivRem(item, plan.RowPanels);
            int k0 = block * plan.KPerBlock, k = Math.Min(plan.KPerBlock, g.K - k0);
            int row = panel * TileRows, rows = Math.Min(TileRows, g.M - row), width = PaddedRows(rows);
            float* packed = plan.PackedA + (long)item * plan.RowPanelSize;
            Pack(g.TransA, g.AddressOfA(row, k0), g.Lda, rows, packed, width, k);
            if (g.Alpha != 1) GemmPack.Scale(packed, width * k, g.Alpha);
        }
    }

    private static void Multiply(in Plan plan, int from, int to)
    {
        ref readonly GemmProblem g = ref plan.Problem;
        int panelSize = plan.KPerBlock * TileColumns + GemmPack.Overrun;
        float* packed = GemmBuffer.ForB((long)panelSize * ((plan.ColumnPanels - 1) / plan.Stripes + 1));
        for (int task = from; task < to; task++)
        {
            (int stripe, int chunk) = int.DivRem(task, plan.RowChunks);
            int firstRow = Begin(chunk, plan.RowChunks, plan.RowPanels), endRow = Begin(chunk + 1, plan.RowChunks, plan.RowPanels);
            int firstColumn = Begin(stripe, plan.Stripes, plan.ColumnPanels),
                endColumn = Begin(stripe + 1, plan.Stripes, plan.ColumnPanels);
            for (int block = 0; block < plan.Blocks; block++)
            {
                int k0 = block * plan.KPerBlock, k = Math.Min(plan.KPerBlock, g.K - k0);
                long steps = (long)k * (endRow - firstRow) * (endColumn - firstColumn);
                GemmPrefetch ahead =
                    block + 1 < plan.Blocks ? NextB(plan, stripe, block + 1, steps) :
                    task + 1 < to ? NextB(plan, (task + 1) / plan.RowChunks, 0, steps) :
                    GemmPrefetch.None(packed);
                // A single row panel uses B once: whole panels are then read where they are.
                bool inPlace = plan.RowPanels == 1 && !g.TransB && g.Int8 == null;
                for (int j = firstColumn; j < endColumn; j++)
                {
                    int column = j * TileColumns;
                    if (inPlace && column + TileColumns <= g.N) continue;
                    float* panel = packed + (long)(j - firstColumn) * panelSize;
                    if (g.Int8 != null) GemmInt8<S, V>.Pack(g, k0, column, panel, TileColumns, k);
                    else Pack(!g.TransB, g.AddressOfB(k0, column), g.Ldb, Math.Min(TileColumns, g.N - column), panel, TileColumns, k);
                }
                for (int i = firstRow; i < endRow; i++)
                {
                    float* a = plan.PackedA + ((long)block * plan.RowPanels + i) * plan.RowPanelSize, b = packed;
                    ahead.OverA(a + plan.RowPanelSize, (TileRows - 1) / (endColumn - firstColumn) + 1);
                    for (int j = firstColumn; j < endColumn; j++, b += panelSize)
                    {
                        bool stay = inPlace && (j + 1) * TileColumns <= g.N;
                        Tile(g, i * TileRows, j * TileColumns, k, a, stay ? g.AddressOfB(k0, j * TileColumns) : b, stay
                            ? g.Ldb : TileColumns,
                            block == 0, ref ahead);
                    }
                }
            }
        }
    }

    private static void Pack(bool contiguous, float* source, long ld, int valid, float* panel, int width, int k)
    {
        if (contiguous) GemmPack.Copy<S, V>(source, ld, valid, panel, width, k);
        else GemmPack.Transpose(source, ld, valid, panel, width, k);
    }

    private static GemmPrefetch NextB(in Plan plan, int stripe, int block, long steps)
    {
        ref readonly GemmProblem g = ref plan.Problem;
        int column = Begin(stripe, plan.Stripes, plan.ColumnPanels) * TileColumns;
        int columns = Math.Min(Begin(stripe + 1, plan.Stripes, plan.ColumnPanels) * TileColumns, g.N) - column;
        int k0 = block * plan.KPerBlock, k = Math.Min(plan.KPerBlock, g.K - k0);
        if (g.Int8 != null) return GemmInt8<S, V>.Ahead(g, k0, column, k, columns, steps);
        float* start = g.AddressOfB(k0, column);
        return g.TransB ? GemmPrefetch.OverB(start, columns, k, g.Ldb, steps) : GemmPrefetch.OverB(start, k, columns, g.Ldb, steps);
    }

    private static void Tile(in GemmProblem g, int row, int column, int k, float* a, float* b, long ldb, bool first, ref GemmPrefetch ahead)
    {
        int rows = Math.Min(TileRows, g.M - row), columns = Math.Min(TileColumns, g.N - column), height = PaddedRows(rows);
        float* c = g.C + (long)row * g.Ldc + column;
        float* bias = first && g.Bias != null ? g.Bias + column : null;
        bool add = g.Add || !first;
        if (rows == height && columns == TileColumns)
        {
            Tile(height, k, a, b, ldb, c, g.Ldc, add, bias, ref ahead);
        }
        else
        {
            EdgeTile(rows, columns, k, a, b, ldb, c, g.Ldc, add, bias, ref ahead);
        }
    }

    // At the right and lower edge the kernel writes a whole tile aside, of which the part that exists is taken over.
    private static void EdgeTile(
        int rows, int columns, int k, float* a, float* b, long ldb, float* c, long ldc, bool add, float* bias, ref GemmPrefetch ahead)
    {
        float* tile = stackalloc float[12 * 2 * 16];
        Tile(PaddedRows(rows), k, a, b, ldb, tile, TileColumns, false, null, ref ahead);
        for (int i = 0; i < rows; i++, c += ldc, tile += TileColumns)
        {
            for (int j = 0; j < columns; j++)
            {
                float sum = add ? tile[j] + c[j] : tile[j];
                c[j] = bias == null ? sum : sum + bias[j];
            }
        }
    }

    private static void Tile(int height, int k, float* a, float* b, long ldb, float* c, long ldc, bool add, float* bias,
        ref GemmPrefetch ahead)
    {
        switch (height)
        {
            case 2: GemmKernel<S, V>.Tile<Rows2>(k, a, b, ldb, c, ldc, add, bias, ref ahead); break;
            case 4: GemmKernel<S, V>.Tile<Rows4>(k, a, b, ldb, c, ldc, add, bias, ref ahead); break;
            case 6: GemmKernel<S, V>.Tile<Rows6>(k, a, b, ldb, c, ldc, add, bias, ref ahead); break;
            case 8: GemmKernel<S, V>.Tile<Rows8>(k, a, b, ldb, c, ldc, add, bias, ref ahead); break;
            default: GemmKernel<S, V>.Tile<Rows12>(k, a, b, ldb, c, ldc, add, bias, ref ahead); break;
        }
    }
}
