namespace Vitrine.Training;

/// <summary>
/// Lines of random letters in which a made-up word comes again and again: nothing tells how it goes the first time, and everything the next times. A
/// model can predict them only by finding what followed the same letter before, as an induction head does.
/// </summary>
/// <remarks>
/// Source: Olsson et al. 2022, “In-context learning and induction heads”. The word has four to ten different letters; between its copies stand up to
/// four others. That alone does not make induction heads: an attention-only GPT-2 of two layers learnt such lines to 0.16 nats per repeated letter with
/// heads that look a changing number of places back, none of them at the letter before.
/// </remarks>
public static class RepeatedLetters
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    /// <summary>Makes lines.</summary>
    /// <param name="count">How many.</param>
    /// <param name="length">Letters per line.</param>
    /// <param name="seed">Equal seeds give equal lines.</param>
    public static IEnumerable<string> Make(int count, int length, int seed) => Enumerable.Range(0, count).Select(line => Line(length, RandomAt.Of(seed, line)).Text);

    /// <summary>One line, and its word.</summary>
    internal static (string Text, string Word) Line(int length, Random random)
    {
        char[] letters = Letters.ToCharArray();
        random.Shuffle(letters);
        int size = random.Next(4, 11);
        string word = new(letters, 0, size), text = "";
        while (text.Length < length)
        {
            text += new string(random.GetItems(letters.AsSpan(size), random.Next(5))) + word;
        }
        return (text[..length], word);
    }
}
