using Vitrine.Tensors;

namespace Vitrine.Attributions;

/// <summary>Look-ups by name that know what a misspelt name may have meant.</summary>
internal static class Names
{
    /// <summary>The entry of a table with that name.</summary>
    /// <exception cref="VitrineException">There is none; the message names the nearest and lists all.</exception>
    public static T Find<T>(IEnumerable<T> table, Func<T, string> nameOf, string name, string kind)
    {
        T[] entries = [.. table];
        int found = Array.FindIndex(entries, entry => nameOf(entry) == name);
        if (found >= 0)
        {
            return entries[found];
        }
        string[] names = [.. entries.Select(nameOf)];
        string nearest = names.MinBy(candidate => Distance(candidate, name)) ?? "";
        string hint = Distance(nearest, name) <= Math.Max(2, name.Length / 2) ? $" Did you mean {nearest}?" : "";
        throw new VitrineException($"{kind}: no such name; got '{name}'; expected one of {string.Join(", ", names)}.{hint}");
    }

    /// <summary>Levenshtein's edit distance, letter case and '-' against '_' ignored.</summary>
    private static int Distance(string a, string b)
    {
        (a, b) = (a.ToLowerInvariant().Replace('-', '_'), b.ToLowerInvariant().Replace('-', '_'));
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.Length];
    }
}
