namespace Vitrine.Tensors;

internal unsafe static class GemmBlocked<S, V>
    where S : struct, ISimd<V>
    where V : struct
{
    public const int KBlock = 384;
    public const int StripeColumns = 192;
    private const long SlabFloats = 4 << 20;

    private static int TileColumns => 2 * S.Lanes;

    private static int TileRows => Gemm.ManyRegisters ? 12 : 6;

    /// <summary>Everything fixed before the work is cut up.</summary>
    private struct Plan
    {
        public GemmProblem Problem;
        public int KBlocks, KPerBlock;
        public int RowPanels, RowPanelSize;
        public int ColumnPanels, StripePanels, Stripes;
        public int RowChunks, ChunkPanels;
        public float* PackedA;
    }

    public static void Run(in GemmProblem whole, bool parallel)
    {
        int kBlocks = (whole.K - 1) / KBlock + 1;
        int kPerBlock = ((whole.K - 1) / kBlocks + 8) & ~7;
        kBlocks = (whole.K - 1) / kPerBlock + 1;
        int panelSize = kPerBlock * TileRows + GemmPack.Overrun;
        long slabPanels = Math.Max(1, SlabFloats / ((long)panelSize * kBlocks));
        int slabRows = (int)Math.Min(whole.M, slabPanels * TileRows);
        for (int i = 0; i < whole.M; i += slabRows)
        {
            Plan plan = default;
            plan.Problem = whole;
            plan.Problem.M = Math.Min(slabRows, whole.M - i);
            plan.Problem.A = whole.RowOfA(i, 0);
            plan.Problem.C = whole.C + (long)i * whole.Ldc;
            plan.KBlocks = kBlocks;
            plan.KPerBlock = kPerBlock;
            plan.RowPanelSize = panelSize;
            plan.RowPanels = (plan.Problem.M - 1) / TileRows + 1;
            plan.ColumnPanels = (whole.N - 1) / TileColumns + 1;
            plan.PackedA = GemmBuffer.ForA((long)panelSize * kBlocks * plan.RowPanels);
            Cut(ref plan, parallel ? Workers.Count : 1);
            if (parallel)
            {
                RunParallel(plan);
            }
            else
            {
                PackA(plan, 0, plan.RowPanels * plan.KBlocks);
                Multiply(plan, 0, plan.Stripes * plan.RowChunks);
            }
        }
    }

    private static void Cut(ref Plan plan, int threads)
    {
        int stripes = Math.Max((plan.ColumnPanels * TileColumns - 1) / StripeColumns + 1, threads > 1 ? 2 * threads : 1);
        plan.StripePanels = (plan.ColumnPanels - 1) / Math.Min(stripes, plan.ColumnPanels) + 1;
        plan.Stripes = (plan.ColumnPanels - 1) / plan.StripePanels + 1;
        int chunks = threads == 1 ? 1 : Math.Min((2 * threads - 1) / plan.Stripes + 1, plan.RowPanels);
        plan.ChunkPanels = (plan.RowPanels - 1) / chunks + 1;
        plan.RowChunks = (plan.RowPanels - 1) / plan.ChunkPanels + 1;
    }

    private static void RunParallel(Plan plan)
    {
        Workers.For(plan.RowPanels * plan.KBlocks, (from, to) => PackA(plan, from, to));
        Workers.For(plan.Stripes * plan.RowChunks, (from, to) => Multiply(plan, from, to));
    }

    private static int PaddedRows(int rows) => TileRows == 12 ? (rows + 3) & ~3 : (rows + 1) & ~1;

    private static void PackA(in Plan plan, int from, int to)
    {
        ref readonly GemmProblem g = ref plan.Problem;
        for (int item = from; item < to; item++)
        {
            (int block, int panel) = int.DivRem(item, plan.RowPanels);
            int k0 = block * plan.KPerBlock, k = Math.Min(plan.KPerBlock, g.K - k0);
            int row = panel * TileRows, rows = Math.Min(TileRows, g.M - row), width = PaddedRows(rows);
            float* to_ = plan.PackedA + (long)item * plan.RowPanelSize;
            float* source = g.RowOfA(row, k0);
            if (g.TransA) GemmPack.Copy(source, g.Lda, rows, to_, width, k);
            else GemmPack.Transpose(source, g.Lda, rows, to_, width, k);
            if (g.Alpha != 1) GemmPack.Scale(to_, width * k, g.Alpha);
        }
    }

    private static void Multiply(in Plan plan, int from, int to)
    {
        ref readonly GemmProblem g = ref plan.Problem;
        int columnPanelSize = plan.KPerBlock * TileColumns + GemmPack.Overrun;
        float* packedB = GemmBuffer.ForB((long)columnPanelSize * plan.StripePanels);
        for (int task = from; task < to; task++)
        {
            (int stripe, int chunk) = int.DivRem(task, plan.RowChunks);
            int firstColumn = stripe * plan.StripePanels, columnPanels = Math.Min(plan.StripePanels, plan.ColumnPanels - firstColumn);
            int firstRow = chunk * plan.ChunkPanels, lastRow = Math.Min(firstRow + plan.ChunkPanels, plan.RowPanels);
            for (int block = 0; block < plan.KBlocks; block++)
            {
                int k0 = block * plan.KPerBlock, k = Math.Min(plan.KPerBlock, g.K - k0);
                PackB(g, k0, k, firstColumn * TileColumns, columnPanels, packedB, columnPanelSize);
                for (int i = firstRow; i < lastRow; i++)
                {
                    float* a = plan.PackedA + ((long)block * plan.RowPanels + i) * plan.RowPanelSize;
                    int rows = Math.Min(TileRows, g.M - i * TileRows);
                    for (int j = 0; j < columnPanels; j++)
                    {
                        int column = (firstColumn + j) * TileColumns;
                        Tile(g, rows, Math.Min(TileColumns, g.N - column), k, a, packedB + (long)j * columnPanelSize, TileColumns,
                            g.C + (long)i * TileRows * g.Ldc + column, g.Add || block > 0, g.Bias == null || block > 0 ? null : g.Bias + column);
                    }
                }
            }
        }
    }

    private static void PackB(in GemmProblem g, int k0, int k, int column, int panels, float* to, int panelSize)
    {
        for (int j = 0; j < panels; j++, column += TileColumns, to += panelSize)
        {
            float* source = g.ColumnOfB(k0, column);
            int columns = Math.Min(TileColumns, g.N - column);
            if (g.TransB) GemmPack.Transpose(source, g.Ldb, columns, to, TileColumns, k);
            else GemmPack.Copy(source, g.Ldb, columns, to, TileColumns, k);
        }
    }

    private static void Tile(in GemmProblem g, int rows, int columns, int k, float* a, float* b, long ldb, float* c, bool add, float* bias)
    {
        if (rows == PaddedRows(rows) && columns == TileColumns)
        {
            Tile(rows, k, a, b, ldb, c, g.Ldc, add, bias);
            return;
        }
        float* tile = stackalloc float[12 * 32];
        Tile(PaddedRows(rows), k, a, b, ldb, tile, TileColumns, false, null);
        for (int i = 0; i < rows; i++, c += g.Ldc, tile += TileColumns)
        {
            for (int j = 0; j < columns; j++)
            {
                c[j] = (add ? tile[j] + c[j] : tile[j]) + (bias == null ? 0 : bias[j]);
            }
        }
    }

    private static void Tile(int rows, int k, float* a, float* b, long ldb, float* c, long ldc, bool add, float* bias)
    {
        switch (rows)
        {
            case 2: GemmKernel<S, V>.Tile<Rows2>(k, a, b, ldb, c, ldc, add, bias); break;
            case 4: GemmKernel<S, V>.Tile<Rows4>(k, a, b, ldb, c, ldc, add, bias); break;
            case 6: GemmKernel<S, V>.Tile<Rows6>(k, a, b, ldb, c, ldc, add, bias); break;
            case 8: GemmKernel<S, V>.Tile<Rows8>(k, a, b, ldb, c, ldc, add, bias); break;
            default: GemmKernel<S, V>.Tile<Rows12>(k, a, b, ldb, c, ldc, add, bias); break;
        }
    }
}
