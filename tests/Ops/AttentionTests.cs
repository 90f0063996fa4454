using Vitrine.Autograd;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Ops;

public class AttentionTests
{
    private const float Hidden = float.NegativeInfinity;

    public static TheoryData<int, int, int, int, int, int, bool, bool> Sizes => new()
    {
        // batch, queries, keys, heads, kv heads, d_head, causal, masked
        { 1, 1, 1, 1, 1, 1, false, false },
        { 2, 3, 5, 2, 2, 7, false, true },
        { 1, 17, 17, 3, 3, 8, true, false },
        { 2, 5, 9, 4, 2, 16, true, true },
        { 1, 65, 130, 2, 1, 17, true, false },
        { 1, 130, 70, 1, 1, 33, false, true },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Attention_AnySize_MatchesTheScalarFormula(int batch, int queries, int keys, int heads, int kvHeads, int width, bool causal,
        bool masked)
    {
        Case c = Case.Random(batch, queries, keys, heads, kvHeads, width, causal, masked);

        Tensor z = c.Run(c.Q, c.K, c.V);

        TensorAssert.Close(z, c.Reference(Wide(c.Q), Wide(c.K), Wide(c.V)), 1e-5, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Gradient_SeveralSeeds_MatchesFiniteDifferencesOfTheFormula(int batch, int queries, int keys, int heads, int kvHeads,
        int width, bool causal, bool masked)
    {
        Case c = Case.Random(batch, queries, keys, heads, kvHeads, width, causal, masked);
        Tensor seeds = RandomTensor.Normal(9, c.Q.Shape.Prepend(2));
        using var tape = new Tape();
        Tensor z = c.Run(c.Q, c.K, c.V);

        Gradients gradients = tape.Gradient(z, new Seeds(seeds), c.Q, c.K, c.V);

        // One random direction per input and seed checks every element of the gradient in one difference.
        Tensor[] inputs = [c.Q, c.K, c.V];
        float[] dz = seeds.ToArray();
        for (int input = 0; input < 3; input++)
        {
            double[] direction = Wide(RandomTensor.Normal(20 + input, inputs[input].Shape));
            for (int seed = 0; seed < 2; seed++)
            {
                double[] Moved(double step) => c.Reference(
                    Step(c.Q, input == 0 ? direction : null, step), Step(c.K, input == 1 ? direction : null, step),
                    Step(c.V, input == 2 ? direction : null, step));
                double[] plus = Moved(1e-5), minus = Moved(-1e-5);
                double expected = plus.Select((p, i) => (p - minus[i]) / 2e-5 * dz[(seed * plus.Length) + i]).Sum();
                float[] g = gradients[inputs[input]].Select(0, seed).ToArray();
                double actual = g.Select((x, i) => x * direction[i]).Sum();
                Assert.True(Math.Abs(actual - expected) <= 1e-4 * (1 + Math.Abs(expected)),
                    $"input {input}, seed {seed}: got {actual}, expected {expected}");
            }
        }
    }

    [Fact]
    public void Attention_StridedViews_EqualContiguousOnes()
    {
        Tensor qkv = RandomTensor.Normal(1, [2, 6, 3 * 8]);
        Tensor Head(int part) => qkv.Slice(-1, part * 8, 8).Reshape([2, 6, 2, 4]);

        Tensor strided = TensorOps.Attention(Head(0), Head(1), Head(2), null, true, 0.5f);
        Tensor contiguous = TensorOps.Attention(Copy(Head(0)), Copy(Head(1)), Copy(Head(2)), null, true, 0.5f);

        Assert.Equal(contiguous.ToArray(), strided.ToArray());
        static Tensor Copy(Tensor x) => Tensor.From(x.ToArray(), x.Shape);
    }

    [Fact]
    public void Attention_EveryKeyHidden_GivesZeroAndNoGradient()
    {
        Tensor q = RandomTensor.Normal(1, [1, 2, 1, 4]), k = RandomTensor.Normal(2, [1, 3, 1, 4]), v = RandomTensor.Normal(3, [1, 3, 1, 4]);
        Tensor mask = Tensor.From([Hidden, Hidden, Hidden, 0, 0, Hidden], [1, 1, 2, 3]);
        using var tape = new Tape();

        Tensor z = TensorOps.Attention(q, k, v, mask, false, 1);
        Gradients gradients = tape.Gradient(z, q, k, v);

        Assert.Equal([0f, 0, 0, 0], z.ToArray()[..4]);
        Assert.Equal([0f, 0, 0, 0], gradients[q].ToArray()[..4]);
        Assert.Equal([0f, 0, 0, 0], gradients[k].ToArray()[8..]); // a key hidden from all
        Assert.DoesNotContain(gradients[v].ToArray(), float.IsNaN);
    }

    [Fact]
    public void Attention_HugeScores_StaysFinite()
    {
        Tensor q = Tensor.Full([1, 2, 1, 1], 1e4f), k = Tensor.From([1e4f, -1e4f], [1, 2, 1, 1]), v = Tensor.From([1f, 2], [1, 2, 1, 1]);

        Assert.Equal([1f, 1], TensorOps.Attention(q, k, v, null, false, 1).ToArray());
    }

    [Fact]
    public void Attention_KvHeadsNotDividingHeads_Throws()
    {
        Tensor q = Tensor.Zeros([1, 2, 3, 4]), k = Tensor.Zeros([1, 2, 2, 4]);

        Assert.Contains("kv_head dividing head", Assert.Throws<ShapeException>(() => TensorOps.Attention(q, k, k, null, false, 1)).Message,
            StringComparison.Ordinal);
    }

    private static double[] Wide(Tensor x) => [.. x.ToArray().Select(v => (double)v)];

    private static double[] Step(Tensor x, double[]? direction, double step)
    {
        double[] values = Wide(x);
        return direction is null ? values : [.. values.Select((v, i) => v + (step * direction[i]))];
    }

    private sealed record Case(Tensor Q, Tensor K, Tensor V, Tensor? Mask, bool Causal)
    {
        private const float Scale = 0.3f;

        public static Case Random(int batch, int queries, int keys, int heads, int kvHeads, int width, bool causal, bool masked)
        {
            Tensor? mask = null;
            if (masked)
            {
                float[] m = RandomTensor.Normal(4, [batch, 1, 1, keys]).ToArray();
                m[^1] = Hidden;
                mask = Tensor.From(m, [batch, 1, 1, keys]);
            }
            return new(RandomTensor.Normal(1, [batch, queries, heads, width]), RandomTensor.Normal(2, [batch, keys, kvHeads, width]),
                RandomTensor.Normal(3, [batch, keys, kvHeads, width]), mask, causal);
        }

        public Tensor Run(Tensor q, Tensor k, Tensor v) => TensorOps.Attention(q, k, v, Mask, Causal, Scale);

        /// <summary>The formula, one number at a time, in float64.</summary>
        public double[] Reference(double[] q, double[] k, double[] v)
        {
            (int batch, int queries, int heads, int width) = (Q.Shape[0], Q.Shape[1], Q.Shape[2], Q.Shape[3]);
            (int keys, int kvHeads) = (K.Shape[1], K.Shape[2]);
            float[]? mask = Mask?.ToArray();
            double[] z = new double[q.Length];
            for (int b = 0; b < batch; b++)
            {
                for (int h = 0; h < heads; h++)
                {
                    int kv = h / (heads / kvHeads);
                    for (int i = 0; i < queries; i++)
                    {
                        double[] scores = new double[keys];
                        for (int j = 0; j < keys; j++)
                        {
                            for (int c = 0; c < width; c++)
                            {
                                scores[j] += q[(((((b * queries) + i) * heads) + h) * width) + c]
                                    * k[(((((b * keys) + j) * kvHeads) + kv) * width) + c];
                            }
                            scores[j] = (scores[j] * Scale) + (mask?[(b * keys) + j] ?? 0);
                            scores[j] = Causal && j > i + keys - queries ? double.NegativeInfinity : scores[j];
                        }
                        double max = scores.Max();
                        double[] p = [.. scores.Select(s => double.IsNegativeInfinity(max) ? 0 : Math.Exp(s - max))];
                        double sum = p.Sum();
                        for (int j = 0; j < keys && sum > 0; j++)
                        {
                            for (int c = 0; c < width; c++)
                            {
                                z[(((((b * queries) + i) * heads) + h) * width) + c] += p[j] / sum
                                    * v[(((((b * keys) + j) * kvHeads) + kv) * width) + c];
                            }
                        }
                    }
                }
            }
            return z;
        }
    }
}
