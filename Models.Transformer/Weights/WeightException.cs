using System.Globalization;
using System.Text;
using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// A weights file or folder that cannot be read, does not keep the rules of its format, does not fit the model, or
/// cannot be written. The message is one line: what is wrong, where, what was found, what was expected, what to do.
/// </summary>
public sealed class WeightException : VitrineException
{
    internal WeightException(string message, string? file = null, string? tensor = null)
        : base(message)
    {
        FilePath = file;
        TensorName = tensor;
    }

    internal WeightException(string message, string? file, string? tensor, Exception cause)
        : base(message, cause)
    {
        FilePath = file;
        TensorName = tensor;
    }

    /// <summary>The file or folder concerned; null when the fault is in the request, not in a file.</summary>
    public string? FilePath { get; }

    /// <summary>The tensor concerned, exactly as the file spells it; null when the fault is not in one tensor.</summary>
    public string? TensorName { get; }

    // Names come from the file and go to a terminal: no control characters, no line breaks, no end of length.
    internal static string Quote(string name)
    {
        const int Longest = 120;
        StringBuilder quoted = new("'");
        foreach (char c in name.AsSpan(0, Math.Min(name.Length, Longest)))
        {
            bool plain = !char.IsControl(c) && !char.IsSurrogate(c) && char.GetUnicodeCategory(c) is not
                (UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
            _ = plain ? quoted.Append(c) : quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }
        return quoted.Append(name.Length > Longest ? "…'" : "'").ToString();
    }

    // The wrong part of a checkpoint name is nearly always its front: the nearest names are those with the same end.
    internal static WeightException Unknown(string name, IReadOnlyCollection<string> names, string file)
    {
        IEnumerable<string> nearest = names.OrderByDescending(other => CommonEnd(name, other)).Take(3).Select(Quote);
        return new(
            $"safetensors: no such tensor; got {Quote(name)}; expected one of {names.Count} names, nearest: {string.Join(", ", nearest)}. "
            + $"List them with 'vitrine inspect'. File: {file}",
            file, name);
    }

    internal static string Axes(ReadOnlySpan<long> shape)
    {
        const int Most = 16;
        StringBuilder text = new("[");
        for (int axis = 0; axis < Math.Min(shape.Length, Most); axis++)
        {
            _ = text.Append(axis > 0 ? ", " : "").Append(CultureInfo.InvariantCulture, $"{shape[axis]}");
        }
        return text.Append(shape.Length > Most ? ", …]" : "]").ToString();
    }

    private static int CommonEnd(string a, string b)
    {
        int n = 0;
        while (n < Math.Min(a.Length, b.Length) && a[^(n + 1)] == b[^(n + 1)])
        {
            n++;
        }
        return n;
    }
}
