using System.CommandLine;
using System.CommandLine.Parsing;
using System.Security.Cryptography;
using System.Text;

namespace Vitrine.Cli;

/// <summary>What makes two runs the same job: the program, its options, the model's files and the input.</summary>
internal static class JobFingerprint
{
    private const int Sample = 1 << 20;

    /// <summary>A hash of it all, in hexadecimal.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="ignored">Options that change nothing in the output: where it goes, how many threads.</param>
    /// <param name="model">The model's folder: names, lengths, first and last MiB of its files count.</param>
    /// <param name="input">The input file, which counts whole; null for standard input.</param>
    public static string Of(ParseResult parsed, IReadOnlyCollection<Symbol> ignored, string model, string? input)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, typeof(JobFingerprint).Assembly.GetName().Version?.ToString() ?? "");
        Add(hash, parsed.CommandResult.Command.Name);
        foreach (OptionResult option in parsed.CommandResult.Children.OfType<OptionResult>().Where(o => !o.Implicit && !ignored.Contains(o.Option)).OrderBy(o => o.Option.Name, StringComparer.Ordinal))
        {
            Add(hash, $"{option.Option.Name} {string.Join('\0', option.Tokens.Select(token => token.Value))}");
        }
        foreach (string path in Directory.EnumerateFiles(model).Order(StringComparer.Ordinal))
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
