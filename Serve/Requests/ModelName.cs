namespace Vitrine.Serve;

/// <summary>How requests name models: <c>sentiment</c>, <c>org/name</c>, and <c>sentiment@int8</c> for rounded weights.</summary>
internal static class ModelName
{
    /// <summary>Whether a text can name a model.</summary>
    public static bool IsName(string text) => text.Length is > 0 and <= 100
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/');

    /// <summary>The plain name, and how weights are rounded; null: they are not.</summary>
    public static (string Name, string? Bits) Split(string name) =>
        name.Split('@', 2) is [var plain, var bits] ? (plain, bits) : (name, null);
}
