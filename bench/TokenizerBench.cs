using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;
using Vitrine.Transformers;

namespace Vitrine.Bench;

/// <summary>
/// Our tokenizers next to Microsoft.ML.Tokenizers on the same files and texts, turn by turn: GPT-2's byte-level BPE, tiktoken's ranks,
/// SentencePiece BPE. All ids are compared first; a difference ends the run. Both make tokens with offsets: <c>Encode</c> against
/// <c>EncodeToTokens</c>; its <c>EncodeToIds</c>, which makes no offsets, is named next to them.
/// </summary>
internal static partial class TokenizerBench
{
    private const int Rounds = 9, LinesPerText = 8;

    public static int Run(string[] args)
    {
        Dictionary<string, string> options = args.Chunk(2).Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0].TrimStart('-'), pair => pair[1], StringComparer.Ordinal);
        if (!options.TryGetValue("text", out string? text) || options.Count < 2)
        {
            Console.Error.WriteLine("bench: tokenizers needs --text FILE and any of --gpt2 FOLDER (vocab.json, merges.txt), "
                + "--sentence-piece FOLDER (tokenizer.model), --tiktoken FOLDER (tokenizer.json of Llama 3).");
            return 2;
        }
        string[] lines = [.. File.ReadLines(text).Where(line => line.Length > 0)];
        (string Name, string[] Texts)[] sets =
        [
            ("lines", lines), ($"{LinesPerText} lines", [.. lines.Chunk(LinesPerText).Select(some => string.Join('\n', some))]),
            ("one text", [string.Join('\n', lines)]),
        ];
        Console.WriteLine($"{Machine.Header()}\n");
        Console.WriteLine("| tokenizer | texts | ours, M characters/s | Microsoft.ML.Tokenizers | ids alone | ours / theirs "
            + "| ours, B/character | theirs |");
        Console.WriteLine("|---|---|---:|---:|---:|---:|---:|---:|");
        foreach ((string name, ITokenizer ours, Tokenizer theirs) in Pairs(options))
        {
            foreach ((string set, string[] texts) in sets)
            {
                Compare(ours, theirs, texts);
                Console.WriteLine($"| {name} | {set} | {Measure(ours, theirs, texts)} |");
            }
        }
        return 0;
    }

    private static IEnumerable<(string Name, ITokenizer Ours, Tokenizer Theirs)> Pairs(Dictionary<string, string> options)
    {
        if (options.TryGetValue("gpt2", out string? gpt2))
        {
            var files = new BpeOptions(Path.Combine(gpt2, "vocab.json"), Path.Combine(gpt2, "merges.txt"))
            {
                ByteLevel = true,
                PreTokenizer = new RegexPreTokenizer(Gpt2(), null),
            };
            yield return ("byte-level BPE", TokenizerLoader.Load(gpt2), BpeTokenizer.Create(files));
        }
        if (options.TryGetValue("tiktoken", out string? llama3))
        {
            using var ranks = new MemoryStream(Ranks(Path.Combine(llama3, "tokenizer.json")));
            yield return ("tiktoken", TokenizerLoader.Load(llama3),
                TiktokenTokenizer.Create(ranks, new RegexPreTokenizer(Cl100k(), null), null));
        }
        if (options.TryGetValue("sentence-piece", out string? folder))
        {
            using FileStream model = File.OpenRead(Path.Combine(folder, "tokenizer.model"));
            yield return ("SentencePiece BPE", TokenizerLoader.Load(folder),
                SentencePieceTokenizer.Create(model, addBeginningOfSentence: false, addEndOfSentence: false));
        }
    }

    /// <summary>The vocabulary of a tokenizer.json in tiktoken's form: a piece's bytes in base 64, and its rank.</summary>
    private static byte[] Ranks(string path)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
        return System.Text.Encoding.ASCII.GetBytes(string.Concat(json.RootElement.GetProperty("model").GetProperty("vocab")
            .EnumerateObject().Select(piece => (Bytes: ByteAlphabet.ToBytes(piece.Name), Rank: piece.Value.GetInt32()))
            .OrderBy(piece => piece.Rank)
            .Select(piece => string.Create(CultureInfo.InvariantCulture, $"{Convert.ToBase64String(piece.Bytes)} {piece.Rank}\n"))));
    }

    private static void Compare(ITokenizer ours, Tokenizer theirs, string[] texts)
    {
        foreach (string text in texts)
        {
            if (!ours.Encode(text, special: false).Ids.AsSpan().SequenceEqual([.. theirs.EncodeToIds(text)]))
            {
                throw new InvalidOperationException($"bench: the two disagree about '{text[..Math.Min(text.Length, 80)]}'.");
            }
        }
    }

    private static string Measure(ITokenizer ours, Tokenizer theirs, string[] texts)
    {
        double characters = texts.Sum(text => (double)text.Length);
        Action[] turns =
        [
            () => Array.ForEach(texts, text => _ = ours.Encode(text, special: false)),
            () => Array.ForEach(texts, text => _ = theirs.EncodeToTokens(text, out _)),
            () => Array.ForEach(texts, text => _ = theirs.EncodeToIds(text)),
        ];
        double[][] rates = [[], [], []];
        double[] bytes = new double[turns.Length];
        for (int round = -2; round < Rounds; round++)
        {
            for (int turn = 0; turn < turns.Length; turn++)
            {
                long start = Stopwatch.GetTimestamp(), before = GC.GetAllocatedBytesForCurrentThread();
                turns[turn]();
                bytes[turn] = (GC.GetAllocatedBytesForCurrentThread() - before) / characters;
                rates[turn] = round < 0 ? [] : [.. rates[turn], characters / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e6];
            }
        }
        double[] ratios = [.. rates[0].Zip(rates[1], (a, b) => a / b).Order()];
        double median(int turn) => rates[turn].Order().ElementAt(Rounds / 2);
        return string.Create(CultureInfo.InvariantCulture,
            $"{median(0):F1} | {median(1):F1} | {median(2):F1} | {ratios[Rounds / 2]:F2} ({ratios[0]:F2}–{ratios[^1]:F2}) "
            + $"| {bytes[0]:F1} | {bytes[1]:F1}");
    }

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Gpt2();

    [GeneratedRegex(@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    private static partial Regex Cl100k();
}
