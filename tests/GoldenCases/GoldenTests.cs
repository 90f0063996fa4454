using System.Globalization;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>
/// Compares us with the recorded cases of another implementation. What there is to compare is found by reading the golden
/// folder; what no handler covers is listed as not covered, never silently passed.
/// </summary>
public sealed class GoldenTests(ITestOutputHelper output)
{
    /// <summary>Every folder and pattern that has cases and a handler, on every device.</summary>
    public static TheoryData<string, string, string> Covered()
    {
        var rows = new TheoryData<string, string, string>();
        foreach (GoldenModel model in GoldenModel.All.Where(m => m.Unsupported is null))
        {
            foreach (string pattern in model.Cases.Select(c => GoldenHandlers.For(c.Name)?.Pattern).OfType<string>().Distinct())
            {
                foreach (string device in TestDevices.Names)
                {
                    rows.Add(model.Name, pattern, device);
                }
            }
        }
        return rows;
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Covered))]
    public void Golden_CasesOfPrefix_Match(string folder, string pattern, string device)
    {
        using Device.Scope scope = TestDevices.Use(device);
        GoldenModel model = GoldenModel.Named(folder);
        GoldenCase[] cases = [.. model.Cases.Where(c => GoldenHandlers.For(c.Name)?.Pattern == pattern)];
        var faults = new List<string>();
        int passed = 0, byFloat32 = 0;
        foreach (GoldenCase one in cases)
        {
            var check = new GoldenCheck(one);
            try
            {
                GoldenHandlers.For(one.Name)!.Value.Run(model, one, check);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                check.Fail($"{e.GetType().Name}: {e.Message}");
            }
            faults.AddRange(check.Faults.Select(fault => $"{one.Name}: {fault}"));
            passed += check.Faults.Count == 0 ? 1 : 0;
            byFloat32 += check.ByFloat32;
        }

        string note = byFloat32 > 0 ? $" ({byFloat32.ToString(CultureInfo.InvariantCulture)} values within the reference's own float32 "
            + $"error)" : "";
        GoldenReport.Line(output, $"golden {folder} {pattern}{(device == "cpu" ? "" : $" on {device}")}: covered {cases.Length}, "
            + $"passed {passed}, failed {cases.Length - passed}{note}");

        Assert.True(faults.Count == 0, string.Join(Environment.NewLine, faults.Take(20)));
    }

    [Fact]
    public void Golden_CasesWithoutHandler_AreListed()
    {
        Assert.SkipUnless(GoldenModel.All.Count > 0, $"no golden folder at {GoldenFolder.Path}");
        foreach (GoldenModel model in GoldenModel.All)
        {
            foreach (IGrouping<string, GoldenCase> group in model.Cases
                .Where(c => model.Unsupported is not null || GoldenHandlers.For(c.Name) is null).GroupBy(c => Prefix(c.Name)))
            {
                string why = model.Unsupported is null ? "" : $" ({model.Unsupported})";
                GoldenReport.Line(output, $"golden {model.Name} {group.Key}: NOT COVERED, {group.Count()} cases{why}");
            }
            if (model.Cases.Count == 0 && model.Base is null)
            {
                GoldenReport.Line(output, $"golden {model.Name}: no cases.json, read by other tests");
            }
        }
    }

    private static string Prefix(string name) => string.Join('/', name.Split('/').Take(2));
}
