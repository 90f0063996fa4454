using Vitrine.Attributions;

namespace Vitrine.Tests.Attributions;

/// <summary>internals/METHOD/MODEL: methods that look inside, written down a second time in PyTorch.</summary>
internal static class GoldenInternals
{
    public static void Run(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        ScoreFunction f = Models.Function(one.Json("model").GetString()!);
        AttributionResult result = AttributionMethods.Get(one.Name.Split('/')[1])
            .Attribute(f, new() { KeepRaw = one.Expected.ContainsKey("raw"), Baseline = Baseline.Zero });
        foreach (string key in one.Expected.Keys)
        {
            switch (key)
            {
                case "raw":
                    check.Close(key, result.Sides[0].Raw!);
                    break;
                case "biases":
                    check.Close(key, null, [.. result.Targets.Select(target => (float)target.BaselineScore!.Value)]);
                    break;
                default:
                    SideScores side = result.Sides.First(s => s.Name == key);
                    check.Close(key, [side.Scores.Count, side.Tokens.Count], [.. side.Scores.SelectMany(row => row)]);
                    break;
            }
        }
    }
}
