using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;

namespace Vitrine.Data;

/// <summary>Rows of Arrow's own files: the file form (Feather 2, <c>.arrow</c>) and the stream form, compressed or not.</summary>
internal static class ArrowRows
{
    /// <summary>Reads them, one batch after the other.</summary>
    public static IEnumerable<IReadOnlyDictionary<string, string[]>> Read(Stream stream)
    {
        byte[] magic = new byte[6];
        int got = stream.ReadAtLeast(magic, 6, throwOnEndOfStream: false);
        stream.Position = 0;
        var codecs = new CompressionCodecFactory();
        using ArrowStreamReader reader = got == 6 && magic.AsSpan().SequenceEqual("ARROW1"u8)
            ? new ArrowFileReader(stream, null, codecs, leaveOpen: true) : new ArrowStreamReader(stream, null, codecs, leaveOpen: true);
        while (reader.ReadNextRecordBatch() is { } batch)
        {
            using (batch)
            {
                for (int row = 0; row < batch.Length; row++)
                {
                    var values = new Dictionary<string, string[]>(StringComparer.Ordinal);
                    for (int column = 0; column < batch.ColumnCount; column++)
                    {
                        if (Values(batch.Column(column), row) is { } value)
                        {
                            values[batch.Schema.GetFieldByIndex(column).Name] = value;
                        }
                    }
                    yield return values;
                }
            }
        }
    }

    private static string[]? Values(IArrowArray array, int row) => array switch
    {
        _ when array.IsNull(row) => null,
        ListArray list => Items(list.GetSlicedValues(row)),
        LargeListArray list => Items(list.GetSlicedValues(row)),
        _ => [Value(array, row)],
    };

    private static string[] Items(IArrowArray items) =>
        [.. Enumerable.Range(0, items.Length).Where(i => !items.IsNull(i)).Select(i => Value(items, i))];

    private static string Value(IArrowArray array, int row) => array switch
    {
        StringArray text => text.GetString(row),
        LargeStringArray text => text.GetString(row),
        StringViewArray text => text.GetString(row),
        BooleanArray flags => flags.GetValue(row) is true ? "true" : "false",
        DictionaryArray coded => Value(coded.Dictionary, int.Parse(Value(coded.Indices, row), CultureInfo.InvariantCulture)),
        Int8Array numbers => Number(numbers, row),
        Int16Array numbers => Number(numbers, row),
        Int32Array numbers => Number(numbers, row),
        Int64Array numbers => Number(numbers, row),
        UInt8Array numbers => Number(numbers, row),
        UInt16Array numbers => Number(numbers, row),
        UInt32Array numbers => Number(numbers, row),
        UInt64Array numbers => Number(numbers, row),
        FloatArray numbers => Number(numbers, row),
        DoubleArray numbers => Number(numbers, row),
        _ => throw new InvalidDataException($"a column of {array.Data.DataType.Name} values"),
    };

    private static string Number<T>(PrimitiveArray<T> numbers, int row) where T : struct, IEquatable<T>, IFormattable =>
        numbers.Values[row].ToString(null, CultureInfo.InvariantCulture);
}
