using Vitrine.Autograd;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Autograd;

public class GradientCheckTests
{
    private static readonly Tensor s_x = RandomTensor.Normal(1, [3, 5]);

    private static readonly Tensor s_positive = s_x.Abs().Scale(1, 0.5f);

    public static TheoryData<string, Func<Tensor[], Tensor>, Tensor[]> Functions => new()
    {
        { "gelu", t => t[0].Gelu(), [s_x] },
        { "gelu_tanh", t => t[0].GeluTanh(), [s_x] },
        { "silu", t => t[0].Silu(), [s_x] },
        { "tanh", t => t[0].Tanh(), [s_x] },
        { "sigmoid", t => t[0].Sigmoid(), [s_x] },
        { "exp", t => t[0].Exp(), [s_x] },
        { "log", t => t[0].Log(), [s_positive] },
        { "sqrt", t => t[0].Sqrt(), [s_positive] },
        { "pow", t => t[0].Pow(1.7f), [s_positive] },
        { "softmax", t => t[0].Softmax(t[1]), [s_x, RandomTensor.Normal(2, [3, 1])] },
        { "log_softmax", t => t[0].LogSoftmax(), [s_x] },
        { "rms_norm", t => t[0].RmsNorm(t[1], 1e-6f), [s_x, RandomTensor.Normal(2, [5])] },
        { "gather", t => t[0].Gather(t[1]), [s_x, Tensor.From([2, 0, 2, 1], [2, 2])] },
        { "sum", t => t[0].Sum([0]), [s_x] },
        { "mean", t => t[0].Mean([1]), [s_x] },
        { "max", t => t[0].Max([0]), [s_x] },
        { "norm", t => t[0].Norm([0]), [s_x] },
        { "cross_entropy", t => t[0].CrossEntropy(t[1], 9, 0.1f), [s_x, Tensor.From([3, 9, 1], [3])] },
        { "kl_div", t => t[0].KlDiv(t[1]), [s_x.LogSoftmax(), RandomTensor.Normal(3, [3, 5]).LogSoftmax()] },
        { "dropout", t => t[0].Dropout(0.3f, 7), [s_x] },
        { "pick", t => t[0].Pick(t[1]), [s_x, Tensor.From([3, 0, 1], [3])] },
        { "masked_fill", t => t[0].MaskedFill(t[1], 3), [s_x, Tensor.From([0, 1, 0, 0, 1], [5])] },
    };

    [Theory]
    [MemberData(nameof(Functions))]
    public void Run_RightBackward_HasSmallError(string name, Func<Tensor[], Tensor> function, Tensor[] inputs)
    {
        GradientCheck check = GradientCheck.Run(function, inputs);

        Assert.True(check.Error < 1e-3, $"{name}: {check}");
    }

    [Fact]
    public void Run_WrongBackward_IsFoundAndPlaced()
    {
        // The derivative of a constant factor made from x itself is missed when it is computed outside the tape.
        Tensor Wrong(Tensor[] t)
        {
            Tensor detached = Tensor.From(t[0].ToArray(), t[0].Shape);
            return t[0] * detached;
        }

        GradientCheck check = GradientCheck.Run(Wrong, Tensor.From([1f, 5, 2], [3]));

        Assert.True(check.Error > 0.4);
        Assert.Equal(0, check.Input);
    }
}
