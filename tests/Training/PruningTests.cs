using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>Magnitude pruning.</summary>
public class PruningTests
{
    [Theory]
    [InlineData(0.5, false)]
    [InlineData(0.9, true)]
    public void Apply_Sparsity_ZeroesTheSmallestOfEveryMatrix(double sparsity, bool tables)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "bert"), before = TinyModels.Load(folder.Path, "bert");

        (long zeros, long all) = Pruning.Apply(model, sparsity, tables);

        Assert.Equal(model.Parameters.Sum(p => (long)p.Value.ToArray().Count(v => v == 0)), zeros);
        Assert.Equal(model.Parameters.Sum(p => (long)p.Shape.Elements), all);
        foreach ((Parameter pruned, Parameter old) in model.Parameters.Zip(before.Parameters))
        {
            bool touched = pruned.Kind == ParameterKind.Linear || (tables && pruned.Kind == ParameterKind.Table);
            (float[] now, float[] then) = (pruned.Value.ToArray(), old.Value.ToArray());
            float[] kept = [.. now.Zip(then).Where(pair => pair.First != 0).Select(pair => Math.Abs(pair.Second))],
                gone = [.. now.Zip(then).Where(pair => pair.First == 0).Select(pair => Math.Abs(pair.Second))];
            Assert.All(now.Zip(then), pair => Assert.True(pair.First == 0 || pair.First == pair.Second));
            if (touched)
            {
                Assert.Equal((int)(sparsity * now.Length), gone.Length);
                Assert.True(gone.Max() <= kept.Min());
            }
            else
            {
                Assert.Equal(then, now);
            }
        }
    }
}
