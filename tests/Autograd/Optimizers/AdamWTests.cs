using Vitrine.Autograd;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Autograd;

public class AdamWTests
{
    /// <summary>Three steps of torch.optim.AdamW(lr=0.1, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.05), PyTorch 1.13.</summary>
    [Fact]
    public void Step_ThreeGradients_EqualsPyTorch()
    {
        Tensor w = Trainable([1, -2, 0.5f, 3, -0.25f, 0]);
        var adam = new AdamW([w], new AdamWOptions { Beta2 = 0.98f, Epsilon = 1e-6f, WeightDecay = 0.05f });

        Step(adam, w, [0.1f, -0.2f, 0.3f, 0, 5, -1e-3f]);
        Step(adam, w, [-0.4f, 0.2f, 0.1f, 0, -2, 1e-3f]);
        Step(adam, w, [1, 1, -1, 0.5f, 0, 0]);

        TensorAssert.Close(w.ToArray(), [0.89926767f, -1.93843546f, 0.34683937f, 2.89194965f, -0.40671816f, 0.08958881f], 1e-5, 1e-6);
    }

    [Fact]
    public void Step_LongWeight_EveryElementAsIfAlone()
    {
        Tensor many = RandomTensor.Normal(1, [257]), gradient = RandomTensor.Normal(2, [257]);
        Tensor[] single = [.. many.ToArray().Select(v => Trainable([v]))];
        var together = new AdamW([many]);

        Step(together, many, gradient.ToArray());

        for (int i = 0; i < single.Length; i++)
        {
            Step(new AdamW([single[i]]), single[i], [gradient.ToArray()[i]]);
            Assert.Equal(single[i].Item(), many.ToArray()[i], 1e-6f);
        }
    }

    [Fact]
    public void Step_MatricesOnly_DecaysNoVector()
    {
        Tensor matrix = Tensor.Full([2, 2], 1), vector = Tensor.Full([2], 1);
        var adam = new AdamW([matrix, vector], new AdamWOptions { WeightDecay = 0.5f, Decays = AdamWOptions.MatricesOnly });

        adam.Step(Gradient([matrix, vector], 0), learningRate: 0.1f);

        TensorAssert.Close(matrix.ToArray(), [0.95f, 0.95f, 0.95f, 0.95f]);
        Assert.Equal([1f, 1], vector.ToArray());
    }

    [Fact]
    public void Step_GradientScale_EqualsScaledGradient()
    {
        Tensor a = Trainable([1, 2]), b = Trainable([1, 2]);

        new AdamW([a], new AdamWOptions { Epsilon = 1 }).Step(Gradient([a], 3), 0.1f, gradientScale: 0.25f);
        new AdamW([b], new AdamWOptions { Epsilon = 1 }).Step(Gradient([b], 0.75f), 0.1f);

        Assert.Equal(b.ToArray(), a.ToArray());
    }

    [Fact]
    public void Step_TapeOpen_Throws()
    {
        Tensor w = Trainable([1]);
        Gradients gradients = Gradient([w], 1);
        var adam = new AdamW([w]);
        using var tape = new Tape();

        Assert.Contains("a tape is open", Assert.Throws<InvalidOperationException>(() => adam.Step(gradients, 0.1f)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1f)]
    [InlineData(-0.1f)]
    public void Options_BetaOutsideUnitInterval_Throws(float beta) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdamWOptions { Beta1 = beta });

    private static Tensor Trainable(float[] values) => Tensor.From(values, [values.Length]);

    private static void Step(AdamW adam, Tensor weight, float[] gradient)
    {
        Gradients gradients;
        using (var tape = new Tape())
        {
            gradients = tape.Gradient(weight * Tensor.From(gradient, [gradient.Length]), weight);
        }
        adam.Step(gradients, learningRate: 0.1f);
    }

    private static Gradients Gradient(Tensor[] weights, float value)
    {
        using var tape = new Tape();
        Tensor sum = weights.Select(w => w.Scale(value).Sum()).Aggregate((a, b) => a + b);
        return tape.Gradient(sum, weights);
    }
}
