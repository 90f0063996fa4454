namespace Vitrine.Training;

/// <summary>
/// Lines of random letters that repeat themselves: nothing tells the first round, and everything the later ones. A model can predict them
/// only by finding what followed the same letter before: an induction head.
/// </summary>
/// <remarks>Source: Olsson et al. 2022, “In-context learning and induction heads”. The length of a round varies, so that position alone does not help.</remarks>
public static class RepeatedLetters
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    /// <summary>Makes lines.</summary>
    /// <param name="count">How many.</param>
    /// <param name="length">Letters per line.</param>
    /// <param name="seed">Equal seeds give equal lines.</param>
    public static IEnumerable<string> Make(int count, int length, int seed) => Enumerable.Range(0, count).Select(line => Line(length, RandomAt.Of(seed, line)).Text);

    /// <summary>One line, and the length of its round: a sixth to a half of it, of different letters.</summary>
    internal static (string Text, int Round) Line(int length, Random random)
    {
        char[] letters = Letters.ToCharArray();
        random.Shuffle(letters);
        int round = random.Next(Math.Max(1, length / 6), Math.Min(letters.Length, length / 2) + 1);
        return (new string([.. Enumerable.Range(0, length).Select(i => letters[i % round])]), round);
    }
}
