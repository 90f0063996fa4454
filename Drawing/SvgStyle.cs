using System.Text.RegularExpressions;

namespace Vitrine.Drawing;

/// <summary>The style sheet of a picture: what a class, or every text, looks like, on light or dark paper.</summary>
internal sealed partial class SvgStyle
{
    private readonly Dictionary<string, Dictionary<string, string>> _rules = [];

    /// <summary>Reads it.</summary>
    /// <param name="css">Rules of one element or one class each; those for dark paper in a media query at the end.</param>
    /// <param name="isDark">Whether the query is taken to be true.</param>
    public SvgStyle(string css, bool isDark)
    {
        int query = css.IndexOf("@media", StringComparison.Ordinal);
        Add(query < 0 ? css : css[..query]);
        if (isDark && query >= 0)
        {
            Add(css[(css.IndexOf('{', query) + 1)..]);
        }
    }

    /// <summary>The value that the last fitting rule gives, or <paramref name="otherwise"/>.</summary>
    /// <param name="element">Name of the element.</param>
    /// <param name="classes">Its classes; a later one goes before an earlier.</param>
    /// <param name="property">What is asked for.</param>
    /// <param name="otherwise">Where no rule speaks of it.</param>
    public string Of(string element, string[] classes, string property, string otherwise)
    {
        string value = otherwise;
        foreach (string selector in classes.Select(name => "." + name).Prepend(element))
        {
            value = _rules.TryGetValue(selector, out Dictionary<string, string>? rule) && rule.TryGetValue(property, out string? own)
                ? own : value;
        }
        return value;
    }

    private void Add(string css)
    {
        foreach (Match rule in Rule().Matches(css))
        {
            string selector = rule.Groups[1].Value;
            if (!_rules.TryGetValue(selector, out Dictionary<string, string>? known))
            {
                _rules[selector] = known = [];
            }
            foreach (string[] pair in rule.Groups[2].Value.Split(';').Select(part => part.Split(':', 2)).Where(pair => pair.Length == 2))
            {
                known[pair[0].Trim()] = pair[1].Trim();
            }
        }
    }

    [GeneratedRegex(@"([.\w]+)\s*\{([^{}]*)\}")]
    private static partial Regex Rule();
}
