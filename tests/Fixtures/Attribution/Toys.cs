using Vitrine.Tensors;

namespace Vitrine.Tests.Attributions;

/// <summary>Small differentiable functions with fixed random weights.</summary>
internal static class Toys
{
    public const int Width = 5;

    private static readonly Tensor s_vocabulary = RandomTensor.Normal(1, [11, Width]);
    private static readonly int[] s_ids = [0, 3, 7, 2, 9, 4, 0];

    /// <summary>score[t] = Σ w[t] · x + b: completeness and every axiom hold exactly.</summary>
    public static ToyScoreFunction Linear(int targets = 3) =>
        new(x => Flat(x[0]).MatMul(RandomTensor.Normal(2, [s_ids.Length * Width, targets])).Scale(1, 0.5f), targets, s_vocabulary, s_ids);

    /// <summary>Two layers and a rational non-linearity h / (1 + h²).</summary>
    public static ToyScoreFunction Network(int targets = 3, long exampleBytes = 1000, long seedBytes = 1000) =>
        new(x => Squash(Flat(x[0]).MatMul(RandomTensor.Normal(3, [s_ids.Length * Width, 16], 0.4f)))
            .MatMul(RandomTensor.Normal(4, [16, targets])),
            targets, s_vocabulary, s_ids)
        {
            ExampleBytes = exampleBytes,
            SeedBytes = seedBytes,
        };

    /// <summary>
    /// The same function as <see cref="Network"/>, written in another way: hidden units in reverse, and each split in two halves.
    /// </summary>
    public static ToyScoreFunction NetworkRewritten(int targets = 3)
    {
        Tensor first = RandomTensor.Normal(3, [s_ids.Length * Width, 16], 0.4f), second = RandomTensor.Normal(4, [16, targets]);
        int[] reversed = [.. Enumerable.Range(0, 16).Reverse()];
        Tensor w1 = TensorOps.Concat(1, [.. reversed.Select(i => first.Slice(1, i, 1))]),
            w2 = TensorOps.Concat(0, [.. reversed.Select(i => second.Slice(0, i, 1))]);
        return new(x => TensorOps.Concat(1, Squash(Flat(x[0]).MatMul(w1)), Squash(Flat(x[0]).MatMul(w1)))
            .MatMul(TensorOps.Concat(0, w2.Scale(0.5f), w2.Scale(0.5f))),
            targets, s_vocabulary, s_ids);
    }

    /// <summary>Two inputs, multiplied with each other.</summary>
    public static ToyScoreFunction TwoSides(int targets = 2)
    {
        int[] target = [1, 5, 6];
        return new(x => (Squash(Flat(x[0]).MatMul(RandomTensor.Normal(5, [s_ids.Length * Width, 8], 0.4f)))
            * Flat(x[1]).MatMul(RandomTensor.Normal(6, [target.Length * Width, 8], 0.4f))).MatMul(RandomTensor.Normal(7, [8, targets])),
                targets, s_vocabulary, s_ids, target);
    }

    /// <summary>A function whose gradient is steep close to the zero baseline, as LayerNorm makes it: x·w / √(|x|² + ε).</summary>
    public static ToyScoreFunction Steep() => new(
        x =>
        {
            Tensor flat = Flat(x[0]);
            Tensor squares = (flat * flat).Sum([1], keepAxes: true).Scale(1e5f);
            return Squash(flat.MatMul(RandomTensor.Normal(8, [s_ids.Length * Width, 1])).Scale(10)) + (squares / squares.Scale(1, 1));
        },
        1, s_vocabulary, s_ids);

    private static Tensor Squash(Tensor h) => h / (h * h).Scale(1, 1);

    private static Tensor Flat(Tensor x) => x.Reshape([x.Shape[0], x.Shape[1] * x.Shape[2]]);
}
