using System.Security.Cryptography;
using System.Text;

namespace Vitrine.Samples;

/// <summary>A sentence and whether its writer liked the film.</summary>
internal sealed record LabelledText(string Text, bool Positive);

/// <summary>
/// The sentence polarity data (Pang and Lee 2005) in three parts: for training, for choosing between recipes, and for the one number
/// that the model card states.
/// </summary>
/// <remarks>
/// Within each class the sentences are put in the order of the SHA-256 hash of <c>seed, line break, sentence</c>; the first tenth is held out,
/// the second tenth validates. So the parts are exact, balanced, the same on every machine, and a sentence that occurs twice falls into one.
/// </remarks>
internal sealed record PolarityData(
    IReadOnlyList<LabelledText> Training, IReadOnlyList<LabelledText> Validation, IReadOnlyList<LabelledText> HeldOut)
{
    public const string Seed = "2026";

    /// <summary>Reads <c>rt-polarity.neg</c> and <c>rt-polarity.pos</c>, one sentence a line.</summary>
    public static PolarityData Read(string folder)
    {
        List<LabelledText> training = [], validation = [], heldOut = [];
        foreach ((string name, bool positive) in new[] { ("rt-polarity.neg", false), ("rt-polarity.pos", true) })
        {
            LabelledText[] texts = [.. File.ReadLines(Path.Combine(folder, name))
                .Select(line => line.Trim())
                .Where(line => line.Length > 0)
                .OrderBy(Hash, StringComparer.Ordinal)
                .Select(line => new LabelledText(line, positive))];
            int tenth = texts.Length / 10;
            heldOut.AddRange(texts[..tenth]);
            validation.AddRange(texts[tenth..(2 * tenth)]);
            training.AddRange(texts[(2 * tenth)..]);
        }

        return new PolarityData(training, validation, heldOut);
    }

    private static string Hash(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{Seed}\n{text}")));
}
