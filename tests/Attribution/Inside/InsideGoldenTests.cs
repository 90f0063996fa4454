using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions.Inside;

/// <summary>Compares looking inside with the recorded numbers of other tools and of brute force. A case without a handler fails.</summary>
public sealed class InsideGoldenTests
{
    /// <summary>By the end of a case's name.</summary>
    private static readonly (string Name, Action<string, ITransformer, GoldenCase, GoldenCheck> Run)[] s_handlers =
    [
        .. PatchingHandlers.All,
        .. CircuitHandlers.All,
        .. LensHandlers.All,
        .. InterventionHandlers.All,
        .. UnitHandlers.All,
        .. WeightHandlers.All,
    ];

    public static TheoryData<string, string> Cases()
    {
        var rows = new TheoryData<string, string>();
        foreach (string folder in InsideGolden.Folders)
        {
            foreach (GoldenCase one in InsideGolden.Cases(folder))
            {
                rows.Add(folder, one.Name);
            }
        }
        return rows;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Golden_Case_Matches(string folder, string name)
    {
        GoldenCase one = InsideGolden.Cases(folder).First(c => c.Name == name);
        var check = new GoldenCheck(one);
        (string, Action<string, ITransformer, GoldenCase,
            GoldenCheck> Run)[] found = [.. s_handlers.Where(h => name.Contains(h.Name, StringComparison.Ordinal))];
        Assert.True(found.Length == 1, $"{folder} {name}: {found.Length} handlers");

        found[0].Run(folder, InsideGolden.Model(folder), one, check);

        Assert.True(check.Faults.Count == 0, string.Join(Environment.NewLine, check.Faults));
    }
}
