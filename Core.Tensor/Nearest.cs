namespace Vitrine.Tensors;

/// <summary>What a misspelt name may have meant: one rule for every table that is looked up by name.</summary>
public static class Nearest
{
    /// <summary>The names with the fewest edits first: insertions, deletions and replacements; letter case, and '-' against '_', do not
    /// count.</summary>
    /// <param name="name">The name that was given.</param>
    /// <param name="names">The names that exist.</param>
    public static IEnumerable<string> Of(string name, IEnumerable<string> names) => names.OrderBy(candidate => Distance(name, candidate));

    /// <summary>The name with the fewest edits, when they are few enough to be a slip (a third of its letters, at least one); else
    /// null.</summary>
    /// <inheritdoc cref="Of"/>
    public static string? To(string name, IEnumerable<string> names) =>
        name.Length > 2 && Of(name, names).FirstOrDefault() is { } best && Distance(name, best) <= Math.Max(1, name.Length / 3) ? best
            : null;

    /// <summary>The same as the end of an error: <c> Did you mean 'lime'?</c>, or nothing.</summary>
    /// <inheritdoc cref="Of"/>
    public static string Hint(string name, IEnumerable<string> names) => To(name, names) is { } near ? $" Did you mean '{near}'?" : "";

    // Levenshtein's distance.
    private static int Distance(string a, string b)
    {
        (a, b) = (a.ToLowerInvariant().Replace('-', '_'), b.ToLowerInvariant().Replace('-', '_'));
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            (int diagonal, row[0]) = (row[0], i);
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                (diagonal, row[j]) = (row[j], Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1));
            }
        }
        return row[b.Length];
    }
}
