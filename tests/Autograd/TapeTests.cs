using Vitrine.Autograd;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Autograd;

public class TapeTests
{
    [Fact]
    public void Gradient_ProductAndSum_IsTheOtherFactor()
    {
        Tensor a = Tensor.From([1f, 2, 3], [3]), b = Tensor.From([4f, 5, 6], [3]);
        using var tape = new Tape();

        Gradients gradients = tape.Gradient((a * b).Sum(), a, b);

        Assert.Equal([4f, 5, 6], gradients[a].ToArray());
        Assert.Equal([1f, 2, 3], gradients[b].ToArray());
    }

    [Fact]
    public void Gradient_ManySeeds_EqualsOneByOne()
    {
        Tensor x = RandomTensor.Normal(1, [3, 5]), w = RandomTensor.Normal(2, [5, 4]);
        Tensor seeds = RandomTensor.Normal(3, [6, 3, 4]);
        using var tape = new Tape();
        Tensor y = (x.MatMul(w) * x.MatMul(w)).LayerNorm(Tensor.Full([4], 1.5f), Tensor.Zeros([4]), 1e-5f);

        Gradients together = tape.Gradient(y, new Seeds(seeds), x, w);

        for (int s = 0; s < 6; s++)
        {
            Gradients single = tape.Gradient(y, new Seeds(seeds.Slice(0, s, 1)), x, w);
            TensorAssert.Close(together[x].Select(0, s).ToArray(), single[x].ToArray());
            TensorAssert.Close(together[w].Select(0, s).ToArray(), single[w].ToArray());
        }
    }

    [Fact]
    public void Gradient_UnreachedTensor_Throws()
    {
        Tensor a = Tensor.Full([2], 1), b = Tensor.Full([2], 2);
        using var tape = new Tape();
        Tensor y = a.Scale(3);

        var error = Assert.Throws<UnreachedException>(() => tape.Gradient(y, b));

        Assert.Contains("does not depend on it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gradient_WeightNotWatched_ThrowsAndSaysSo()
    {
        Tensor x = Tensor.Full([1, 2], 1), w = Tensor.Full([2, 2], 2).AsWeight();
        using var tape = new Tape();
        Tensor y = x.MatMul(w);

        Assert.Contains("tape.Watch", Assert.Throws<UnreachedException>(() => tape.Gradient(y, w)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gradient_IntermediateTensor_IsReached()
    {
        Tensor x = Tensor.Full([2], 3);
        using var tape = new Tape();
        Tensor middle = x.Scale(2), y = middle * middle;

        Assert.Equal([12f, 12], tape.Gradient(y, middle)[middle].ToArray());
    }

    [Fact]
    public void Dispose_RestoresTheOuterRecorder()
    {
        using (new Tape())
        {
        }

        Assert.Null(Recorder.Current);
    }
}
