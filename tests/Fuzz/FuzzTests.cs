using System.Globalization;
using Xunit;

namespace Vitrine.Tests.Fuzz;

/// <summary>
/// No file makes a reader throw anything but the product's own error, take over five seconds, or far more memory than it has bytes.
/// A few files per reader; <c>VITRINE_FUZZ_SECONDS=60</c> shares so many seconds among them, <c>VITRINE_FUZZ_SEED</c> begins elsewhere.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int Few = 150;

    public static TheoryData<string> Readers => [.. FuzzTargets.Names];

    [Theory]
    [MemberData(nameof(Readers))]
    public void Read_BrokenFiles_AreReadOrRefused(string reader)
    {
        double? seconds = Number("VITRINE_FUZZ_SECONDS") / FuzzTargets.Names.Count;
        int first = (int)(Number("VITRINE_FUZZ_SEED") ?? 0), number = first;
        using var targets = new FuzzTargets();
        FuzzTarget target = targets.Named(reader);
        foreach (byte[] good in target.Seeds)
        {
            target.Read(good);
        }
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var faults = new Dictionary<string, string>();
        while (seconds is { } limit ? watch.Elapsed.TotalSeconds < limit : number < first + Few)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            byte[] file = target.File(number);
            if (target.Judge(file) is { } fault)
            {
                string start = System.Text.Encoding.UTF8.GetString(file.AsSpan(0, Math.Min(file.Length, 400)));
                faults.TryAdd(fault.Split(" at ")[^1], FormattableString.Invariant($"{reader}, file {number}: {fault}; {start}"));
            }
            number++;
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"fuzz {reader}: {number - first} files from {first}"));

        Assert.True(faults.Count == 0, $"{faults.Count} kinds:{Environment.NewLine}{string.Join(Environment.NewLine, faults.Values)}");
    }

    [Fact]
    public void Judge_AReaderThatFails_SaysSo()
    {
        var target = new FuzzTarget("own", [[1, 2, 3]], file => throw new NotSupportedException("beyond"), FuzzKind.Bytes);

        Assert.Contains("beyond", target.Judge([1]), StringComparison.Ordinal);
        Assert.Null((target with { Read = _ => throw new Vitrine.Tensors.VitrineException("own: wrong.") }).Judge([1]));
        Assert.Contains("MiB", (target with { Read = _ => GC.KeepAlive(new byte[300 << 20]) }).Judge([1]), StringComparison.Ordinal);
        Assert.Equal(target.File(7), target.File(7));
        Assert.NotEqual(target.File(7), target.File(8));
    }

    private static double? Number(string variable) =>
        double.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out double number) ? number : null;
}
