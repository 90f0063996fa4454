using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>
/// Texts of different lengths, filled up to one: what both begin with and what both end with keep their places, and the shorter one gets
/// fillers before its own part of the stretch in which they differ, so that the last tokens of both parts face each other.
/// </summary>
public static class TokenAlignment
{
    /// <summary>Both texts with as many tokens.</summary>
    /// <param name="first">Token ids.</param>
    /// <param name="second">Token ids.</param>
    /// <param name="filler">The token that is put in.</param>
    public static (int[] First, int[] Second) Of(IReadOnlyList<int> first, IReadOnlyList<int> second, int filler)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        int shorter = Math.Min(first.Count, second.Count), start = 0;
        while (start < shorter && first[start] == second[start])
        {
            start++;
        }
        // A common start that takes everything leaves nothing to differ in: the fillers then stand before the last token.
        start = Math.Min(start, Math.Max(0, shorter - 1));
        int[] Filled(IReadOnlyList<int> ids, int missing) =>
            [.. ids.Take(start), .. Enumerable.Repeat(filler, Math.Max(0, missing)), .. ids.Skip(start)];
        return (Filled(first, second.Count - first.Count), Filled(second, first.Count - second.Count));
    }

    /// <summary>A token of a model that says least: its mask, padding, end or start token, or the first of its vocabulary.</summary>
    public static int Filler(ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Tokenizer?.Special.Mask ?? model.Info.PadId ?? (model.Info.EosIds is [var end, ..] ? end : model.Info.BosId ?? 0);
    }
}
