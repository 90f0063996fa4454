using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Vitrine.Tensors;

namespace Vitrine.Bench.Suite;

/// <summary>What a case moves or computes per second, from its row of the op table and the mean time.</summary>
/// <param name="name">The column's head, a unit.</param>
/// <param name="amount">Bytes or operations of a case, by suite.</param>
internal sealed class RateColumn(string name, Func<OpCase, Type, double> amount) : IColumn
{
    /// <summary>Bytes per second of forward calls: every input read once, the output written once.</summary>
    public static RateColumn Bytes { get; } = new("GB/s", (call, suite) => suite == typeof(Forward) ? call.Bytes : 0);

    /// <summary>Floating-point operations per second, where the table counts them.</summary>
    public static RateColumn Flops { get; } = new("GFLOP/s", (call, suite) => suite == typeof(Forward)
        ? call.Flops : call.BackwardCost.Flops);

    public string Id => ColumnName;

    public string ColumnName => name;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => $"{name} at the mean time";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        var op = (OpWorkName)benchmarkCase.Parameters[nameof(OpSuite.Op)];
        double total = amount(OpTable.Get(op.Row).Benchmarks.ElementAt(op.Index), benchmarkCase.Descriptor.Type);
        return summary[benchmarkCase]?.ResultStatistics is { Mean: > 0 } statistics && total > 0
            ? (total / statistics.Mean).ToString("F1", CultureInfo.InvariantCulture) // per nanosecond
            : "";
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public bool IsAvailable(Summary summary) => true;
}
