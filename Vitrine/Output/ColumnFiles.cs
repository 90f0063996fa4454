using System.Reflection;
using Vitrine.Attributions;

namespace Vitrine;

/// <summary>
/// The part of Vitrine that knows Parquet, Arrow and Zstandard, the package <c>Vitrine.Data</c>, which is loaded when it is first needed:
/// the library itself needs no package.
/// </summary>
internal static class ColumnFiles
{
    private const BindingFlags Public = BindingFlags.Public | BindingFlags.Static;

    private static readonly Lazy<Func<Stream, string, IEnumerable<IReadOnlyDictionary<string, string[]>>>?> s_rows = new(() =>
        Type.GetType("Vitrine.Data.DataFiles, Vitrine.Data")?.GetMethod("Rows", Public)
            ?.CreateDelegate<Func<Stream, string, IEnumerable<IReadOnlyDictionary<string, string[]>>>>());

    private static readonly Lazy<Func<Stream, Stream>?> s_zstandard = new(() =>
        Type.GetType("Vitrine.Data.DataFiles, Vitrine.Data")?.GetMethod("Zstandard", Public)?.CreateDelegate<Func<Stream, Stream>>());

    private static readonly Lazy<Action<Stream, IReadOnlyList<(string, Type)>, IReadOnlyList<object?[]>>?> s_write = new(() =>
        Type.GetType("Vitrine.Data.DataFiles, Vitrine.Data")?.GetMethod("WriteParquet", Public)
            ?.CreateDelegate<Action<Stream, IReadOnlyList<(string, Type)>, IReadOnlyList<object?[]>>>());

    /// <summary>The rows of a file of columns.</summary>
    /// <param name="stream">The file; Parquet needs one that can seek.</param>
    /// <param name="format"><c>parquet</c> or <c>arrow</c>.</param>
    public static IEnumerable<IReadOnlyDictionary<string, string[]>> Rows(Stream stream, string format) =>
        (s_rows.Value ?? throw Missing(format))(stream, format);

    /// <summary>What a Zstandard stream holds.</summary>
    public static Stream Zstandard(Stream stream) => (s_zstandard.Value ?? throw Missing("zstd"))(stream);

    /// <summary>A table as Parquet.</summary>
    public static byte[] Parquet(ResultTable table)
    {
        using var bytes = new MemoryStream();
        (s_write.Value ?? throw Missing("parquet"))(bytes, table.Columns, table.Rows);
        return bytes.ToArray();
    }

    private static RequestException Missing(string what) => new(Fault.Request,
        $"{what}: the part that knows it is missing; got no assembly Vitrine.Data. Add the package Vitrine.Data.");
}
