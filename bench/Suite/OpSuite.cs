using BenchmarkDotNet.Attributes;
using Vitrine.Tensors;

namespace Vitrine.Bench.Suite;

/// <summary>The benchmark cases of the op table as a suite of BenchmarkDotNet: statistics, allocations and exporters are its own.</summary>
/// <remarks>A new op is in it as soon as its row has a benchmark case. Every op is compared with float64 before it is timed.</remarks>
[MemoryDiagnoser]
public abstract class OpSuite
{
    private protected OpWork Work { get; private set; } = null!;

    /// <summary>The case that is measured: one of those that the suite lists.</summary>
    [ParamsSource(nameof(Forward.Cases))]
    public OpWorkName Op { get; set; } = null!;

    /// <summary>Proves the op right and makes its tensors.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        OpRow row = OpTable.Get(Op.Row);
        OpWork.Verify(row, CancellationToken.None);
        Work = new(row, row.Benchmarks.ElementAt(Op.Index));
    }

    private protected static IEnumerable<OpWorkName> All =>
        OpTable.All.SelectMany(row => row.Benchmarks.Select((call, i) => new OpWorkName(row.Name, i, call.ToString())));
}

/// <summary>Kernels of the ops.</summary>
public class Forward : OpSuite
{
    /// <summary>All that there are.</summary>
    public static IEnumerable<OpWorkName> Cases => All;

    /// <summary>The kernels alone, into memory that exists.</summary>
    [Benchmark]
    public void Kernels() => Work.Forward();

    /// <summary>The public call, which allocates its result.</summary>
    [Benchmark]
    public void Call() => Work.Call();
}

/// <summary>Kernels of their gradients.</summary>
public class Backward : OpSuite
{
    // its first case is a small one
    private static readonly Lazy<OpWorkName[]> s_cases =
        new(() => [.. All.Where(name => OpTable.Get(name.Row) is var row && new OpWork(row, row.Cases[0]).HasBackward)]);

    /// <summary>Those that have kernels in backward.</summary>
    public static IEnumerable<OpWorkName> Cases => s_cases.Value;

    /// <summary>One seed, every float input.</summary>
    [Benchmark]
    public void Kernels() => Work.Backward();
}

/// <summary>A benchmark case by name.</summary>
/// <param name="Row">The op.</param>
/// <param name="Index">Which of its benchmark cases.</param>
/// <param name="Sizes">Shapes and options.</param>
public sealed record OpWorkName(string Row, int Index, string Sizes)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Row} {Sizes}";
}
