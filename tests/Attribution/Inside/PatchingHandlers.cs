using Vitrine.Attributions;
using Vitrine.Transformers;

namespace Vitrine.Tests.Attributions.Inside;

/// <summary>Activation and attribution patching.</summary>
internal static class PatchingHandlers
{
    public static readonly (string, Action<string, ITransformer, GoldenCase, GoldenCheck>)[] All =
    [
        ("activation_patching/", Exact),
        ("attribution_patching/", Estimated),
    ];

    private static void Exact(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        PromptPair[] pairs = InsideGolden.Pairs(one);
        PatchDirection direction = Direction(one);
        InsideResult? last = null;
        foreach (string key in one.Expected.Keys.Where(k => !k.StartsWith("metric_", StringComparison.Ordinal)))
        {
            (PatchPlace place, string stack, PatchAxes axes, bool normalised) = Parse(key);
            last = ActivationPatching.Run(model, pairs, place, new() { Direction = direction, Stack = stack, Axes = axes });
            check.Close(key, last[normalised ? "normalised" : "raw"]);
        }
        double clean = last!.Numbers["metric_clean"], corrupted = last.Numbers["metric_corrupted"];
        foreach (string key in one.Expected.Keys.Where(k => k.StartsWith("metric_", StringComparison.Ordinal)))
        {
            check.Close(key, key switch
            {
                "metric_clean" => clean,
                "metric_corrupted" => corrupted,
                "metric_base" => direction == PatchDirection.Denoise ? corrupted : clean,
                _ => direction == PatchDirection.Denoise ? clean : corrupted,
            });
        }
    }

    private static void Estimated(string folder, ITransformer model, GoldenCase one, GoldenCheck check)
    {
        PromptPair[] pairs = InsideGolden.Pairs(one);
        foreach (IGrouping<(string, PatchAxes), string> group in one.Expected.Keys.GroupBy(k => (Parse(k).Stack, Parse(k).Axes)))
        {
            PatchPlace[] places = [.. group.Select(k => Parse(k).Place)];
            InsideResult result = AttributionPatching.Run(model, pairs, places,
                new() { Direction = Direction(one), Stack = group.Key.Item1, Axes = group.Key.Item2 });
            foreach (string key in group)
            {
                check.Close(key, result[Parse(key).Place.Name]);
            }
        }
    }

    private static PatchDirection Direction(GoldenCase one) => one.Name.EndsWith("denoise", StringComparison.Ordinal)
        ? PatchDirection.Denoise : PatchDirection.Noise;

    /// <summary>From <c>encoder_attn_z</c> or <c>pattern_by_dest</c> to what is asked for.</summary>
    private static (PatchPlace Place, string Stack, PatchAxes Axes, bool Normalised) Parse(string key)
    {
        bool normalised = key.EndsWith("_normalised", StringComparison.Ordinal);
        key = normalised ? key[..^"_normalised".Length] : key;
        string stack = "blocks";
        foreach (string side in new[] { "encoder", "decoder" })
        {
            if (key.StartsWith(side + "_", StringComparison.Ordinal))
            {
                (stack, key) = (side, key[(side.Length + 1)..]);
            }
        }
        (string name, PatchAxes? axes) = key switch
        {
            "attn_z" => ("z", PatchAxes.PositionUnit),
            "cross_attn_z" => ("cross_z", PatchAxes.PositionUnit),
            "cross_attn_k" => ("cross_k", PatchAxes.PositionUnit),
            "cross_attn_v" => ("cross_v", PatchAxes.PositionUnit),
            _ when key.EndsWith("_by_pos", StringComparison.Ordinal) => (key[..^"_by_pos".Length], PatchAxes.PositionUnit),
            _ when key.EndsWith("_all_pos", StringComparison.Ordinal) => (key[..^"_all_pos".Length], PatchAxes.Unit),
            "pattern_by_dest" => ("pattern", PatchAxes.Query),
            _ => (key, (PatchAxes?)null),
        };
        var place = PatchPlace.Get(name);
        return (place, stack, axes ?? PatchAxes.Position, normalised);
    }
}
