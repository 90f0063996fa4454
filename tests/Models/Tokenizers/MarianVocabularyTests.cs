using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Tokenizers;

/// <summary>One vocabulary for two languages.</summary>
public class MarianVocabularyTests
{
    [Fact]
    public void Join_TwoModels_EndFirstThenPiecesOnceAndPaddingLast()
    {
        using TinyFolder folder = Folder();

        Vocabulary vocabulary = MarianVocabulary.Join(folder.Path);

        Assert.Equal(["</s>", "<unk>", "猫", "\"", "▁a", "b\\", "<pad>"], Enumerable.Range(0, vocabulary.Count).Select(vocabulary.PieceOf));
    }

    [Fact]
    public void WriteJson_QuotesBackslashesAndControls_AreReadBack()
    {
        using TinyFolder folder = Folder();
        string path = Path.Combine(folder.Path, "vocab.json");
        Vocabulary vocabulary = Vocabulary.FromPieces([.. Enumerable.Range(0, 5).Select(MarianVocabulary.Join(folder.Path).PieceOf), "b\\",
            "\t\u0001", "😀"]);

        vocabulary.WriteJson(path);
        Vocabulary read = Vocabulary.ReadJson(path);

        Assert.Equal(Enumerable.Range(0, 8).Select(vocabulary.PieceOf), Enumerable.Range(0, 8).Select(read.PieceOf));
    }

    [Fact]
    public void Join_ModelMissing_IsSaidByName()
    {
        using var folder = new TinyFolder();

        Assert.Contains("source.spm", Assert.Throws<TokenizerException>(() => MarianVocabulary.Join(folder.Path)).Message,
            StringComparison.Ordinal);
    }

    private static TinyFolder Folder()
    {
        var folder = new TinyFolder();
        File.WriteAllBytes(Path.Combine(folder.Path, "source.spm"), new TinySentencePiece().Piece("猫", -1).Piece("\"", -2).ToArray());
        File.WriteAllBytes(Path.Combine(folder.Path, "target.spm"),
            new TinySentencePiece().Piece("▁a", -1).Piece("猫", -2).Piece("b\\", -3).ToArray());
        return folder;
    }
}
