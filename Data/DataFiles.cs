namespace Vitrine.Data;

/// <summary>What the library asks of this part: rows of column files, decompression, and tables written.</summary>
public static class DataFiles
{
    /// <summary>The rows of a file of columns, in bounded memory: one group of rows, or one batch, at a time.</summary>
    /// <param name="stream">The file; Parquet needs one that can seek.</param>
    /// <param name="format"><c>parquet</c>, or <c>arrow</c> for Arrow's file (Feather 2) and stream forms.</param>
    /// <returns>Per row the values by column: one for a value, several for a list, no entry for what is null.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, or of a form that is not read.</exception>
    public static IEnumerable<IReadOnlyDictionary<string, string[]>> Rows(Stream stream, string format)
    {
        using IEnumerator<IReadOnlyDictionary<string, string[]>> rows =
            (format == "parquet" ? ParquetRows.Read(stream) : ArrowRows.Read(stream)).GetEnumerator();
        while (Next(rows, format))
        {
            yield return rows.Current;
        }
    }

    /// <summary>What a Zstandard stream holds.</summary>
    public static Stream Zstandard(Stream stream) => new ZstandardStream(stream);

    /// <summary>Writes a table as Parquet (Snappy), one group of rows.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="columns">Names and types: long, double, bool or string; every value may be null.</param>
    /// <param name="rows">A value per column in each.</param>
    public static void WriteParquet(Stream stream, IReadOnlyList<(string Name, Type Type)> columns, IReadOnlyList<object?[]> rows) =>
        ParquetTable.Write(stream, columns, rows).GetAwaiter().GetResult();

    // Their readers throw what they come across; a caller wants to know one thing.
    private static bool Next(IEnumerator<IReadOnlyDictionary<string, string[]>> rows, string format)
    {
        try
        {
            return rows.MoveNext();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new InvalidDataException($"not {format} that can be read: {e.Message.Split('\n')[0].TrimEnd('.', '\r')}", e);
        }
    }
}
