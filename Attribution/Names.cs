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
        throw new VitrineException($"{kind}: no such name; got '{name}'; expected one of "
            + $"{string.Join(", ", names)}.{Nearest.Hint(name, names)}");
    }
}
