namespace Vitrine;

/// <summary>What a misspelt name may have meant.</summary>
public static class Nearest
{
    /// <summary>The name with the fewest edits, when they are few enough to be a slip; else null.</summary>
    public static string? To(string name, IEnumerable<string> names)
    {
        (string Name, int Distance) best = names.Select(n => (n, Distance(name, n))).MinBy(pair => pair.Item2);
        return best.Name is not null && name.Length > 2 && best.Distance <= Math.Max(1, name.Length / 3) ? best.Name : null;
    }

    /// <summary>Levenshtein's distance: insertions, deletions and replacements, letter case ignored.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            (int diagonal, row[0]) = (row[0], i);
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                (diagonal, row[j]) = (row[j], Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1));
            }
        }
        return row[b.Length];
    }
}
