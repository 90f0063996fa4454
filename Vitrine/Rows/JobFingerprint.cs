using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>What makes two runs the same job: the program, its settings, and the whole of every file that decides what is
/// written.</summary>
internal static class JobFingerprint
{
    private static readonly string s_version =
        typeof(JobFingerprint).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    /// <summary>A hash of it all, in hexadecimal.</summary>
    /// <param name="work">What is done to a row: <c>explain</c>, <c>predict</c>, <c>evaluate</c>.</param>
    /// <param name="settings">All that decides what is written, by name.</param>
    /// <param name="folders">Of the model and its adapter.</param>
    /// <param name="input">The input file; null for a stream, whose rows are marked one by one.</param>
    /// <param name="cancellation">Stops between blocks of a file.</param>
    public static string Of(string work, IEnumerable<(string Name, string Value)> settings, IEnumerable<string> folders, string? input,
        CancellationToken cancellation = default)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, s_version);
        Add(hash, work);
        foreach ((string name, string value) in settings)
        {
            Add(hash, name);
            Add(hash, value);
        }
        foreach (string folder in folders)
        {
            Add(hash, "folder");
            foreach (string file in CheckpointFolder.Files(folder))
            {
                Add(hash, Path.GetFileName(file));
                Add(hash, FileHash.OfUser.Of(file, cancellation));
            }
        }
        Add(hash, input is null ? "stream" : FileHash.OfUser.Of(input, cancellation));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A hash of a row of a stream, by which a later run knows it again.</summary>
    public static string Of(DataRow row)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, row.Error ?? "");
        foreach ((string name, string[] values) in row.Fields.OrderBy(field => field.Key, StringComparer.Ordinal))
        {
            Add(hash, name);
            Add(hash, values.Length.ToString(CultureInfo.InvariantCulture));
            Array.ForEach(values, value => Add(hash, value));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static void Add(IncrementalHash hash, string text)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        hash.AppendData(BitConverter.GetBytes(bytes.Length));
        hash.AppendData(bytes);
    }
}
