namespace Vitrine.Cli;

/// <summary>Several values in one, with commas between them.</summary>
internal static class Names
{
    /// <summary>The values, trimmed, each once; none of a null.</summary>
    public static string[] Of(params IEnumerable<string?>? given) => [.. (given ?? []).SelectMany(one =>
        one?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? []).Distinct()];
}
