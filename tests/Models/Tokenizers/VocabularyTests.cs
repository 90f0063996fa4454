using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Tokenizers;

public sealed class VocabularyTests
{
    private static Vocabulary ReadJson(string content)
    {
        using var folder = new TinyFolder(("vocab.json", content));
        return Vocabulary.ReadJson(Path.Combine(folder.Path, "vocab.json"));
    }

    private static Vocabulary ReadText(string content)
    {
        using var folder = new TinyFolder(("vocab.txt", content));
        return Vocabulary.ReadText(Path.Combine(folder.Path, "vocab.txt"));
    }

    [Fact]
    public void ReadJson_EscapesAndOrder_AreUnderstood()
    {
        Vocabulary v = ReadJson(""" { "\u2581a\"\\\/\b\f\n\r\t" : 2 , "\ud83d\ude00": 0,"猫":4, "": 1 } """);

        Assert.Equal(5, v.Count);
        Assert.Equal(["😀", "", "▁a\"\\/\b\f\n\r\t", "猫"], new[] { 0, 1, 2, 4 }.Select(v.PieceOf));
        Assert.Equal(4, v.IdOf("猫"));
        Assert.Null(v.IdOf("▁"));
        Assert.False(v.Contains(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => v.PieceOf(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => v.PieceOf(-1));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"a": 0""")]
    [InlineData("""{"a": 0,}""")]
    [InlineData("""{"a": 0} x""")]
    [InlineData("""{"a": 0.5}""")]
    [InlineData("""{"a": "0"}""")]
    [InlineData("""{"a" 0}""")]
    [InlineData("""{"a\x": 0}""")]
    [InlineData("""{"a\u12": 0}""")]
    [InlineData("""{"a\""")]
    [InlineData("""{"a": -1}""")]
    [InlineData("""{"a": 2000000000}""")]
    [InlineData("""{"a": 99999999999}""")]
    public void ReadJson_Malformed_Throws(string content) =>
        Assert.Contains("vocab.json", Assert.Throws<TokenizerException>(() => ReadJson(content)).Message, StringComparison.Ordinal);

    [Fact]
    public void ReadText_LineEndsOfAnyKind_EndPieces()
    {
        Assert.Equal(["a", "b", "", "c\u2028d"], Pieces(ReadText("\uFEFFa\r\nb\n\nc\u2028d\n")));
        Assert.Equal(["a", "b"], Pieces(ReadText("a\rb")));
    }

    [Fact]
    public void ReadText_PieceTwice_HasItsLastId() => Assert.Equal(2, ReadText("a\nb\na\n").IdOf("a"));

    [Fact]
    public void ReadText_EmptyOrMissing_Throws()
    {
        Assert.Throws<TokenizerException>(() => ReadText(""));
        Assert.Throws<TokenizerException>(() => Vocabulary.ReadText(Path.Combine(Path.GetTempPath(), "vitrine-no-such-file")));
    }

    [Fact]
    public void ReadText_NotUtf8_SaysWhere()
    {
        using var folder = new TinyFolder();
        string path = Path.Combine(folder.Path, "vocab.txt");
        File.WriteAllBytes(path, [(byte)'a', (byte)'\n', 0xFF]);

        Assert.Contains("byte 2", Assert.Throws<TokenizerException>(() => Vocabulary.ReadText(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WriteText_ThenRead_IsTheSame()
    {
        using var folder = new TinyFolder();
        string path = Path.Combine(folder.Path, "vocab.txt");
        string[] pieces = ["[PAD]", "猫", "##😀", " "];

        Vocabulary.FromPieces(pieces).WriteText(path);

        Assert.Equal(pieces, Pieces(Vocabulary.ReadText(path)));
        Assert.Throws<InvalidOperationException>(() => Vocabulary.FromPieces(["a\nb"]).WriteText(path));
    }

    private static IEnumerable<string> Pieces(Vocabulary v) => Enumerable.Range(0, v.Count).Select(v.PieceOf);
}
