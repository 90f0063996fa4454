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
    public void OpTable_FirstCaseOfEveryRow_RunsTheOpOfThatNameAndClass()
    {
        foreach (OpRow row in OpTable.All)
        {
            var recorder = new LastOp();
            using (Recorder.Use(recorder))
            {
                row.Cases[0].Apply(row.Cases[0].Make());
            }

            Assert.Contains((row.Name, row.Definition), recorder.Ran);
        }
    }

    [Fact]
    public void Kernels_OfEveryRow_AreCalledAfterAnOpAndKnownToEveryDevice()
    {
        string[] names = [.. OpTable.All.SelectMany(row => row.Kernels).Concat(OptimizerKernels.Kernels).Select(kernel => kernel.Name)];

        Assert.All(OpTable.All, row => Assert.NotEmpty(row.Kernels));
        Assert.Empty(names.Except(KernelTable.Gpu.Keys));
        Assert.Empty(KernelTable.Cpu.Keys.Except(names));
    }

    private sealed class LastOp : IOpRecorder
    {
        public List<(string, Type)> Ran { get; } = [];

        public bool Tracks(Tensor tensor) => tensor.DType == DType.Float32;

        public void Record(Op op, Saved saved, Tensor output) => Ran.Add((op.Name, op.GetType()));
    }
}
