using System.Security.Cryptography;
using System.Text;

namespace Vitrine;

/// <summary>What makes two runs the same job: the program, its settings, the model's files and the input.</summary>
internal static class JobFingerprint
{
    private const int Sample = 1 << 20;

    /// <summary>A hash of it all, in hexadecimal.</summary>
    /// <param name="work">What is done to a row: <c>explain</c>, <c>predict</c>, <c>evaluate</c>.</param>
    /// <param name="settings">All that decides what is written, by name.</param>
    /// <param name="model">The model's folder: names, lengths, first and last MiB of its files count; null for a model in memory.</param>
    /// <param name="input">The input file, which counts whole; null for a stream.</param>
    public static string Of(string work, IEnumerable<(string Name, string Value)> settings, string? model, string? input)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, typeof(JobFingerprint).Assembly.GetName().Version?.ToString() ?? "");
        Add(hash, work);
        foreach ((string name, string value) in settings)
        {
            Add(hash, $"{name} {value}");
        }
        foreach (string path in (model is null ? [] : Directory.EnumerateFiles(model)).Order(StringComparer.Ordinal))
        {
            using FileStream file = File.OpenRead(path);
            Add(hash, FormattableString.Invariant($"{Path.GetFileName(path)} {file.Length}"));
            AddPart(hash, file, 0);
            AddPart(hash, file, Math.Max(0, file.Length - Sample));
        }
        if (input is not null)
        {
            using FileStream file = File.OpenRead(input);
            hash.AppendData(SHA256.HashData(file));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Add(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        hash.AppendData(BitConverter.GetBytes(bytes.Length));
        hash.AppendData(bytes);
    }

    private static void AddPart(IncrementalHash hash, FileStream file, long position)
    {
        byte[] part = new byte[(int)Math.Min(Sample, file.Length - position)];
        file.Position = position;
        file.ReadExactly(part);
        hash.AppendData(part);
    }
}
