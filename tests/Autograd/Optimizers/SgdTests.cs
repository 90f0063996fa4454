using Vitrine.Autograd;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Autograd;

public class SgdTests
{
    [Fact]
    public void Step_TwiceWithMomentumAndDecay_ValuesByHand()
    {
        // g = 2w: 2, then m = 0.9·2.1 + …: w₁ = 1 − 0.1·(2 + 0.1·1) = 0.79; m₂ = 0.9·2.1 + 2·0.79 + 0.1·0.79 = 3.549; w₂ = 0.79 − 0.3549.
        Tensor w = Tensor.Full([1], 1).AsWeight();
        var sgd = new Sgd([w], momentum: 0.9f, weightDecay: 0.1f);

        sgd.Step(Gradient(w), 0.1f);
        float first = w.Item();
        sgd.Step(Gradient(w), 0.1f);

        Assert.Equal(0.79f, first, 1e-6f);
        Assert.Equal(0.4351f, w.Item(), 1e-6f);
        Assert.Equal(2, sgd.Steps);
    }

    [Fact]
    public void Plus_TwoGradients_IsTheirSum()
    {
        Tensor w = Tensor.From([1f, 2, 3], [3]).AsWeight();

        Assert.Equal([4f, 8, 12], Gradient(w).Plus(Gradient(w))[w].ToArray());
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 0.5)]
    [InlineData(10, 1)]
    [InlineData(55, 0.5)]
    [InlineData(100, 0)]
    public void Schedule_CosineWithWarmUp_ValuesByHand(int step, float expected) =>
        Assert.Equal(expected, new LearningRateSchedule(1, 10, 100, LearningRateDecay.Cosine).At(step), 1e-6f);

    private static Gradients Gradient(Tensor w)
    {
        using var tape = new Tape();
        tape.Watch(w);
        return tape.Gradient(w * w, w);
    }
}
