using System.Globalization;
using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace Vitrine.Data;

/// <summary>Rows of Parquet: columns of values, and of lists of values.</summary>
internal static class ParquetRows
{
    /// <summary>Reads them, one group after the other.</summary>
    public static IEnumerable<IReadOnlyDictionary<string, string[]>> Read(Stream stream)
    {
        ParquetReader reader = ParquetReader.CreateAsync(stream, leaveStreamOpen: true).GetAwaiter().GetResult();
        try
        {
            DataField[] fields = reader.Schema.GetDataFields();
            for (int group = 0; group < reader.RowGroupCount; group++)
            {
                using ParquetRowGroupReader open = reader.OpenRowGroupReader(group);
                string[]?[][] columns = [.. fields.Select(field => Column(open, field))];
                for (int row = 0; row < open.RowCount; row++)
                {
                    var values = new Dictionary<string, string[]>(StringComparer.Ordinal);
                    for (int column = 0; column < fields.Length; column++)
                    {
                        if (columns[column][row] is { } value)
                        {
                            values[Name(fields[column])] = value;
                        }
                    }
                    yield return values;
                }
            }
        }
        finally
        {
            reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    // A list's own levels of names say nothing; members of a structure are named by their path.
    private static string Name(DataField field) =>
        string.Join('.', field.Path.ToList().Where(part => part is not ("list" or "element" or "item" or "array")));

    private static string[]?[] Column(ParquetRowGroupReader group, DataField field)
    {
        using RawColumnData raw = group.ReadRawColumnDataBaseAsync(field, default).AsTask().GetAwaiter().GetResult();
        string[] values = Values(raw);
        int[] definitions = field.MaxDefinitionLevel > 0 ? raw.DefinitionLevels.ToArray() : [];
        int[] repetitions = field.MaxRepetitionLevel > 0 ? raw.RepetitionLevels.ToArray() : [];
        var rows = new string[]?[group.RowCount];
        List<string>? row = null;
        int at = -1, value = 0, entries = Math.Max(Math.Max(definitions.Length, repetitions.Length), values.Length);
        for (int i = 0; i < entries; i++)
        {
            if (repetitions.Length == 0 || repetitions[i] == 0)
            {
                at++;
                row = null;
            }
            bool isThere = definitions.Length == 0 || definitions[i] == field.MaxDefinitionLevel;
            // Of a list, the level below that of its values says that it is there and empty, or holds a null.
            if (isThere || (field.MaxRepetitionLevel > 0 && definitions[i] > 0))
            {
                row ??= [];
            }
            if (isThere)
            {
                row!.Add(values[value++]);
            }
            rows[at] = row is null ? null : [.. row];
        }
        return rows;
    }

    private static string[] Values(RawColumnData raw) => raw switch
    {
        RawColumnData<ReadOnlyMemory<char>> text => Each(text, value => value.ToString()),
        RawColumnData<ReadOnlyMemory<byte>> bytes => Each(bytes, value => Text(value.Span)),
        RawColumnData<bool> flags => Each(flags, value => value ? "true" : "false"),
        RawColumnData<DateTime> times => Each(times, value => value.ToString("O", CultureInfo.InvariantCulture)),
        RawColumnData<int> numbers => Each(numbers, Number),
        RawColumnData<long> numbers => Each(numbers, Number),
        RawColumnData<short> numbers => Each(numbers, Number),
        RawColumnData<sbyte> numbers => Each(numbers, Number),
        RawColumnData<byte> numbers => Each(numbers, Number),
        RawColumnData<ushort> numbers => Each(numbers, Number),
        RawColumnData<uint> numbers => Each(numbers, Number),
        RawColumnData<ulong> numbers => Each(numbers, Number),
        RawColumnData<float> numbers => Each(numbers, Number),
        RawColumnData<double> numbers => Each(numbers, Number),
        RawColumnData<decimal> numbers => Each(numbers, Number),
        _ => throw new InvalidDataException($"a column of {raw.GetType().GetGenericArguments().FirstOrDefault()?.Name} values"),
    };

    private static string Number<T>(T value) where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);

    private static string Text(ReadOnlySpan<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes);

    private static string[] Each<T>(RawColumnData<T> raw, Func<T, string> write) where T : struct
    {
        var texts = new string[raw.Values.Length];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = write(raw.Values[i]);
        }
        return texts;
    }
}
