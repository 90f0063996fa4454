using Vitrine.Autograd;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Autograd;

public class GradientNormTests
{
    [Fact]
    public void Global_TwoWeights_IsTheLengthOfAllTogether()
    {
        Tensor a = Tensor.From([1f, 1], [2]), b = Tensor.From([1f], [1]);
        using var tape = new Tape();
        Gradients gradients = tape.Gradient((a * Tensor.From([2f, 3], [2])).Sum() + (b.Scale(6).Sum()), a, b);

        Assert.Equal(7, GradientNorm.Global(gradients, [a, b]), 1e-5f);
    }

    [Fact]
    public void ClipFactor_LongGradient_ComesDownToTheLimit() => Assert.Equal(0.5f, GradientNorm.ClipFactor(norm: 4, limit: 2), 1e-5f);

    [Fact]
    public void ClipFactor_ShortGradient_StaysAsItIs() => Assert.Equal(1, GradientNorm.ClipFactor(norm: 0.5f, limit: 2));

    [Fact]
    public void ClipFactor_NaN_StaysVisible() => Assert.True(float.IsNaN(GradientNorm.ClipFactor(float.NaN, limit: 2)));
}
