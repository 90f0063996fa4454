using Vitrine.Autograd;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Autograd;

public class WeightAverageTests
{
    [Fact]
    public void Swap_AfterUpdates_ExchangesAverageAndWeightAndBack()
    {
        Tensor w = Tensor.From([0f, 10], [2]);
        var average = new WeightAverage([w], decay: 0.999f);
        Weights.Write(w, [1, 20]);

        average.Update(); // decay min(0.999, 2/11)
        average.Swap();

        TensorAssert.Close(w.ToArray(), [9 / 11f, 10 + (90 / 11f)]);
        average.Swap();
        Assert.Equal([1f, 20], w.ToArray());
    }

    [Fact]
    public void Update_ConstantWeight_ChangesNothing()
    {
        Tensor w = RandomTensor.Normal(1, [17]);
        float[] before = w.ToArray();
        var average = new WeightAverage([w], decay: 0.5f);

        average.Update();
        average.Swap();

        Assert.Equal(before, w.ToArray());
    }
}
