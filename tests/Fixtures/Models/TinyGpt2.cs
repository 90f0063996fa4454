using System.Globalization;
using System.Text.Json;
using Vitrine.Transformers;

namespace Vitrine.Tests.Models.Tokenizers;

/// <summary>A byte-level vocabulary of 256 bytes, a dozen merges and an end token, written as GPT-2's two files.</summary>
internal static class TinyGpt2
{
    public static readonly string[] Merges =
        ["t h", "Ġ th", "th e", "Ġth e", "i n", "in g", "a a", "aa aa", "ð Ł", "ðŁ ĺ", "Ġ Ġ", "e r"];

    public static string VocabularyJson(params string[] more)
    {
        IEnumerable<string> bytes = Enumerable.Range(0, 256).Select(b => ByteAlphabet.ToChar((byte)b).ToString());
        IEnumerable<string> pieces = [.. bytes, .. Merges.Select(m => m.Replace(" ", "", StringComparison.Ordinal)), "<|endoftext|>",
            .. more];
        return "{" + string.Join(", ",
            pieces.Select((p, id) => string.Create(CultureInfo.InvariantCulture, $"{JsonSerializer.Serialize(p)}: {id}"))) + "}";
    }

    public static string MergesText => "#version: 0.2\n" + string.Join("\n", Merges) + "\n";

    public static TinyFolder Folder(string config = "{}") =>
        new(("vocab.json", VocabularyJson()), ("merges.txt", MergesText), ("tokenizer_config.json", config));

    public static ITokenizer Load(string config = "{}")
    {
        using TinyFolder folder = Folder(config);
        return TokenizerLoader.Load(folder.Path);
    }
}
