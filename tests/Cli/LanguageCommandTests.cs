using System.Text.Json.Nodes;
using Vitrine.Cli;
using Vitrine.Tests.Models.Tokenizers;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests;

/// <summary>
/// <c>--from</c> and <c>--to</c> of models of many languages, from the command line to the decoder: folders with the tokenizers of
/// mBART-25, mBART-50, NLLB and M2M-100.
/// </summary>
public sealed class LanguageCommandTests
{
    private const string Text = "the cat";

    /// <param name="kind">The tokenizer's class.</param>
    /// <param name="from">As it is typed.</param>
    /// <param name="to">As it is typed.</param>
    /// <param name="source">The code's piece in the source.</param>
    /// <param name="target">The code's piece in the target.</param>
    [Theory]
    [InlineData("MBart50Tokenizer", "fr_XX", "de_DE", "fr_XX", "de_DE")]
    [InlineData("MBartTokenizer", "fr_XX", "de_DE", "fr_XX", "de_DE")]
    [InlineData("NllbTokenizer", "fra_Latn", "deu_Latn", "fra_Latn", "deu_Latn")]
    [InlineData("M2M100Tokenizer", "fr", "__de__", "__fr__", "__de__")]
    public void Translate_FromOneToAnother_ReadsAndWritesTheirCodes(string kind, string from, string to, string source, string target)
    {
        using TempFolder folder = Folder(kind);
        var model = (IGenerator)ModelLoader.Load(folder.Path);
        ITokenizer tokenizer = model.Tokenizer!;
        int code(string piece) => tokenizer.Vocabulary.IdOf(piece)!.Value;
        int[] words = tokenizer.Encode(Text, special: false).Ids;
        bool last = kind == "MBartTokenizer"; // mBART-25 has the language at the end, and the decoder starts with its own
        int[] ids = last ? [.. words, code("</s>"), code(source)] : [code(source), .. words, code("</s>")];
        GenerationOptions options = model.GenerationDefaults with { MaxNewTokens = 4 };
        options = last ? options with { DecoderStartId = code(target) } : options with { ForcedBosId = code(target) };

        JsonNode written = Json(["translate", Text, "--from", from, "--to", to, "--model", folder.Path, "--max-new-tokens", "4"]);

        GeneratedSequence expected = model.Generate(ModelInput.Of(ids), options, null, TestContext.Current.CancellationToken).Sequences[0];
        int[] actual = [.. written["tokens"]!.AsArray().Select(token => (int)token!["id"]!)];
        Assert.Equal(expected.Tokens, actual);
        Assert.Equal(!last, actual[0] == code(target));
    }

    [Fact]
    public void Translate_LanguageThatIsNotThere_NamesSome()
    {
        using TempFolder folder = Folder("MBart50Tokenizer");

        CliRun.Of(["translate", Text, "--to", "de_DX", "--model", folder.Path]).IsRefused(ExitCode.Usage, "no such language", "'de_DX'",
            "ar_AR", "Did you mean 'de_DE'");
        CliRun.Of(["translate", Text, "--from", "xx", "--model", folder.Path]).IsRefused(ExitCode.Usage, "no such language", "'xx'");
    }

    private static TempFolder Folder(string kind)
    {
        var folder = new TempFolder();
        string[] codes = kind switch
        {
            "NllbTokenizer" => ["deu_Latn", "eng_Latn", "fra_Latn"],
            "M2M100Tokenizer" => ["__de__", "__en__", "__fr__"],
            _ => [],
        };
        string family = kind.StartsWith("MBart", StringComparison.Ordinal) ? "mbart" : "m2m_100";
        _ = TinyModels.Write(folder.Path, family, edit: config => config["vocab_size"] = 100);
        var settings = new JsonObject { ["tokenizer_class"] = kind };
        if (codes.Length > 0)
        {
            settings["additional_special_tokens"] = new JsonArray([.. codes.Select(code => (JsonNode)code)]);
        }
        File.WriteAllText(folder.File("tokenizer_config.json"), settings.ToJsonString());
        File.WriteAllBytes(folder.File("sentencepiece.bpe.model"), TinySentencePiece.Standard.Normalizer([]).ToArray());
        string[] pieces =
            ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁the", "the", "▁t", "he", "t", "h", "e", "▁cat", "s", "猫", "a", "aa"];
        File.WriteAllText(folder.File("vocab.json"),
            new JsonObject(pieces.Select((piece, id) => KeyValuePair.Create(piece, (JsonNode?)id))).ToJsonString());
        return folder;
    }

    private static JsonNode Json(string[] words)
    {
        using var folder = new TempFolder();
        CliRun.Of([.. words, "--json", folder.File("result.json")]).IsDone();
        return JsonNode.Parse(File.ReadAllText(folder.File("result.json")))!;
    }
}
