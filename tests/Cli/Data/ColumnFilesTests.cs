using System.IO.Compression;
using Vitrine.Data;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>
/// Files of columns that DuckDB 1.5.6 (Parquet) and apache-arrow 21 for JavaScript (Feather, streams) wrote: values, nulls, lists, line
/// breaks, dictionaries, several groups of rows. And what is written is read back.
/// </summary>
public sealed class ColumnFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("rows.parquet")]
    [InlineData("rows-snappy.parquet")]
    [InlineData("rows.feather")]
    [InlineData("rows.arrow")]
    public void Rows_OfAnotherWriter_HaveItsValues(string name)
    {
        using DataFile file = DataFile.Open(GoldenFolder.Find("data", name), new()
        {
            Columns = new Dictionary<string, string> { ["text"] = "review" },
        });
        DataRow[] rows = [.. file.Rows];

        Assert.Equal(4, rows.Length);
        Assert.Equal(("a gorgeous, witty movie", "5", "0.5", "true", "a b"), Of(rows[0]));
        Assert.Equal(("dull,\nand \"long\"", "1", "-1.25", "false", ""), Of(rows[1]));
        Assert.Contains("no column 'review'", rows[2].Error, StringComparison.Ordinal); // null is not there
        Assert.Equal(("我喜歡 ü", null, "3", "true", "c"), Of(rows[3]));

        static (string?, string?, string?, string?, string?) Of(DataRow row) =>
            (row["text"], row["stars"], row["score"], row["good"], row["labels"]);
    }

    [Fact]
    public void Rows_OfSeveralGroups_AreInOrder()
    {
        using DataFile file = DataFile.Open(GoldenFolder.Find("data", "many.parquet"), new() { Shard = (2, 5) });

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"text {(5 * i) + 1}"), file.Rows.Select(row => row["review"]));
    }

    [Theory]
    [InlineData(".gz")]
    [InlineData(".zst")]
    public void Rows_OfACompressedFile_AreThoseOfTheFile(string ending)
    {
        string path = _folder.File("rows.csv" + ending);
        File.WriteAllBytes(path, Compressed("text,label\ngood,1\nbad,0\n"u8, ending));
        using DataFile file = DataFile.Open(path);

        Assert.Equal(["good", "bad"], file.Rows.Select(row => row["text"]));
    }

    [Theory]
    [InlineData("rows.csv.gz")]
    [InlineData("rows.csv.zst")]
    [InlineData("rows.parquet")]
    [InlineData("rows.arrow")]
    [InlineData("rows.feather")]
    public void Rows_OfADamagedFile_AreRefusedInOneLine(string name)
    {
        string path = _folder.File(name);
        byte[] whole = name.EndsWith(".gz", StringComparison.Ordinal) || name.EndsWith(".zst", StringComparison.Ordinal)
            ? Compressed("text,label\ngood,1\nbad,0\n"u8, Path.GetExtension(name)) : File.ReadAllBytes(GoldenFolder.Find("data", name));
        foreach (byte[] bytes in (byte[][])[[.. "not at all what the name says"u8], whole[..(whole.Length / 2)]])
        {
            File.WriteAllBytes(path, bytes);
            using DataFile file = DataFile.Open(path);

            RequestException refused = Assert.Throws<RequestException>(() => file.Rows.Count());
            Assert.Contains(name, refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("\n", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Rows_OfParquetFromAStream_AreRefused()
    {
        using var pipe = new GZipStream(new MemoryStream(), CompressionMode.Decompress);
        using DataFile file = DataFile.Open(pipe, new() { Format = DataFormat.Parquet });

        Assert.Contains("Give its path", Assert.Throws<RequestException>(() => file.Rows.Count()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_Parquet_HasTheTypedColumnsOfTheCsv()
    {
        using var model = new TinyModel();
        CliRun.Of(["explain", "good movie", "--model", model.Path, "--steps", "4", "--parquet", "a.parquet", "--csv", "a.csv"],
            folder: _folder.Path).IsDone();
        using DataFile columns = DataFile.Open(_folder.File("a.parquet")), text = DataFile.Open(_folder.File("a.csv"));
        (DataRow[] written, DataRow[] expected) = ([.. columns.Rows], [.. text.Rows]);

        Assert.Equal(expected.Length, written.Length);
        Assert.All(expected.Zip(written), pair => Assert.Equal(
            pair.First.Fields.Where(field => field.Value[0].Length > 0).Select(Field),
            pair.Second.Fields.Where(field => field.Value[0].Length > 0).Select(Field)));

        // A flag is 1 in CSV and true in Parquet; a number of 32 bits is written with 64.
        static (string, string) Field(KeyValuePair<string, string[]> field) => (field.Key,
            field.Value[0] is "true" or "false" ? (field.Value[0] == "true" ? "1" : "0")
            : double.TryParse(field.Value[0], System.Globalization.CultureInfo.InvariantCulture, out double number)
                ? ((float)number).ToString("R", System.Globalization.CultureInfo.InvariantCulture) : field.Value[0]);
    }

    [Fact]
    public void WriteParquet_ValuesAndNulls_AreReadBack()
    {
        using var bytes = new MemoryStream();
        DataFiles.WriteParquet(bytes, [("a", typeof(long)), ("b", typeof(double)), ("c", typeof(bool)), ("d", typeof(string))],
            [[1, 0.5f, true, "x\ny"], [null, double.NaN, null, null]]);
        bytes.Position = 0;

        IReadOnlyDictionary<string, string[]>[] rows = [.. DataFiles.Rows(bytes, "parquet")];

        Assert.Equal(["a=1", "b=0.5", "c=true", "d=x\ny"], rows[0].Select(field => $"{field.Key}={field.Value[0]}"));
        Assert.Empty(rows[1]);
    }

    private static byte[] Compressed(ReadOnlySpan<byte> bytes, string ending)
    {
        using var packed = new MemoryStream();
        using (Stream writer = ending == ".gz" ? new GZipStream(packed, CompressionLevel.Fastest) : new ZstdSharp.CompressionStream(packed))
        {
            writer.Write(bytes);
        }
        return packed.ToArray();
    }
}
