using System.Text;
using Xunit;

namespace Vitrine.Tests;

public sealed class RowReaderTests
{
    [Fact]
    public void JsonLines_ObjectsAndStrings_AreRowsWithTheirLines()
    {
        DataRow[] rows = Read("{\"text\":\"a 😀\",\"id\":7,\"no\":null,\"tags\":[\"x\",1,[2]],\"o\":{\"a\":1}}\n\n  \n\"b\\n\"\r\n");

        Assert.Equal([(1, 1), (2, 4)], rows.Select(r => (r.Number, r.Line)));
        Assert.Equal(["a 😀", "7", "x 1 [2]", "{\"a\":1}"], new[] { "text", "id", "tags", "o" }.Select(name => rows[0][name]));
        Assert.Null(rows[0]["no"]);
        Assert.Equal("b\n", rows[1]["text"]);
    }

    [Theory]
    [InlineData("{\"text\": ", "not JSON")]
    [InlineData("17", "neither a JSON object nor a string: number")]
    [InlineData("{\"text\":\"\\ud800\"}", "surrogate")]
    [InlineData("{} {}", "not JSON")]
    public void JsonLines_ABadLine_IsAnErrorBetweenGoodOnes(string bad, string why)
    {
        DataRow[] rows = Read($"\"one\"\n{bad}\n\"two\"");

        Assert.Equal(["one", null, "two"], rows.Select(r => r["text"]));
        Assert.Contains(why, rows[1].Error, StringComparison.Ordinal);
        Assert.Equal(2, rows[1].Line);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Read_BytesThatAreNotUtf8_AreAnErrorBetweenGoodRows(int format)
    {
        byte[] good = Encoding.UTF8.GetBytes(format == 0 ? "\"é\"\n" : "é\n");
        byte[] bad = format == 0 ? [(byte)'"', 0xC3, (byte)'"', (byte)'\n'] : [0xFF, (byte)'\n'];
        byte[] header = format is 1 or 2 ? Encoding.UTF8.GetBytes("text\n") : [];

        DataRow[] rows = [.. RowReader.Read(new MemoryStream([.. header, .. good, .. bad, .. good]), (DataFormat)format)];

        Assert.Equal(["é", null, "é"], rows.Select(r => r["text"]));
        Assert.Contains("not UTF-8", rows[1].Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Csv_QuotesCommasAndLineBreaks_AreParsedAsRfc4180Says()
    {
        DataRow[] rows = Read("\uFEFFid,text\r\n1,\"a, \"\"b\"\"\nand c\"\r\n2,5\" disk\r\n\"3\",\r\n", DataFormat.Csv);

        Assert.Equal(["a, \"b\"\nand c", "5\" disk", ""], rows.Select(r => r["text"]));
        Assert.Equal(["1", "2", "3"], rows.Select(r => r["id"]));
        Assert.Equal([2, 4, 5], rows.Select(r => (int)r.Line));
    }

    [Fact]
    public void Csv_AQuoteThatIsNeverClosed_CostsOneRow()
    {
        DataRow[] rows = Read("id,text\n1,good\n2,\"never closed\n3,good\n4,good", DataFormat.Csv);

        Assert.Equal(["good", null, "good", "good"], rows.Select(r => r["text"]));
        Assert.Equal("a quote is never closed", rows[1].Error);
    }

    [Theory]
    [InlineData("a,b\n1\n2,3\n", "1 fields; expected 2")]
    [InlineData("a,b\n\"1\"x,2\n2,3\n", "closing quote is followed by 'x'")]
    public void Csv_AWrongRecord_IsAnErrorRow(string text, string why)
    {
        DataRow[] rows = Read(text, DataFormat.Csv);

        Assert.Contains(why, rows[0].Error, StringComparison.Ordinal);
        Assert.Equal("3", rows[1]["b"]);
    }

    [Fact]
    public void Csv_TheSameColumnTwice_IsRefused() =>
        Assert.Contains("'a' stands there twice", Assert.Throws<RequestException>(() => Read("a,b,a\n1,2,3", DataFormat.Csv)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Tsv_Tabs_PartFieldsAndQuotesAreCharacters()
    {
        DataRow row = Assert.Single(Read("text\tcontext\r\n\"a\tb\r\n", DataFormat.Tsv));

        Assert.Equal("\"a | b", $"{row["text"]} | {row["context"]}");
    }

    [Fact]
    public void Lines_EmptyOnes_AreRowsToo() => Assert.Equal(["a", "", "b"], Read("a\n\nb\r\n", DataFormat.Lines).Select(r => r["text"]));

    [Fact]
    public void Read_ALineBeyondTheLimit_IsAnErrorAndIsNotKept()
    {
        byte[] text = [.. Enumerable.Repeat((byte)'x', LineReader.Longest + 10), (byte)'\n', (byte)'y'];

        DataRow[] rows = [.. RowReader.Read(new MemoryStream(text), DataFormat.Lines)];

        Assert.Contains("longer than", rows[0].Error, StringComparison.Ordinal);
        Assert.Equal("y", rows[1]["text"]);
    }

    [Theory]
    [InlineData("a.jsonl", 0)]
    [InlineData("b/A.CSV", 1)]
    [InlineData("c.tsv", 2)]
    [InlineData("d.txt", 3)]
    [InlineData("-", 0)]
    public void Format_OfAFileName_IsItsEnding(string path, int format) => Assert.Equal((DataFormat)format, DataFormats.OfFile(path));

    private static DataRow[] Read(string text, DataFormat format = DataFormat.JsonLines) =>
        [.. RowReader.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), format)];
}
