using System.IO.Compression;
using System.Text;
using Vitrine.Cli;
using Xunit;

namespace Vitrine.Tests.Field;

/// <summary>Tables and arrays as Excel, pandas and other programs write them: read as meant, or refused with what to do.</summary>
public class RowFormatTests
{
    [Theory]
    [InlineData("text;label\n\"a fine, long film\";1\nbad;0\n", "a fine, long film|1 / bad|0")]
    [InlineData("sep=;\r\ntext;label\r\n\"a; b\";1\r\n", "a; b|1")]
    [InlineData("sep=|\ntext|label\na,b|1\n", "a,b|1")]
    [InlineData("text\tlabel\na, b\t1\n", "a, b|1")]
    [InlineData("text|label\na, b|1\n", "a, b|1")]
    [InlineData("\"text\";\"label, or none\"\na;1\n", "a|1")]
    [InlineData("text,label\n\"a; b; c\",1\n", "a; b; c|1")]
    [InlineData("text\na; b\n", "a; b")]
    [InlineData("text,label,,\na,1,,\n", "a|1")]
    [InlineData("text;label\ra fine film;1\rbad;0\r", "a fine film|1 / bad|0")]
    [InlineData("\uFEFFtext;label\na;1\n", "a|1")]
    public void Csv_WithAnyUsualDelimiter_IsReadByItsHeader(string csv, string rows) =>
        Assert.Equal(rows, Read(Encoding.UTF8.GetBytes(csv), DataFormat.Csv));

    [Theory]
    [InlineData("text\tlabel\n\"a \"\"fine\"\" film\"\t1\n", "a \"fine\" film|1")]
    [InlineData("text\tlabel\n\"two\nlines\tand a tab\"\t1\nb\t0\n", "two\nlines\tand a tab|1 / b|0")]
    [InlineData("text\tlabel\n\"Hello\t1\nBye\"\t0\n", "\"Hello|1 / Bye\"|0")] // quotes that are characters swallow no row
    [InlineData("\"text\"\t\"label\"\na\t1\n", "a|1")]
    [InlineData("text\tlabel\n\"a\" and \"b\"\t1\n", "\"a\" and \"b\"|1")]
    [InlineData("text\tlabel\na;b,c\t1\n", "a;b,c|1")]
    public void Tsv_QuotedOrNot_KeepsItsRows(string tsv, string rows) =>
        Assert.Equal(rows, Read(Encoding.UTF8.GetBytes(tsv), DataFormat.Tsv));

    [Fact]
    public void Text_InUtf16And32_IsReadWithItsMarkAndWithoutIt()
    {
        const string Csv = "text;label\nnaïve 😀;1\n", Json = "{\"text\":\"naïve 😀\"}\n";
        foreach (Encoding encoding in (Encoding[])[new UnicodeEncoding(false, true), new UnicodeEncoding(true, true),
            new UTF32Encoding(false, true), new UTF32Encoding(true, true)])
        {
            Assert.Equal("naïve 😀|1", Read([.. encoding.GetPreamble(), .. encoding.GetBytes(Csv)], DataFormat.Csv));
        }
        Assert.Equal("naïve 😀", Read(Encoding.Unicode.GetBytes(Json), DataFormat.JsonLines));
        Assert.Equal("naïve 😀", Read(Encoding.BigEndianUnicode.GetBytes(Json), DataFormat.JsonLines));
    }

    [Fact]
    public void Json_OneArray_GivesARowPerItem()
    {
        Assert.Equal("a [b], \"c\"|1 / d / ! neither a JSON object nor a string: number / ! the key 'text' stands there twice / e",
            Read("""
             [ {"text":"a [b], \"c\"","label":1},

            "d" ,5 , {"text":"x","text":"y"},{
              "text": "e" } ]

            """u8.ToArray(), DataFormat.JsonLines));
        Assert.Equal("", Read("[]"u8.ToArray(), DataFormat.JsonLines));
        Assert.Equal([1L, 3L], RowReader.Read(new MemoryStream("[\"a\",\n\n\"b\"]"u8.ToArray()), DataFormat.JsonLines)
            .Select(row => row.Line).ToArray());
    }

    [Fact]
    public void Json_AnArrayOverManyBlocks_IsReadAsItsLines()
    {
        string[] texts = [.. Enumerable.Range(0, 5000).Select(i => $"text {i} \\\" ] , {{ é")];
        byte[] lines = Encoding.UTF8.GetBytes(string.Join('\n', texts.Select(text => $"\"{text}\""))),
            array = Encoding.UTF8.GetBytes($"[{string.Join(", ", texts.Select(text => $"\"{text}\""))}]");

        Assert.Equal(Read(lines, DataFormat.JsonLines), Read(array, DataFormat.JsonLines));
    }

    [Theory]
    [InlineData("[\"a\", \"b\"", "no end of the array")]
    [InlineData("[\"a\"] \"b\"", "more after the end of the array")]
    public void Json_ADamagedArray_IsRefused(string json, string part) =>
        Assert.Contains(part, Assert.Throws<RequestException>(() => Read(Encoding.UTF8.GetBytes(json), DataFormat.JsonLines)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Containers_AreNamedWithWhatToDo()
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionMode.Compress, leaveOpen: true))
        {
            gzip.Write("text\na\n"u8);
        }

        Assert.Contains("gzip -dc", Refused(zipped.ToArray()), StringComparison.Ordinal);
        Assert.Contains("Save the sheet as CSV", Refused([(byte)'P', (byte)'K', 3, 4, 0]), StringComparison.Ordinal);

        static string Refused(byte[] bytes) => Assert.Throws<RequestException>(() => Read(bytes, DataFormat.Csv)).Message;
    }

    [Theory]
    [InlineData("predict")]
    [InlineData("explain")]
    [InlineData("evaluate")]
    public void Run_WithoutAUsableRow_IsNoSuccess(string command)
    {
        using var model = new TinyModel();
        string[] words = [command, "--model", model.Path, "--input", "-", "--input-format", "csv", "--columns", "text=review"];

        CliRun run = CliRun.Of(words, "text,label\ngood movie,1\n");

        Assert.Equal(ExitCode.Input, run.Code);
        Assert.Contains("no column 'review'", run.Output + run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Delimiter_OfTheCommandLine_GoesBeforeTheHeader()
    {
        using var model = new TinyModel();
        string[] words = ["predict", "--model", model.Path, "--input", "-", "--input-format", "csv", "--delimiter", ":"];

        Assert.Contains("\"labels\"", CliRun.Of(words, "text:label, or none\ngood movie:1\n").IsDone().Output, StringComparison.Ordinal);
        CliRun.Of([.. words[..^1], "::"], "text").IsRefused(ExitCode.Usage, "delimiter: not understood");
    }

    private static string Read(byte[] bytes, DataFormat format) => string.Join(" / ", RowReader.Read(new MemoryStream(bytes), format)
        .Select(row => row.Error is { } error ? $"! {error}" : string.Join('|', row.Fields.Values.SelectMany(values => values))));
}
