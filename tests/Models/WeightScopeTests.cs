using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models;

/// <summary>Other weights for a while hold for one thread, and for no other.</summary>
public class WeightScopeTests
{
    private readonly ScoreFunction _f = Attributions.Models.Function("gpt2");

    [Fact]
    public void Replace_OpenScope_ChangesThisThreadOnly()
    {
        float[] own = Scores();
        float[] elsewhere = [];

        using (Zeros("ln_final.w"))
        {
            Assert.NotEqual(own, Scores());
            var other = new Thread(() => elsewhere = Scores());
            other.Start();
            other.Join();
        }

        Assert.Equal(own, elsewhere);
        Assert.Equal(own, Scores());
    }

    [Fact]
    public void Replace_NestedScopes_InnermostHoldsAndOuterReturns()
    {
        using WeightScope outer = Zeros("ln_final.w");
        float[] expected = Scores();
        using (Replace("ln_final.w", 2))
        {
            Assert.NotEqual(expected, Scores());
        }
        Assert.Equal(expected, Scores());
    }

    [Fact]
    public void Dispose_OuterFirst_Throws()
    {
        using WeightScope outer = Zeros("ln_final.w");
        using WeightScope inner = Zeros("ln_final.b");
        Assert.Throws<InvalidOperationException>(outer.Dispose);
    }

    [Fact]
    public void Replace_OtherShape_Throws() =>
        Assert.Throws<ShapeException>(() => WeightScope.Replace([new(Named("ln_final.w"), Tensor.Zeros([3]))]));

    private WeightScope Zeros(string name) => Replace(name, 0);

    private WeightScope Replace(string name, float value) => WeightScope.Replace([new(Named(name), Tensor.Full(Named(name).Shape, value))]);

    private Parameter Named(string name) => _f.Transformer!.Parameters.Single(parameter => parameter.Name == name);

    private float[] Scores() => _f.Score(Sweep.Input(_f)).ToArray();
}
