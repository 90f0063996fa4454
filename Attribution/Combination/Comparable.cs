using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Whether results can be laid over one another.</summary>
internal static class Comparable
{
    /// <summary>Throws unless all results are about the same tokens and as many targets.</summary>
    /// <exception cref="VitrineException">They are not.</exception>
    public static void Require(string who, IReadOnlyList<AttributionResult> results)
    {
        foreach (AttributionResult other in results.Skip(1))
        {
            if (Fault(results[0], other) is { } fault)
            {
                throw new VitrineException($"{who}: {fault}.");
            }
        }
    }

    /// <summary>What keeps two results from being compared; null when nothing does.</summary>
    public static string? Fault(AttributionResult a, AttributionResult b) =>
        a.Targets.Count != b.Targets.Count
            ? $"other targets; got {a.Targets.Count} from {a.Method} and {b.Targets.Count} from {b.Method}; expected the same"
        : a.Sides.Count != b.Sides.Count || a.Sides.Zip(b.Sides)
        .Any(pair => !pair.First.Tokens.Select(t => t.Piece).SequenceEqual(pair.Second.Tokens.Select(t => t.Piece)))
            ? $"other tokens; got {Tokens(a)} from {a.Method} and {Tokens(b)} from {b.Method}; expected the same text, cut into the same "
            + $"tokens"
        : null;

    private static string Tokens(AttributionResult result) => string.Join(" and ", result.Sides.Select(side => side.Tokens.Count));
}
