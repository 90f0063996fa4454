using System.Globalization;
using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Positions of a text that an intervention changes.</summary>
/// <param name="From">The first, from 0; null: see <paramref name="Only"/>.</param>
/// <param name="Only">These positions; null: all from <paramref name="From"/> on. Negative: from the end.</param>
/// <remarks>
/// They are those of the whole text, also where a model writes with a cache and computes one new position at a time; −1 is the last
/// position of every pass, so that while a text is written every new one is meant.
/// </remarks>
public sealed record InsidePositions(int? From = null, IReadOnlyList<int>? Only = null)
{
    /// <summary>Every position.</summary>
    public static InsidePositions All { get; } = new(From: 0);

    /// <summary>The last; while a text is written with a cache, every new one.</summary>
    public static InsidePositions Last { get; } = new(Only: [-1]);

    /// <summary>Reads <c>all</c>, <c>last</c>, <c>3</c>, <c>3,5,-1</c> or <c>4..</c>.</summary>
    /// <param name="text">The positions.</param>
    /// <exception cref="VitrineException">It is none of these.</exception>
    public static InsidePositions Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        static int? Whole(string part) =>
            int.TryParse(part.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int n) ? n : null;
        int?[] each = [.. text.Split(',').Select(Whole)];
        return text.Trim() switch
        {
            "all" => All,
            "last" => Last,
            var from when from.EndsWith("..", StringComparison.Ordinal) && Whole(from[..^2]) is >= 0 and var first => new(From: first),
            _ when Array.TrueForAll(each, n => n is not null) => new(Only: [.. each.OfType<int>()]),
            _ => throw new VitrineException($"positions: not understood; got '{text}'; expected all, last, 3, 3,5,-1 or 4.. ."),
        };
    }

    /// <summary>1 at the positions that are changed, 0 elsewhere. <c>[count]</c></summary>
    /// <param name="count">How many positions a pass computes.</param>
    /// <param name="start">The first of them.</param>
    internal float[] Mask(int count, int start = 0)
    {
        float[] mask = new float[count];
        for (int p = Math.Max(0, (From ?? int.MaxValue) - start); p < count; p++)
        {
            mask[p] = 1;
        }
        foreach (int p in Only ?? [])
        {
            int at = p < 0 ? count + p : p - start;
            if (at >= 0 && at < count)
            {
                mask[at] = 1;
            }
        }
        return mask;
    }

    /// <summary>In words.</summary>
    public override string ToString() => Only is not null ? string.Join(',', Only) : From is 0 ? "all"
        : string.Create(CultureInfo.InvariantCulture, $"{From}..");
}
