using System.Text.RegularExpressions;

namespace Vitrine.Training;

/// <summary>Names with <c>*</c> for any characters.</summary>
internal static class Pattern
{
    /// <summary>Whether the whole name matches.</summary>
    public static bool Matches(string pattern, string name) =>
        Regex.IsMatch(name, $"^{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal)}$", RegexOptions.CultureInvariant);
}
