using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Tokenizers;

/// <summary>Microsoft.ML.Tokenizers on the same files: another implementation of byte-level BPE and of SentencePiece BPE.</summary>
public sealed partial class OracleTests
{
    private const int Texts = 1000;

    [Fact]
    public void ByteLevelBpe_RandomText_AgreesWithTheOracle()
    {
        using var folder = new TinyFolder(("vocab.json", TinyGpt2.VocabularyJson()),
            ("merges.txt", "#version: 0.2\n" + string.Join('\n', TinyGpt2.Merges) + "\n"));
        var oracle = BpeTokenizer.Create(new BpeOptions(Path.Combine(folder.Path, "vocab.json"), Path.Combine(folder.Path, "merges.txt"))
        {
            ByteLevel = true,
            PreTokenizer = new RegexPreTokenizer(Words(), null),
        });
        ITokenizer ours = TokenizerLoader.Load(folder.Path);
        var random = new Random(17);

        for (int i = 0; i < Texts; i++)
        {
            // The oracle's regular expression sees halves of characters beyond U+FFFF.
            string text = string.Concat((BytePairEncodingTests.RandomText(random) + " the thing other "
                + "aaaa").Where(c => !char.IsSurrogate(c)));

            Assert.Equal(oracle.EncodeToIds(text), ours.Encode(text).Ids);
        }
    }

    [Fact]
    public void SentencePieceBpe_Sentences_AgreeWithTheOracle()
    {
        string model = DataFolder.Find("tokenizers-trained/llama/tokenizer.model");
        using FileStream file = File.OpenRead(model);
        SentencePieceTokenizer oracle = SentencePieceTokenizer.Create(file, addBeginningOfSentence: false, addEndOfSentence: false);
        ITokenizer ours = TokenizerLoader.Load(Path.GetDirectoryName(model)!);

        foreach (string text in File.ReadLines(DataFolder.Find("shakespeare/input.txt")).Where(line => line.Length > 0 && line[0] != ' ')
            .Take(Texts))
        {
            Assert.Equal(oracle.EncodeToIds(text), ours.Encode(text, special: false).Ids);
        }
    }

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Words();
}
