namespace Vitrine.Training;

/// <summary>
/// Digits, an equals sign, and the same digits in order: <c>31415926=11234569</c>. What a small transformer can learn completely.
/// </summary>
public static class SortingLines
{
    /// <summary>Makes lines; the digits are independent and uniform.</summary>
    /// <param name="count">How many.</param>
    /// <param name="digits">Digits per line.</param>
    /// <param name="seed">Equal seeds give equal lines.</param>
    public static IEnumerable<string> Make(int count, int digits, int seed) => Enumerable.Range(0, count).Select(line =>
    {
        char[] given = RandomAt.Of(seed, line).GetItems("0123456789".AsSpan(), digits);
        return $"{new string(given)}={new string([.. given.Order()])}";
    });
}
