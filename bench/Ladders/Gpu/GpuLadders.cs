// The ladders of an OpenCL device. The kernels are in *.ladder.c next to this file; read them from top to bottom.

using Vitrine.Tensors;

namespace Vitrine.Bench.Ladders;

/// <summary>Matrix product, layer normalisation, softmax and attention from one item per result to the engine's kernels.</summary>
internal static class GpuLadders
{
    private const int N = 512, Rows = 4096, Width = 1024, Heads = 12, Length = 256, D = 64;
    private const float Epsilon = 1e-5f;
    private static readonly GpuKernel Row = new("", 128, 1, 1); // a group of 128 items per row on any device

    public static Ladder MatMul()
    {
        var ladder = new KernelLadder("mat_mul");
        Tensor a = Random(1, [N, N]), b = Random(2, [N, N]);
        Tensor[] Operands() => [a, b, Nothing([N, N])];
        return new Ladder
        {
            Title = $"Matrix product, {N} × {N} × {N}",
            Flops = 2.0 * N * N * N,
            Output = new float[N * N],
            Expected = MatMulLadder.Exact(a.ToArray(), b.ToArray(), N),
            Rungs =
            [
                ladder.Rung("naive", "an item makes one element: n numbers of A and n of B, from device memory", new("", 256, 64, 4),
                    new(N, N), Operands(), N),
                ladder.Rung("tiled", "a group fetches 16 × 16 of A and B into its own memory: each number serves 16 items",
                    new("", 256, 16, 16), new(N, N), Operands(), N),
                ladder.Rung("vectorised", "an item makes 4 neighbours: one load fetches 4 numbers of B, each of A is used 4 times",
                    new("", 256, 64, 16), new(N, N), Operands(), N),
                ladder.Rung("blocked", "an item makes 4 × 4 in registers: two loads feed 16 multiply-adds", new("", 256, 64, 64), new(N, N),
                    Operands(), N),
                ladder.Rung("for_a_processor", "4 × 16 in registers straight from cached memory: no copy of a tile, no barrier",
                    new("", 16, 256, 4), new(N, N), Operands(), N),
                Rung.Engine("blocked, with edges, batches and every way to store A and B (Ops/MatMul)", () => a.MatMul(b)),
            ],
        };
    }

    public static Ladder LayerNorm()
    {
        var ladder = new KernelLadder("layer_norm");
        Tensor x = Random(1, [Rows, Width]), gamma = Random(2, [Width]), beta = Random(3, [Width]);
        Tensor[] Operands() => [x, gamma, beta, Nothing([Rows, Width])];
        return new Ladder
        {
            Title = $"Layer normalisation, {Rows} rows of {Width}",
            Bytes = 2.0 * sizeof(float) * Rows * Width,
            Output = new float[Rows * Width],
            Expected = LayerNormLadder.Exact(x.ToArray(), gamma.ToArray(), beta.ToArray()),
            Rungs =
            [
                ladder.Rung("naive", "an item makes a row: neighbours read rows that lie far apart, three times", GpuKernel.Elements(""),
                    Rows, Operands(), Epsilon),
                ladder.Rung("tiled", "a group makes a row: neighbours read neighbouring numbers, and add up in a tree", Row, Rows,
                    Operands(), Epsilon),
                ladder.Rung("vectorised", "four numbers per load and store", Row, Rows, Operands(), Epsilon),
                ladder.Rung("blocked", "an item keeps its 8 numbers in registers: the row is read once", Row, Rows, Operands(), Epsilon),
                Rung.Engine("rows of any width; mean and 1/deviation are kept for the backward pass (Ops/LayerNorm)",
                    () => x.LayerNorm(gamma, beta, Epsilon)),
            ],
        };
    }

    public static Ladder Softmax()
    {
        var ladder = new KernelLadder("softmax");
        Tensor x = Random(1, [Rows, Width]).Scale(20);
        Tensor[] Operands() => [x, Nothing([Rows, Width])];
        return new Ladder
        {
            Title = $"Softmax, {Rows} rows of {Width}",
            Bytes = 2.0 * sizeof(float) * Rows * Width,
            Output = new float[Rows * Width],
            Expected = SoftmaxLadder.Exact(x.ToArray(), Width),
            Rungs =
            [
                ladder.Rung("naive", "an item makes a row: neighbours read rows that lie far apart", GpuKernel.Elements(""), Rows,
                    Operands()),
                ladder.Rung("tiled", "a group makes a row: maximum and sum are trees in memory of the group", Row, Rows, Operands()),
                ladder.Rung("vectorised", "four numbers per load and store", Row, Rows, Operands()),
                ladder.Rung("blocked", "an item keeps its 8 numbers in registers: one read, one write", Row, Rows, Operands()),
                Rung.Engine("rows of any width, a mask; three passes, and a row stays in cache (Ops/Softmax)", () => x.Softmax()),
            ],
        };
    }

    public static Ladder Attention()
    {
        var ladder = new KernelLadder("attention");
        Tensor q = Random(1, [Heads, Length, D]), k = Random(2, [Heads, Length, D]), v = Random(3, [Heads, Length, D]),
            pattern = Nothing([Heads, Length, Length]);
        Tensor[] Operands() => [q, k, v, Nothing([Heads, Length, D])];
        Tensor Positions(Tensor x) => x.Reshape([1, Heads, Length, D]).Permute(0, 2, 1, 3); // [batch, position, head, d_head]
        Tensor[] naive = [.. Operands(), pattern];
        GpuKernel elements = GpuKernel.Elements("");
        float scale = 1 / MathF.Sqrt(D);
        return new Ladder
        {
            Title = $"Attention, {Heads} heads, {Length} queries × {Length} keys, d_head {D}",
            Flops = 4.0 * Heads * Length * Length * D,
            Output = new float[Heads * Length * D],
            Expected = AttentionLadder.Exact(q.ToArray(), k.ToArray(), v.ToArray(), Length),
            Rungs =
            [
                ladder.Rung("naive", "three kernels: all scores, all softmaxes, all mixtures, with the pattern in device memory", naive[3],
                    ladder.Launch("scores", elements, new(Length * Length, Heads), naive, Length),
                    ladder.Launch("normalise", elements, new(Length, Heads), naive, Length),
                    ladder.Launch("mixture", elements, new(Length * D, Heads), naive, Length)),
                ladder.Rung("online", "an item takes a query, key after key, with a running maximum and sum: the pattern is never stored",
                    new("", 64, 64, 1), new(Length, Heads), Operands(), Length),
                ladder.Rung("tiled", "a group fetches 16 keys and values into its own memory for 64 queries; "
                    + "one rescaling for all 16", new("", 64, 64, 1), new(Length, Heads), Operands(), Length),
                ladder.Rung("vectorised", "the same in vectors of four", new("", 64, 64, 1), new(Length, Heads), Operands(), Length),
                ladder.Rung("blocked", "four items share a query, 16 columns each: q and z fit into registers", new("", 64, 16, 1),
                    new(Length, Heads), Operands(), Length),
                Rung.Engine("an item per pair in tiles of 16 × 16; any width, masks, grouped heads (Ops/Attention)",
                    () => TensorOps.Attention(Positions(q), Positions(k), Positions(v), null, false, scale).Permute(0, 2, 1, 3)),
            ],
        };
    }

    private static Tensor Random(int seed, Shape shape) => Tensor.From(Ladder.Random(seed, shape.Elements), shape);

    // Every rung has a result of its own, which no rung before it may have filled.
    private static Tensor Nothing(Shape shape)
    {
        Tensor nothing = Tensor.Empty(shape, Device.Current);
        Op.Launch("fill", shape.Elements, [nothing], float.NaN);
        return nothing;
    }
}
