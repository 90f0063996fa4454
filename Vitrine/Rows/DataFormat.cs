using Vitrine.Tensors;

namespace Vitrine;

/// <summary>How a data file writes its rows.</summary>
public enum DataFormat
{
    /// <summary>One JSON object a line, or one JSON string a line, which is the text; or one array of them.</summary>
    JsonLines,

    /// <summary>RFC 4180: a header, fields in double quotes where they hold delimiters, quotes or line breaks. Commas, semicolons, tabs or
    /// bars stand between fields, as the header shows or a line <c>sep=;</c> before it says.</summary>
    Csv,

    /// <summary>A header and tabs; double quotes around a whole field are taken off.</summary>
    Tsv,

    /// <summary>One text a line.</summary>
    Lines,

    /// <summary>Apache Parquet: flat columns, lists, and members of structures under their path; from a file, not from a stream.</summary>
    Parquet,

    /// <summary>Apache Arrow's file (Feather 2) and stream forms; from a file, not from a stream.</summary>
    Arrow,
}

/// <summary>The formats by name and by the ending of a file's name.</summary>
public static class DataFormats
{
    private static readonly (string Name, DataFormat Format)[] s_all =
        [("jsonl", DataFormat.JsonLines), ("ndjson", DataFormat.JsonLines), ("csv", DataFormat.Csv), ("tsv", DataFormat.Tsv),
            ("txt", DataFormat.Lines), ("parquet", DataFormat.Parquet), ("arrow", DataFormat.Arrow), ("feather", DataFormat.Arrow)];

    /// <summary>The names, for help.</summary>
    public static string Names => string.Join(", ", s_all.Select(f => f.Name));

    /// <summary>The format of a name.</summary>
    /// <exception cref="RequestException">There is none of that name.</exception>
    public static DataFormat Get(string name)
    {
        int found = Array.FindIndex(s_all, f => string.Equals(f.Name, name, StringComparison.OrdinalIgnoreCase));
        return found >= 0 ? s_all[found].Format
            : throw new RequestException(Fault.Request,
                $"input-format: no such format; got '{name}'; expected one of {Names}.{Nearest.Hint(name, s_all.Select(f => f.Name))}");
    }

    /// <summary>The format that a file's name tells, before the ending of a compression; JSON lines where it tells none.</summary>
    public static DataFormat OfFile(string path)
    {
        string ending = Path.GetExtension(PackedStream.Bare(path)).TrimStart('.');
        return s_all.FirstOrDefault(f => string.Equals(f.Name, ending, StringComparison.OrdinalIgnoreCase)).Format;
    }
}
