using System.Text;

namespace Vitrine.Training;

/// <summary>
/// Lines of random letters that repeat: nothing tells what comes the first time, and the line itself the next times. A model can predict
/// that only by finding what followed the same letter before, as an induction head does.
/// </summary>
/// <remarks>
/// Two lines in five are what Olsson et al. 2022, “In-context learning and induction heads”, measure with: up to twelve letters, then one
/// sequence of 8 to 24 different letters again and again. In the others two to four letters have a follower, any letter, which always comes
/// after them, and all else is random (as in Bietti et al. 2023, “Birth of a transformer”). These make the heads: pairs come at any place
/// and distance, so that only the letter before tells what a letter followed. Lines of one short sequence, repeated from the beginning with
/// jumps, were learned by other heads, which looked two places after its first copy at what the first layer had gathered there.
/// </remarks>
public static class RepeatedLetters
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz";

    /// <summary>Makes lines.</summary>
    /// <param name="count">How many.</param>
    /// <param name="length">Letters per line.</param>
    /// <param name="seed">Equal seeds give equal lines.</param>
    public static IEnumerable<string> Make(int count, int length, int seed) => Enumerable.Range(0, count).Select(line =>
    {
        Random random = RandomAt.Of(seed, line);
        return random.Next(5) < 2 ? Sequence(length, random) : Pairs(length, random);
    });

    private static string Sequence(int length, Random random)
    {
        var text = new StringBuilder(new string(random.GetItems<char>(Letters, random.Next(13))));
        string sequence = Shuffled(random)[..random.Next(8, 25)];
        while (text.Length < length)
        {
            text.Append(sequence);
        }
        return text.ToString(0, length);
    }

    private static string Pairs(int length, Random random)
    {
        string leaders = Shuffled(random)[..random.Next(2, 5)], followers = new(random.GetItems<char>(Letters, leaders.Length));
        var text = new StringBuilder();
        while (text.Length < length)
        {
            int leader = text.Length == 0 ? -1 : leaders.IndexOf(text[^1], StringComparison.Ordinal);
            string from = leader < 0 ? random.Next(2) == 0 ? leaders : Letters : followers.Substring(leader, 1);
            text.Append(from[random.Next(from.Length)]);
        }
        return text.ToString();
    }

    private static string Shuffled(Random random)
    {
        char[] letters = Letters.ToCharArray();
        random.Shuffle(letters);
        return new(letters);
    }
}
