using Parquet;
using Parquet.Schema;

namespace Vitrine.Data;

/// <summary>A table as Parquet.</summary>
internal static class ParquetTable
{
    /// <summary>Writes it.</summary>
    public static async Task Write(Stream stream, IReadOnlyList<(string Name, Type Type)> columns, IReadOnlyList<object?[]> rows)
    {
        DataField[] fields = [.. columns.Select(column => new DataField(column.Name, column.Type, true, false, null))];
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), stream).ConfigureAwait(false);
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        for (int i = 0; i < fields.Length; i++)
        {
            int at = i;
            IEnumerable<object?> values = rows.Select(row => row[at]);
            Task written = columns[i].Type switch
            {
                var type when type == typeof(long) => group.WriteAsync<long>(fields[i],
                    (long?[])[.. values.Select(v => v is null ? (long?)null : Convert.ToInt64(v, null))]),
                var type when type == typeof(double) => group.WriteAsync<double>(fields[i],
                    (double?[])[.. values.Select(v => v is null or double.NaN or float.NaN ? (double?)null : Convert.ToDouble(v, null))]),
                var type when type == typeof(bool) => group.WriteAsync<bool>(fields[i], (bool?[])[.. values.Select(v => (bool?)v)]),
                _ => group.WriteAsync(fields[i], (string?[])[.. values.Select(v => v?.ToString())]),
            };
            await written.ConfigureAwait(false);
        }
    }
}
