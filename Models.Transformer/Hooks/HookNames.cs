namespace Vitrine.Transformers;

/// <summary>Finds hook points by name or by pattern, and the nearest names when there are none.</summary>
internal static class HookNames
{
    /// <summary>All points that match at least one pattern, in the model's order. <c>*</c> stands for any characters, dots
    /// included.</summary>
    /// <exception cref="HookException">A pattern matches nothing.</exception>
    public static IReadOnlyList<HookPoint> Match(IReadOnlyList<HookPoint> points, IEnumerable<string> patterns)
    {
        var matched = new HashSet<HookPoint>();
        foreach (string pattern in patterns)
        {
            int before = matched.Count;
            bool any = false;
            foreach (HookPoint point in points.Where(p => Matches(pattern, p.Name)))
            {
                matched.Add(point);
                any = true;
            }
            if (!any)
            {
                throw new HookException($"hooks: no such point; got '{pattern}'; {Nearest(pattern, points.Select(p => p.Name))}.");
            }
        }
        return [.. points.Where(matched.Contains)];
    }

    /// <summary>“expected one of …”: the three names with the fewest edits, of those all when they are few.</summary>
    public static string Nearest(string name, IEnumerable<string> names)
    {
        string[] nearest = [.. Tensors.Nearest.Of(name, names).Take(3)];
        return nearest.Length == 0 ? "expected nothing: there are no points" : $"did you mean {string.Join(", ", nearest)}";
    }

    private static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        int star = pattern.IndexOf('*');
        if (star < 0)
        {
            return pattern.SequenceEqual(name);
        }
        if (!name.StartsWith(pattern[..star]))
        {
            return false;
        }
        for (int skip = star; skip <= name.Length; skip++)
        {
            if (Matches(pattern[(star + 1)..], name[skip..]))
            {
                return true;
            }
        }
        return false;
    }
}
