using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Tokenizers;

/// <summary>
/// SentencePiece's byte-pair encoding next to its definition: of all neighbours that spell a piece, the best score joins first, the
/// leftmost of equals.
/// </summary>
public sealed class SentencePieceBpeTests
{
    private static readonly (string Piece, float Score)[] s_ordinary =
    [
        ("▁", -1), ("a", -2), ("b", -3), ("c", -4), ("ab", -5), ("▁a", -5), ("▁▁", -6), ("bc", -7), ("▁ab", -8), ("abc", -9), ("ca", -10),
        ("▁▁a", -11), ("aa", -12),
    ];

    private static readonly (string Piece, float Score)[] s_overWords = [.. s_ordinary, ("a▁", -5.5f), ("a▁b", -6.5f), ("c▁▁", -13)];

    /// <summary>Words one by one, remembered or not, and pieces that reach from one word into the next.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Encode_RandomTexts_AreMergedAsDefined(bool overWords, bool bytes)
    {
        (string Piece, float Score)[] pieces = overWords ? s_overWords : s_ordinary;
        ITokenizer tokenizer = Load(pieces, bytes);
        var random = new Random(5);
        for (int n = 0; n < 300; n++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 60)).Select(_ => "aaabbcc  x猫"[random.Next(11)]));

            string[] expected = [.. Merged("▁" + text.Replace(' ', '▁'), pieces, bytes)];

            Assert.Equal(expected, tokenizer.Encode(text, special: false).Pieces);
            Assert.Equal(expected, tokenizer.Encode(text, special: false).Pieces); // what is remembered is the same
        }
    }

    /// <summary>The definition, without any hurry.</summary>
    private static IEnumerable<string> Merged(string text, (string Piece, float Score)[] pieces, bool bytes)
    {
        Dictionary<string, float> scores = pieces.ToDictionary(p => p.Piece, p => p.Score);
        List<string> row = [.. text.Select(c => c.ToString())];
        while (true)
        {
            int[] joins = [.. Enumerable.Range(0, Math.Max(0, row.Count - 1)).Where(i => scores.ContainsKey(row[i] + row[i + 1]))];
            if (joins.Length == 0)
            {
                break;
            }
            int best = joins.MaxBy(i => scores[row[i] + row[i + 1]]);
            row[best] += row[best + 1];
            row.RemoveAt(best + 1);
        }
        bool afterUnknown = false;
        foreach (string piece in row)
        {
            bool known = scores.ContainsKey(piece);
            if (known || !bytes)
            {
                if (known || !afterUnknown)
                {
                    yield return known ? piece : "<unk>";
                }
            }
            else
            {
                foreach (byte b in System.Text.Encoding.UTF8.GetBytes(piece))
                {
                    yield return $"<0x{b:X2}>";
                }
            }
            afterUnknown = !known;
        }
    }

    private static ITokenizer Load((string Piece, float Score)[] pieces, bool bytes)
    {
        var model = new TinySentencePiece();
        foreach ((string piece, float score) in pieces)
        {
            _ = model.Piece(piece, score);
        }
        for (int b = 0; bytes && b < 256; b++)
        {
            _ = model.Piece($"<0x{b:X2}>", 0, 6);
        }
        _ = model.Trainer((3, 2), (35, bytes ? 1 : 0)).Normalizer([], removeExtra: false);
        using var folder = new TinyFolder(("tokenizer_config.json", """{"tokenizer_class": "LlamaTokenizer"}"""));
        File.WriteAllBytes(Path.Combine(folder.Path, "tokenizer.model"), model.ToArray());
        return TokenizerLoader.Load(folder.Path);
    }
}
