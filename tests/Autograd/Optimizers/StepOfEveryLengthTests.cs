using Vitrine.Autograd;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Autograd;

/// <summary>Every element of a weight takes the step: vectors end somewhere, and the last elements are done one by one.</summary>
public sealed class StepOfEveryLengthTests
{
    public static TheoryData<int> Lengths => [.. Enumerable.Range(1, 35)];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void AdamW_FirstStep_MovesEveryElementByTheFormula(int length)
    {
        Tensor w = RandomTensor.Normal(1, [length]), g = RandomTensor.Normal(2, [length]);
        float[] before = w.ToArray(), slope = g.ToArray();

        new AdamW([w], new() { WeightDecay = 0.1f }).Step(Slope(w, g), 0.01f, 0.5f);

        // m̂ = g and v̂ = g² after one step, whatever β: w ← w (1 − 0.01 · 0.1) − 0.01 g / (|g| + ε)
        float[] after = w.ToArray();
        for (int i = 0; i < length; i++)
        {
            double scaled = 0.5 * slope[i];
            Assert.Equal((0.999 * before[i]) - (0.01 * scaled / (Math.Abs(scaled) + 1e-8)), after[i], 2e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Sgd_FirstStep_MovesEveryElementByTheFormula(int length)
    {
        Tensor w = RandomTensor.Normal(3, [length]), g = RandomTensor.Normal(4, [length]);
        float[] before = w.ToArray(), slope = g.ToArray();

        new Sgd([w], momentum: 0.9f).Step(Slope(w, g), 0.1f, 0.5f);

        float[] after = w.ToArray();
        Assert.All(Enumerable.Range(0, length), i => Assert.Equal(before[i] - (0.1 * 0.5 * slope[i]), after[i], 1e-5));
    }

    [Theory]
    [InlineData(1f, 1f, 0.999999f)] // 1 / (1 + 1e-6): PyTorch's epsilon
    [InlineData(0f, 1e-7f, 0.1f)]
    [InlineData(4f, 2f, 0.4999999f)]
    [InlineData(1f, 8f, 1f)]
    public void ClipFactor_OfANorm_HasTheEpsilonInTheDenominator(float norm, float limit, float expected) =>
        Assert.Equal(expected, GradientNorm.ClipFactor(norm, limit), 1e-7f);

    private static Gradients Slope(Tensor w, Tensor g)
    {
        using var tape = new Tape();
        return tape.Gradient((w * g).Sum([0]), w);
    }
}
