using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Ops;

public class OpTableTests
{
    [Fact]
    public void Get_UnknownName_ListsTheOps()
    {
        var error = Assert.Throws<VitrineException>(() => OpTable.Get("soft_max"));

        Assert.Contains("softmax", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cases_EveryRow_HaveTinyAndOddSizes()
    {
        Assert.All(OpTable.All, row => Assert.Contains(row.Cases, c => c.Inputs[0].Shape.Elements is > 1 and < 50));
        Assert.All(OpTable.All, row => Assert.Contains(row.Cases, c => c.Inputs.Any(i => i.Shape.Axes.ContainsAny(1, 3, 17))));
        Assert.All(OpTable.All, row => Assert.True(row.Tolerance == Tolerance.Tight || row.Tolerance == Tolerance.Exact
            || row.Tolerance.Reason is not null, $"{row.Name}: a loose tolerance needs a reason."));
    }

    [Fact]
    public void Tolerance_OfOpsThatMoveOnly_AllowsNothing() => Assert.Equal((0, 0), (Tolerance.Exact.Relative, Tolerance.Exact.Absolute));

    [Fact]
    public void Benchmarks_EveryCase_StateFlopsOrBytes() =>
        Assert.All(OpTable.All.SelectMany(row => row.Benchmarks), c => Assert.True(c.Bytes > 0, c.ToString()));
}
