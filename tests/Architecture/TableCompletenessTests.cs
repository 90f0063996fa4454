using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Architecture;

/// <summary>The hand-written tables list everything there is, and nothing else.</summary>
public class TableCompletenessTests
{
    [Fact]
    public void OpTable_AgainstTheClasses_ListsEveryOpOnce()
    {
        Type[] ops = [.. typeof(Op).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Op)) && !type.IsAbstract)];

        Assert.Equal(ops.Select(op => op.Name).Order(), OpTable.All.Select(row => row.Definition.Name).Order());
        Assert.Equal(OpTable.All.Count, OpTable.All.DistinctBy(row => row.Name).Count());
    }

    [Fact]
    public void OpTable_AgainstTheKernels_NamesEveryKernelAndOnlyThose()
    {
        string[] named = [.. OpTable.All.SelectMany(row => row.Kernels).Concat(TrainingKernels.Kernels).Distinct().Order()];

        Assert.Equal(CpuKernels.Table.Keys.Order(), named);
    }

    [Fact]
    public void GpuKernels_AgainstTheOpTable_HaveEveryKernel() =>
        Assert.Empty(OpTable.All.SelectMany(row => row.Kernels).Concat(TrainingKernels.Kernels).Except(GpuKernels.Table.Keys));
}
